"""What media were found to be, by the id of their bytes in git: SQLite, may be thrown away."""

import json
import sqlite3
import threading
from pathlib import Path

from publisher.adapters.media_probe import PROBE_VERSION
from publisher.domain.media import MediaFault, Probe, Unusable, Usable
from publisher.files.codec import from_plain, to_plain

_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen(
  blob TEXT, version INTEGER, sha256 TEXT, probe TEXT, fault TEXT, PRIMARY KEY(blob, version)
) WITHOUT ROWID;
"""


class ProbeCache:
    """Shared by every process of a machine; a version that looks otherwise asks anew."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = _opened(path)

    def close(self) -> None:
        self._db.close()

    def get(self, blob: str) -> Usable | Unusable | None:
        with self._lock:
            row = self._db.execute(
                "SELECT sha256, probe, fault FROM seen WHERE blob = ? AND version = ?",
                (blob, PROBE_VERSION),
            ).fetchone()
        if row is None:
            return None
        sha256, probe, fault = row
        if fault:
            return Unusable(from_plain(json.loads(fault), MediaFault))
        return Usable(sha256, from_plain(json.loads(probe), Probe))

    def put(self, blob: str, seen: Usable | Unusable) -> None:
        sha256 = probe = fault = ""
        match seen:
            case Usable():
                sha256, probe = seen.sha256, json.dumps(to_plain(seen.probe))
            case Unusable():
                fault = json.dumps(to_plain(seen.fault))
        row = (blob, PROBE_VERSION, sha256, probe, fault)
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)", row)


def _opened(path: Path) -> sqlite3.Connection:
    """Open the file; what cannot be read is begun anew."""
    for _again in range(2):
        db = sqlite3.connect(path, isolation_level=None, timeout=10.0, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.executescript(_SCHEMA)
        except sqlite3.DatabaseError:
            db.close()
            for suffix in ("", "-wal", "-shm"):
                Path(f"{path}{suffix}").unlink(missing_ok=True)
        else:
            return db
    raise RuntimeError(f"{path} cannot be opened")

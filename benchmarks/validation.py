"""Validation beside check-jsonschema, and a pull request in a large repository."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from benchmarks.content import epic_file, run_git
from benchmarks.figures import Figure, Peer, at_most
from publisher.files.schema import schema_problems
from publisher.files.starter import home, starter_files
from publisher.files.yaml_text import read_yaml

PROFILES = ("sandbox-social", "sandbox-feed")
_FIRST = datetime(2036, 1, 1, 9, tzinfo=UTC)
_WHOLE, _ALIKE, _LARGE, _CHANGED = 10_000, 2_000, 100_000, 20
_BIN = Path(sys.executable).parent


def validation(scratch: Path) -> Iterator[Figure]:
    """Validation beside check-jsonschema, and a pull request in a large repository."""
    yield from _one_file(scratch / "one")
    yield from _schema_part(scratch / "alike")
    yield _everything(scratch / "whole")
    yield from _pull_request(scratch / "large")


def _one_file(root: Path) -> Iterator[Figure]:
    (file,) = _epics(root, 1)
    runs = [_cpu([*_copydesk(), "validate", str(file)], root) for _ in range(7)]
    peers = [_cpu(_peer([file]), root) for _ in range(7)]
    yield _beside("one file, whole process, CPU", runs, peers, 0.3)


def _schema_part(root: Path) -> Iterator[Figure]:
    files = _epics(root, _ALIKE)
    runs = []
    for _ in range(3):
        before = sum(os.times()[:2])
        for file in files:
            schema_problems(read_yaml(file.read_bytes(), str(file)), "epic")
        runs.append(sum(os.times()[:2]) - before)
    peers = [_cpu(_peer(files), root)]
    what = f"{_ALIKE} epics parsed and held against the schema, CPU"
    yield _beside(what, runs, peers, 1 / 40)


def _everything(root: Path) -> Figure:
    _epics(root, _WHOLE)
    runs = [_wall([*_copydesk(), "validate", "--json"], root) for _ in range(3)]
    return at_most(f"{_WHOLE} epics, every rule, wall", runs, "s", 5.0)


def _pull_request(root: Path) -> Iterator[Figure]:
    files = _epics(root, _LARGE)
    run_git("-C", str(root), "init", "--quiet", "--initial-branch=main")
    _commit(root, "Begin")
    run_git("-C", str(root), "branch", "base")
    for file in files[:_CHANGED]:
        file.write_text(file.read_text().replace("is here", "is here at last"))
    _commit(root, "Edit")
    words = [*_copydesk(), "validate", "--base", "base", "--json"]
    cold = _wall(words, root)
    runs = [_wall(words, root) for _ in range(5)]
    what = f"{_CHANGED} changed files in {_LARGE} epics, wall"
    yield at_most(what, runs, "s", 2.0, note=f"the first run, which makes the index: {cold:.0f} s")


def _epics(root: Path, count: int) -> list[Path]:
    """Write a repository with this many epics on disk; return their files."""
    for path, data in starter_files("bench"):
        if path.startswith("content/") and "/epics/" not in path:
            _write(root / path, data)
    found = []
    for number in range(count):
        path, data = epic_file(number, _FIRST + timedelta(minutes=20 * number), PROFILES)
        found.append(_write(root / path, data))
    return found


def _write(file: Path, data: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def _commit(root: Path, why: str) -> None:
    run_git("-C", str(root), "add", "--all")
    who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com"]
    run_git("-C", str(root), *who, "commit", "--quiet", "--message", why)


def _copydesk() -> list[str]:
    return [sys.executable, "-m", "publisher"]


def _peer(files: Sequence[Path]) -> list[str]:
    schema = home() / "schemas/epic.schema.json"
    command = [str(_BIN / "check-jsonschema"), "--schemafile", str(schema)]
    return [*command, *(str(file) for file in files)]


def _cpu(command: Sequence[str], root: Path) -> float:
    """Seconds of CPU that the process and its children took."""
    before = os.times()
    _run(command, root)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def _wall(command: Sequence[str], root: Path) -> float:
    begun = perf_counter()
    _run(command, root)
    return perf_counter() - begun


def _run(command: Sequence[str], root: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    ended = subprocess.run(command, cwd=root, env=environ, capture_output=True, check=False)
    if ended.returncode:
        raise RuntimeError((ended.stdout + ended.stderr).decode()[-2000:])


def _beside(what: str, runs: Sequence[float], peers: Sequence[float], share: float) -> Figure:
    peer = sorted(peers)[len(peers) // 2]
    ratio = sorted(runs)[len(runs) // 2] / peer
    return at_most(
        what,
        runs,
        "s",
        share * peer,
        peer=Peer(name="check-jsonschema", value=peer),
        ratio=f"{ratio:.3f} of the peer",
    )

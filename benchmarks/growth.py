"""What 100,000 epics cost more than 1,000: a tick, a status commit, a start."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.content import File, epic_file, run_git
from benchmarks.figures import Figure, Peer, at_most
from benchmarks.ground import Ground
from benchmarks.published import ledger_files, main_files
from publisher.adapters.git_objects import GitObjects
from publisher.adapters.git_store import BOT
from publisher.domain.delivery import Attempt, Delivery, DeliveryStatus, Key, LivePart, Record
from publisher.files.ledger_file import dump_record, ledger_path
from publisher.ports import Draft, Heads
from publisher.wiring import App

FEW, MANY = 1_000, 100_000
CHANGES, SERIES, IN_A_ROW, STARTS, COLD_STARTS = 20, 20, 20, 5, 2
DUE = datetime(datetime.now(UTC).year + 1, 7, 1, 9, tzinfo=UTC)
MAIN = "refs/heads/main"
STATUS = b"deliveries:\n" + b"  - {task: teaser, profile: social, status: published}\n" * 12
THEN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Samples:
    """Seconds, by what was measured."""

    idle: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)
    objects: list[float] = field(default_factory=list)
    commit: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    porcelain: list[float] = field(default_factory=list)


def growth(folder: Path) -> Iterator[Figure]:
    """The same repository in two sizes; the peer is git's own porcelain in a work tree."""
    published = _published(folder / "published")
    few, many = _measured(folder)
    yield from _ticks(few, many)
    yield from _commits(few, many)
    yield _start("warm start with 100,000 epics, to the end of the first idle tick", many.warm, 1.0)
    yield _start("cold start with 100,000 epics (no index)", many.cold, 12.0)
    yield _start("cold start with 100,000 published epics (no index)", published.cold, 12.0)


def _ticks(few: Samples, many: Samples) -> Iterator[Figure]:
    for size, samples in ((FEW, few), (MANY, many)):
        yield at_most(f"idle tick at {size:,} epics", _ms(samples.idle), "ms", 1.0)
    yield _grown("tick with one changed epic", few.changed, many.changed, 1.5)


def _commits(few: Samples, many: Samples) -> Iterator[Figure]:
    peer, value = median(_ms(many.porcelain)), median(_ms(many.objects))
    yield _grown("one status commit, its trees and commits written", few.objects, many.objects, 1.2)
    yield Figure(
        what=f"the same beside git's porcelain, {MANY:,} epics",
        value=value,
        unit="ms",
        peer=Peer(name="git add + git commit in a work tree", value=peer),
        ratio=f"{peer / value:.0f}× faster",
    )
    yield _grown("one status commit, written and pushed", few.commit, many.commit, 1.2)


def _grown(what: str, few: Sequence[float], many: Sequence[float], limit: float) -> Figure:
    """How much dearer the same thing is in the large repository: medians, compared."""
    small, large = median(_ms(few)), median(_ms(many))
    return Figure(
        what=f"{what} at {MANY:,} epics",
        value=large,
        unit="ms",
        runs=tuple(_ms(many)),
        peer=Peer(name=f"itself at {FEW:,} epics", value=small),
        ratio=f"{large / small:.2f}× (fastest of each: {min(many) / min(few):.2f}×)",
        goal=f"at most {limit:g}× the time at {FEW:,}",
        met=large / small <= limit,
    )


def _start(what: str, runs: Sequence[float], limit: float) -> Figure:
    return at_most(what, runs, "s", limit, note="a new process, its imports included")


def _ms(seconds: Sequence[float]) -> list[float]:
    return [value * 1000 for value in seconds]


def _measured(folder: Path) -> tuple[Samples, Samples]:
    """Both sizes side by side, sample by sample, so that other load meets them alike."""
    with ExitStack() as stack:
        small, large = (stack.enter_context(Ground(folder / str(size))) for size in (FEW, MANY))
        for ground, size in ((small, FEW), (large, MANY)):
            ground.desk(epic_file(number, DUE, ["social", "feed"]) for number in range(size))
        few, many = Samples(), Samples()
        _starts(small, few)
        _starts(large, many)
        both = [(small, small.app(), few), (large, large.app(), many)]
        for number in range(CHANGES):
            for ground, app, samples in both:
                samples.changed.append(_change(ground, app, epic_file(number, DUE, ["news"])))
                samples.commit.append(_status(app, epic_file(number, DUE, [])[0]))
                app.round.once()
        for _ in range(SERIES):
            for _ground, app, samples in both:
                samples.idle += [_timed(app.round.once) for _ in range(IN_A_ROW)]
                samples.objects += [_objects(app, epic_file(0, DUE, [])[0]) for _ in range(3)]
        many.porcelain = _porcelain(large, epic_file(0, DUE, [])[0])
    return few, many


def _published(folder: Path) -> Samples:
    """Everything is out already: the ledger is as long as the content."""
    samples = Samples()
    with Ground(folder) as ground:
        ground.desk(main_files(range(MANY)), ledger_files(range(MANY)))
        _starts(ground, samples)
    return samples


def _starts(ground: Ground, samples: Samples) -> None:
    """The first start also makes the clone; that is the forge's time, and not counted."""
    _started(ground)
    for _ in range(COLD_STARTS):
        for file in (ground.folder / "state").glob("index.sqlite*"):
            file.unlink()
        samples.cold.append(_started(ground))
    samples.warm = [_started(ground) for _ in range(STARTS)]


def _started(ground: Ground) -> float:
    command = [sys.executable, "-m", "benchmarks.start_once", str(ground.forge)]
    begun = time.perf_counter()
    with subprocess.Popen(command, env=dict(ground.environ), stdout=subprocess.PIPE) as process:
        told = process.stdout.readline() if process.stdout else b""
        seconds = time.perf_counter() - begun
    if not told:
        raise RuntimeError("the product did not start")
    return seconds


def _change(ground: Ground, app: App, file: File) -> float:
    """Somebody merges one edited epic; the round that finds it is timed."""
    path, data = file
    forge = GitObjects(ground.forge)
    tip = forge.head(MAIN) or ""
    edited = data.replace(b"title: ", f"title: {time.monotonic_ns()} ".encode())
    tree = forge.write_tree(forge.tree(tip), {path: edited})
    now = datetime.now(UTC)
    forge.set_ref(MAIN, forge.write_commit(tree, [tip], "Edit\n", BOT, BOT, now))
    return _timed(app.round.once)


def _status(app: App, path: str) -> float:
    """One push of an epic's ledger entry and its status.yaml."""
    heads, draft, now = app.store.sync(), _draft(path), datetime.now(UTC)
    return _timed(lambda: app.store.push(heads, draft, now))


def _objects(app: App, path: str) -> float:
    heads, draft, now = app.store.sync(), _draft(path), datetime.now(UTC)
    return _timed(lambda: _written(app, heads, draft, now))


def _written(app: App, heads: Heads, draft: Draft, now: datetime) -> None:
    objects = app.store.objects
    for tip, files in ((heads.main, draft.main), (heads.ledger or "", draft.ledger)):
        tree = objects.write_tree(objects.tree(tip), files)
        objects.write_commit(tree, [tip], draft.main_message, BOT, BOT, now)


def _draft(path: str) -> Draft:
    """What a round writes when one delivery went out: a ledger entry and a status.yaml."""
    folder = path.rpartition("/")[0]
    epic, stamp = folder.rpartition("/")[2], str(time.monotonic_ns())
    out = Delivery(
        key=Key(epic, "teaser", "social"),
        place="sandbox:social",
        status=DeliveryStatus.PUBLISHED,
        seq=1,
        attempts=(Attempt(n=1, part=0, at=THEN, result="published", called_at=THEN),),
        parts=(LivePart(stamp, f"https://example.com/{stamp}", THEN),),
    )
    record = Record(epic=epic, path=folder, title="Campaign", deliveries={out.key: out})
    return Draft(
        main={f"{folder}/status.yaml": stamp.encode() + STATUS},
        ledger={ledger_path(epic): dump_record(record)},
        main_message="status: published\n",
        ledger_message="status: published\n",
    )


def _porcelain(ground: Ground, path: str) -> list[float]:
    """The peer: what a tool with a work tree does for one changed status file, without the push."""
    tree = ground.folder / "tree"
    run_git("clone", "--quiet", str(ground.forge), str(tree))
    who = ("-c", "user.name=Peer", "-c", "user.email=peer@example.com")
    status = tree / path.replace("epic.yaml", "status.yaml")

    def commit() -> None:
        run_git("-C", str(tree), "add", "--", str(status))
        run_git("-C", str(tree), *who, "commit", "--quiet", "-m", "status")

    samples = []
    for _ in range(5):
        status.write_bytes(str(time.monotonic_ns()).encode() + STATUS)
        samples.append(_timed(commit))
    return samples


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun

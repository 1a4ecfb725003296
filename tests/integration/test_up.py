"""`copydesk up` as people run it: real workers, an embedded Valkey, and a clean end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from publisher.domain.delivery import DeliveryStatus
from tests.integration.people import IDENTITY
from tests.integration.world import (
    World,
    ago,
    epic_text,
    keys_of,
    task,
    waiting,
    whole_second_after,
)

ROOT = Path(__file__).parents[2]
STOPS_WITHIN = 40


def environ(world: World) -> dict[str, str]:
    return {
        **IDENTITY,
        "PATH": os.environ["PATH"],
        "HOME": str(world.folder),
        "PYTHONPATH": str(ROOT),
        "COPYDESK_STATE": str(world.folder / "up"),
        "COPYDESK_RETRY_AFTER": "0.2,0.2,0.2,0.2,0.2",
        "COPYDESK_TIMING": "tick=0.3,stale=1.5",
    }


def command(world: World) -> list[str]:
    words = ["up", "--repo", str(world.remote), "--deliverers", "1"]
    return [sys.executable, "-m", "publisher", *words]


@contextmanager
def going_up(world: World) -> Iterator[tuple["subprocess.Popen[bytes]", Path]]:
    log = world.folder / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command(world),
            cwd=world.folder,
            env=environ(world),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started: set[int] = set()
    try:
        yield process, log
    finally:
        started |= tree(process.pid)
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOPS_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for pid in (started & alive()) | working_below(world.folder):
            os.kill(pid, signal.SIGKILL)


def parents() -> dict[int, int]:
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        state, parent = text.rsplit(")", 1)[1].split()[:2]
        if state != "Z":
            found[int(path.parent.name)] = int(parent)
    return found


def alive() -> set[int]:
    return set(parents())


def tree(root: int) -> set[int]:
    """A process and everything that it, or its children, started."""
    children = parents()
    found, grown = set[int](), {root}
    while grown - found:
        found |= grown
        grown = {pid for pid, parent in children.items() if parent in found} | found
    return found


def working(world: World) -> list[int]:
    """Every process that was started for this remote, by whomever."""
    return [pid for pid in alive() if str(world.remote) in cmdline(pid)]


def published(world: World, epic: str, *names: str) -> bool:
    record = world.record(epic)
    found = [record.get(key) for key in keys_of(names, epic)]
    return all(d is not None and d.status is DeliveryStatus.PUBLISHED for d in found)


def test_up_publishes_stops_cleanly_on_ctrl_c_and_goes_on_where_it_stopped(world: World) -> None:
    """Two lives: the first is stopped in the middle of a call, whose answer is not lost.

    The call takes longer than it takes to miss the rounds, which stop first: nobody revives them.
    """
    world.network.arm("unavailable", account="acme-linkedin")
    due = whole_second_after(2)
    world.people.write(
        "content/epics/2026/later/epic.yaml", epic_text(due, task("a", "insta", body="Later."))
    )
    world.epic(task("teaser", "x", "linkedin"))
    with going_up(world) as (process, log):
        with waiting("everything to be told", 60) as wait:
            while not (
                published(world, "spring-launch", "teaser/x", "teaser/linkedin")
                and published(world, "later", "a/insta")
            ):
                assert process.poll() is None, log.read_text()
                wait()
        [later] = world.network.posts("acme-insta")
        assert later["received_at"] >= due.timestamp()

        second = subprocess.run(
            command(world),
            cwd=world.folder,
            env=environ(world),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert second.returncode == 1
        assert "already serves" in second.stderr
        assert "Traceback" not in second.stderr

        world.network.arm("slow", account="acme-press", seconds=4)
        calls = world.network.requests()
        slow = epic_text(ago(), task("b", "press", body="Slow."))
        world.people.write("content/epics/2026/slow/epic.yaml", slow)
        world.people.push("Slow")
        with waiting("the slow call", 30) as wait:
            while world.network.requests() == calls:
                wait()
        family = tree(process.pid)
        assert len(family) >= 4, "up, Valkey, the leading worker and a delivery worker"
        groups = {os.getpgid(pid) for pid in family - {process.pid}}
        assert process.pid not in groups, "Ctrl-C would reach more than `up` itself"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        assert process.wait(STOPS_WITHIN) == 0, log.read_text()
        with waiting("the end of every process", 5) as wait:
            while family & alive() or working(world):
                wait()
        sleep(1)  # time enough for a worker that was started while the others ended
        assert working(world) == []
    told = log.read_text()
    assert "Copydesk serves acme" in told
    assert told.rstrip().endswith("Stopped.")
    assert told.count("Stopped.") == 1
    assert "Traceback" not in told

    with going_up(world) as (process, log), waiting("the slow one to be told", 60) as wait:
        while not published(world, "slow", "b/press"):
            assert process.poll() is None, log.read_text()
            wait()
    assert sorted(world.network.texts()) == ["Later.", "Slow.", *["Text of teaser."] * 2]


def test_up_in_a_folder_that_is_no_content_repository_says_so_and_leaves_nothing_running(
    world: World,
) -> None:
    empty = world.folder / "empty"
    empty.mkdir()
    ended = subprocess.run(
        [sys.executable, "-m", "publisher", "up", "--repo", str(empty)],
        cwd=world.folder,
        env=environ(world),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    left = working_below(world.folder / "up") | working_below(empty)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == set()
    assert ended.returncode in {1, 2}, ended.stderr
    assert "Traceback" not in ended.stderr


def working_below(folder: Path) -> set[int]:
    """Servers change what `ps` shows of them, but not where they work."""
    found = set()
    for pid in alive():
        try:
            at = Path(f"/proc/{pid}/cwd").readlink()
        except OSError:
            continue
        if at.is_relative_to(folder) and pid != os.getpid():
            found.add(pid)
    return found


def cmdline(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""

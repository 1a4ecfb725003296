"""A forge on this machine: as safe as git's own push and fetch, and never past anybody's rules."""

import multiprocessing
import os
import random
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import sleep

import pytest

from publisher.adapters import near_forge
from publisher.adapters.clock import utc_now
from publisher.adapters.git_remote import GitRemote
from publisher.adapters.git_store import LEDGER, GitStore
from publisher.domain.errors import Unavailable
from publisher.ports import Draft
from tests.integration.people import People, git
from tests.integration.world import World

COUNT = "notes/a/b/note.txt"
HOOKS = (
    "pre-receive",
    "update",
    "proc-receive",
    "reference-transaction",
    "post-receive",
    "post-update",
)


def note(text: str, main: str = "") -> Draft:
    return Draft(
        main={COUNT: main.encode()} if main else {},
        ledger={"note.txt": text.encode()} if text else {},
        main_message="note\n",
        ledger_message="note\n",
    )


def push(store: GitStore, draft: Draft) -> None:
    result, _heads = store.push(store.sync(force=True), draft, utc_now())
    assert result.done, result


def sound(repository: Path) -> None:
    """git finds every object that a branch reaches, and each is what its name says."""
    assert git(repository, "fsck", "--full", "--strict", "--no-dangling") == ""


@pytest.fixture
def no_git_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetching and pushing with git itself fails the test."""
    told = GitRemote._git

    def refuse(self: GitRemote, command: str, *args: str, **more: str) -> str:
        assert command not in {"fetch", "push"}, f"git {command} was run"
        return told(self, command, *args, **more)

    monkeypatch.setattr(GitRemote, "_git", refuse)


# Who is asked.


def test_a_fresh_bare_repository_asks_nobody(tmp_path: Path) -> None:
    """With the hooks that git's own template puts there, which are samples."""
    git(tmp_path, "init", "--quiet", "--bare", "forge.git")
    (tmp_path / "forge.git" / "hooks" / "update").write_text("#!/bin/sh\nexit 1\n")  # not for use
    assert near_forge.plain(tmp_path / "forge.git") is not None


@pytest.mark.parametrize("name", HOOKS)
@pytest.mark.parametrize("place", ["hooks", "elsewhere"])
def test_a_hook_that_can_run_is_asked(tmp_path: Path, name: str, place: str) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "--template=", "forge.git")
    forge = tmp_path / "forge.git"
    (forge / place).mkdir()
    (forge / place / name).write_text("#!/bin/sh\n")
    (forge / place / name).chmod(0o755)
    if place == "elsewhere":
        assert near_forge.plain(forge) is not None
        git(forge, "config", "core.hooksPath", place)
    assert near_forge.plain(forge) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("receive.denyNonFastForwards", "true"),
        ("receive.fsckObjects", "true"),
        ("transfer.hideRefs", "refs/heads/x"),
        ("uploadpack.hideRefs", "refs/heads/x"),
        ("core.sharedRepository", "group"),
        ("core.fsync", "all"),
        ("core.fsyncMethod", "batch"),
    ],
)
def test_a_policy_is_left_to_git(tmp_path: Path, name: str, value: str) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "--template=", "forge.git")
    git(tmp_path / "forge.git", "config", name, value)
    assert near_forge.plain(tmp_path / "forge.git") is None


def test_a_work_tree_is_left_to_git(world: World) -> None:
    work = world.folder / "work"
    git(world.folder, "clone", "--quiet", str(world.remote), str(work))
    assert near_forge.plain(work) is None
    assert near_forge.plain(world.remote) is not None
    git(world.remote, "worktree", "add", "--quiet", str(world.folder / "linked"), "main")
    assert near_forge.plain(world.remote) is None
    assert near_forge.plain(world.folder / "nothing") is None


# What arrives.


@pytest.mark.usefixtures("no_git_transport")
def test_what_people_do_arrives_whole(world: World) -> None:
    """Merges, renames, deletions, links, new and vanished branches; and our commits go back."""
    store, people = world.app.store, world.people
    git(store.clone, "fetch", "--quiet", "origin")
    people.write("notes/one/deep/er/a.txt", "a")
    people.path("notes/link").symlink_to("one")
    people.push("Write")
    push(store, note("1", main="first"))
    people.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    people.write("side.txt", "side")
    people.commit("Beside")
    people.git("push", "--quiet", "origin", "side", "HEAD:refs/heads/epic/one")
    people.git("checkout", "--quiet", "main")
    people.pull()
    people.git("merge", "--quiet", "--no-ff", "-m", "Merge", "side")
    people.move("notes/one", "moved/one")
    people.push("Move")
    push(store, note("2", main="second"))
    people.git("push", "--quiet", "origin", ":epic/one", "HEAD:refs/heads/epic")
    people.pull()
    people.remove("moved")
    people.push("Remove")
    heads = store.sync()
    assert heads.main == world.ref("main")
    assert heads.ledger == world.ref(LEDGER)
    tracked = near_forge.branches(store.objects._repo, "refs/remotes/origin/")
    assert tracked == near_forge.branches(near_forge.plain(world.remote), "refs/heads/")  # type: ignore[arg-type]
    sound(world.remote)
    sound(store.clone)


def test_more_than_a_change_is_left_to_git(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    store = world.app.store
    store.sync()
    monkeypatch.setattr(near_forge, "MOST_OBJECTS", 2)
    push(store, note("1", main="first"))
    world.people.pull()
    world.people.write("large.txt", "large")
    pushed = world.people.push("Large")
    assert store.sync().main == pushed
    monkeypatch.setattr(near_forge, "MOST_OBJECTS", 2000)
    monkeypatch.setattr(near_forge, "MOST_BYTES", 10)
    push(store, note("2", main="longer than ten bytes"))
    sound(world.remote)


def test_objects_without_a_branch_harm_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A push that is killed once its objects are there: nothing has moved, and it is made again."""
    store = world.app.store
    heads = store.sync()
    whole, told = near_forge.transaction, "never comes so far"

    def killed(_refs: object) -> str:
        raise KeyboardInterrupt(told)

    monkeypatch.setattr(near_forge, "transaction", killed)
    with pytest.raises(KeyboardInterrupt, match=told):
        store.push(heads, note("1", main="first"), utc_now())
    assert (world.ref("main"), world.ref(LEDGER)) == (heads.main, None)
    monkeypatch.setattr(near_forge, "transaction", whole)
    push(store, note("1", main="first"))
    assert world.file("note.txt", LEDGER) == b"1"
    sound(world.remote)


def test_a_branch_that_somebody_is_moving_just_now_is_a_race(world: World) -> None:
    store = world.app.store
    heads = store.sync()
    lock = world.remote / "refs" / "heads" / "main.lock"
    lock.touch()
    result, _heads = store.push(heads, note("1", main="first"), utc_now())
    assert result.raced
    assert world.ref(LEDGER) is None, "one branch moved without the other"
    lock.unlink()
    push(store, note("1", main="first"))


def test_a_lock_that_a_dead_process_left_in_our_clone_is_an_absent_forge(world: World) -> None:
    """git says so, too; once it is old enough it is swept away."""
    store = world.app.store
    store.sync()
    world.people.push("Something new")
    lock = store.clone / "refs" / "remotes" / "origin" / "main.lock"
    lock.touch()
    with pytest.raises(Unavailable, match="git fetch failed"):
        store.sync()
    os.utime(lock, (0, 0))
    with pytest.raises(Unavailable):
        store.sync()
    assert store.sync().main == world.ref("main")


# Many at once.


def count_up(clone: Path, remote: Path, times: int) -> None:
    """Add one to the number in the ledger and to the one on main, so many times."""
    store, left = GitStore(clone, str(remote)), times
    while left:
        heads = store.sync(force=True)
        there = store.file(heads.ledger, "note.txt") if heads.ledger else None
        text = str(int(there or b"0") + 1)
        result, _heads = store.push(heads, note(text, main=text), utc_now())
        assert result.done or result.raced, result
        left -= result.done
        sleep(random.uniform(0.005, 0.05))  # as rounds do: people must get a turn


def counting(world: World, writers: int, times: int, meanwhile: Callable[[], None]) -> None:
    """Let writers count, each in a process of its own, and do something else until all ended."""
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(
            target=count_up, args=(world.folder / f"count-{n}.git", world.remote, times)
        )
        for n in range(writers)
    ]
    for process in processes:
        process.start()
    try:
        while any(process.is_alive() for process in processes):
            meanwhile()
    finally:
        for process in processes:
            process.join(60)
    assert [process.exitcode for process in processes] == [0] * writers


def test_four_writers_and_people_race_and_nothing_is_lost_or_done_twice(world: World) -> None:
    people = People(world.remote, world.folder / "bo")
    notes = []

    def edit() -> None:
        notes.append(f"Note {len(notes)}")
        people.write(f"notes/{len(notes)}.md", notes[-1])
        with suppress(AssertionError):  # out of breath; it goes with the next one
            people.push(notes[-1])

    counting(world, writers=4, times=20, meanwhile=edit)
    people.push("Last note")
    total = 80
    assert world.file("note.txt", LEDGER) == str(total).encode()
    assert world.file(COUNT) == str(total).encode()
    subjects = world.subjects()
    assert subjects.count("note") == total
    assert [name for name in notes if name not in subjects] == []
    assert notes, "people were kept out"
    sound(world.remote)


def test_housekeeping_in_the_forge_takes_nothing_away(world: World) -> None:
    """`git gc` and `git repack` run without a pause while two write and one reads."""
    reader, stop = world.app.store, threading.Event()
    words = (("gc", "--quiet"), ("repack", "-a", "-d", "-q"), ("pack-refs", "--all"))

    def tidy() -> None:
        turn = 0
        while not stop.is_set():
            command = ["git", "-C", str(world.remote), *words[turn % len(words)]]
            subprocess.run(command, check=False, capture_output=True)
            turn += 1

    housekeeper = threading.Thread(target=tidy)
    housekeeper.start()
    try:
        counting(world, writers=2, times=20, meanwhile=lambda: _read(reader))
    finally:
        stop.set()
        housekeeper.join(30)
    assert world.file("note.txt", LEDGER) == b"40"
    sound(world.remote)


def _read(store: GitStore) -> None:
    heads = store.sync()
    if heads.ledger:
        ours, mains = store.file(heads.ledger, "note.txt"), store.file(heads.main, COUNT)
        assert abs(int(ours or b"") - int(mains or b"")) <= 1  # read one after the other

"""What asking costs in a repository of 10,000 epics with 500 open pull requests."""

import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.content import epic_file
from benchmarks.figures import Figure, Peer, at_most
from benchmarks.ground import Ground
from publisher.adapters.git_branches import GitBranches
from publisher.ports import Commit, Signature
from publisher.wiring import App

EPICS, BRANCHES, TIMES, LISTS = 10_000, 500, 15, 5
DUE = datetime(datetime.now(UTC).year + 1, 7, 1, 9, tzinfo=UTC)
ANA = Signature("Ana Silva", "ana@example.com")


def library(folder: Path) -> Iterator[Figure]:
    """`status EPIC` and `list`, warm; the peer is git alone, reading every epic.yaml once."""
    with Ground(folder / "ground") as ground:
        ground.desk((epic_file(n, DUE, ["social", "feed"]) for n in range(EPICS)), approvals=1)
        app = ground.app()
        _branches(app)
        epic = epic_file(7, DUE, [])[0].split("/")[-2]
        peer = _timed(lambda: _git_reads(ground.forge)) * 1000

        def status() -> None:
            desk = app.editorial.desk
            app.editorial.survey.of(desk.finder.one(desk.attempt.fresh(), epic))

        status()
        one = [_timed(status) * 1000 for _ in range(TIMES)]
        listed = [_timed(lambda: list(app.editorial.library.epics())) for _ in range(LISTS)]
    named = Peer(name="git cat-file --batch of every epic.yaml on main", value=peer)
    yield _beside(f"status of one epic among {EPICS:,} and {BRANCHES} branches", one, 300.0, named)
    named = Peer(name=named.name, value=peer / 1000)
    yield at_most(
        f"list of all {EPICS:,} epics and {BRANCHES} branches",
        listed[1:],
        "s",
        2.0,
        peer=named,
        ratio=f"{min(listed[1:]) / named.value:.2f}×",
    )


def _beside(what: str, runs: list[float], limit: float, peer: Peer) -> Figure:
    return at_most(what, runs, "ms", limit, peer=peer, ratio=f"{min(runs) / peer.value:.3f}×")


def _branches(app: App) -> None:
    """Every branch adds one epic, and has a draft pull request."""
    store = app.store
    heads, branches = store.sync(force=True), GitBranches(app.store)
    commits = []
    for number in range(BRANCHES):
        path, data = epic_file(EPICS + number, DUE, ["social"])
        commits.append(
            Commit(
                branch=f"epic/{path.split('/')[-2]}",
                tip=None,
                start=heads.main,
                message="new\n",
                author=ANA,
                files={path: data},
            )
        )
    branches.push(commits, datetime.now(UTC))
    for commit in commits:
        app.forge.open(commit.branch, commit.branch, "", ANA, draft=True)


def _git_reads(forge: Path) -> None:
    tree = subprocess.run(
        ["git", "-C", str(forge), "ls-tree", "-r", "main"], capture_output=True, check=True
    ).stdout
    wanted = [line.split()[2] for line in tree.splitlines() if line.endswith(b"/epic.yaml")]
    command = ["git", "-C", str(forge), "cat-file", "--batch", "--buffer"]
    subprocess.run(command, input=b"\n".join(wanted), capture_output=True, check=True)


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun

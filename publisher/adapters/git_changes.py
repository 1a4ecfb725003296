"""What a branch changes against another revision, by the git program: no library to load."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from publisher.domain.errors import Unavailable
from publisher.domain.history_rules import MACHINE_FILES

BOT_EMAIL = "bot@copydesk.invalid"


@dataclass(frozen=True, slots=True)
class Changes:
    """Paths from the repository's root. `edited`: machine-owned files that a person committed."""

    paths: frozenset[str]
    edited: frozenset[str]


def changes_since(root: Path, base: str) -> Changes:
    """Compare the work tree at `root` with where it left `base`; raise Unavailable in words."""
    start = _git(root, "merge-base", "--end-of-options", base, "HEAD").strip()
    below = _git(root, "rev-parse", "--show-prefix").strip()
    committed = _names(_git(root, "diff", "--name-only", "-z", "--no-renames", start, "HEAD"))
    still_open = _open(_git(root, "status", "--porcelain", "-z", "-uall", "--no-renames"))
    owned = [f":(glob,top){below}content/epics/**/{name}" for name in sorted(MACHINE_FILES)]
    log = _git(
        root, "log", "-z", "--name-only", "--format=%x01%ce%x01", f"{start}..HEAD", "--", *owned
    )
    changed = committed | still_open
    by_hand = {path for path in still_open if path.rpartition("/")[2] in MACHINE_FILES}
    edited = (_by_people(log) & committed) | by_hand
    return Changes(_inside(changed, below), _inside(edited, below))


def _by_people(log: str) -> set[str]:
    found = set[str]()
    _nothing, *rest = log.split("\x01")
    for email, names in zip(rest[::2], rest[1::2], strict=True):
        if email != BOT_EMAIL:
            found |= _names(names)
    return found


def _open(status: str) -> set[str]:
    """Return what the work tree has and HEAD has not; one look at every file serves for all."""
    return {entry[3:] for entry in status.split("\0") if entry}


def _names(output: str) -> set[str]:
    return {name.strip("\n") for name in output.split("\0") if name.strip("\n")}


def _inside(paths: set[str], below: str) -> frozenset[str]:
    return frozenset(path.removeprefix(below) for path in paths if path.startswith(below))


def _git(root: Path, *words: str) -> str:
    try:
        ended = subprocess.run(  # noqa: S603 - no shell, and the revision cannot be an option
            ["git", "-C", str(root), *words],  # noqa: S607 - git is on the PATH
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise Unavailable(f"git cannot be run: {error.strerror}.") from None
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip().splitlines()
        hint = "Fetch it first (`git fetch origin`), or check out with more history."
        raise Unavailable(f"git {words[0]} failed: {said[-1] if said else 'no reason'}. {hint}")
    return ended.stdout.decode(errors="replace")

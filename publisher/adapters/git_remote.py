"""Talking to the forge with git itself: fetch, and push as a compare-and-swap."""

import fcntl
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import git
import pygit2

from publisher.adapters import near_forge
from publisher.adapters.clock import boot_clock, wall_clock
from publisher.domain.errors import Unavailable
from publisher.ports import PastCommit, PushResult

TRACKING = "refs/remotes/origin/"
_OUR_LOCK = "copydesk.lock"
_LOOK_AGAIN = 0.01
_TIDY_EVERY = 200  # pushes; git's own receive-pack asks at each one
_MOVES_BRANCHES = frozenset({"push", "update-ref"})
_RACED = (
    "stale info",
    "non-fast-forward",
    "fetch first",
    "failed to update ref",
    "cannot lock ref",
)
_LOCKED_OUT = (
    "could not read Username",
    "could not read Password",
    "Authentication failed",
    "Permission denied (publickey",
)
_TALKS = {"fetch", "push", "ls-remote"}
_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}


class GitRemote:
    """The bare clone's `origin`. Raises Unavailable when it does not answer in time (seconds).

    `credentials` is asked for more environment whenever git is about to talk to the forge.
    """

    def __init__(
        self,
        clone: Path,
        url: str,
        timeout: float,
        credentials: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._clone, self._timeout, self._credentials = clone, timeout, credentials
        self.url = url
        self._forge: pygit2.Repository | None = None
        self._pushes = 0
        wanted = {
            "gc.auto": "0",
            "core.logallrefupdates": "false",
            "remote.origin.url": url,
            "remote.origin.fetch": f"+refs/heads/*:{TRACKING}*",
        }
        if not self._has(wanted):
            clone.mkdir(parents=True, exist_ok=True)
            with self.locked():
                self._set_up(wanted)

    def _has(self, wanted: Mapping[str, str]) -> bool:
        """Whether the clone is there and set up: then nothing is written, and nobody in the way."""
        try:
            config = pygit2.Repository(str(self._clone)).config
        except pygit2.GitError:
            return False
        return all(name in config and config[name] == value for name, value in wanted.items())

    def _set_up(self, wanted: Mapping[str, str]) -> None:
        if not (self._clone / "HEAD").exists():
            pygit2.init_repository(str(self._clone), bare=True)
        config = pygit2.Repository(str(self._clone)).config
        for name, value in wanted.items():
            config[name] = value

    @property
    def local(self) -> bool:
        """Whether the forge is a folder on this machine: looking at it costs nothing."""
        return self.path is not None

    @property
    def path(self) -> Path | None:
        path = Path(self.url.removeprefix("file://"))
        return path if path.is_absolute() and path.exists() else None

    def heads(self, *names: str) -> Mapping[str, str]:
        """These branches of a forge on this machine, read without starting a process."""
        refs = self._opened_forge().references
        found = {name: refs.get(f"refs/heads/{name}") for name in names}
        return {name: str(ref.resolve().target) for name, ref in found.items() if ref}

    def every_head(self) -> Mapping[str, str]:
        """Every branch of a forge on this machine, with its commit."""
        top = "refs/heads/"
        found = ((ref.name, ref.target) for ref in self._opened_forge().references.iterator())
        return {
            name.removeprefix(top): str(target) for name, target in found if name.startswith(top)
        }

    def _opened_forge(self) -> pygit2.Repository:
        if self.path is None:
            raise Unavailable(f"{self.url} is gone.")
        if self._forge is None:
            try:
                self._forge = pygit2.Repository(str(self.path))
            except pygit2.GitError as error:
                raise Unavailable(f"{self.url} is no git repository now.") from error
        return self._forge

    def default_branch(self) -> str:
        """The branch that people merge to: what the forge says; on this machine rather `main`."""
        if self.local and self.heads("main"):
            return "main"
        answer = self._git("ls-remote", "--symref", "origin", "HEAD")
        for line in answer.splitlines():
            if line.startswith("ref: refs/heads/"):
                return line.split("\t")[0].removeprefix("ref: refs/heads/")
        return "main"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time moves this clone's references. Never held across Redis calls.

        Raises Unavailable when another process holds on to it for longer than git may take.
        """
        with (self._clone / _OUR_LOCK).open("w") as file:
            self._wait_for(file)
            try:
                yield
            except (Unavailable, _Failed, pygit2.GitError, OSError):
                self._sweep()
                raise

    def _wait_for(self, file: IO[str]) -> None:
        end = boot_clock() + 2 * self._timeout
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if boot_clock() > end:
                    raise Unavailable(
                        f"Another process holds {self._clone} for too long."
                    ) from None
                threading.Event().wait(_LOOK_AGAIN)
            else:
                return

    def _sweep(self) -> None:
        """Remove lock files that a killed git left behind: no living one is that old."""
        old = wall_clock() - 2 * self._timeout
        for lock in (*self._clone.glob("*.lock"), *(self._clone / "refs").rglob("*.lock")):
            with suppress(OSError):
                if lock.name != _OUR_LOCK and lock.stat().st_mtime < old:
                    lock.unlink()

    def fetch(self) -> None:
        with self.locked():
            self._fetch()

    def _fetch(self) -> None:
        if not self._fetched_near():
            self._git("fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "origin")

    def _fetched_near(self) -> bool:
        """Fetch from a plain forge on this machine; False when git itself must do it."""
        forge = near_forge.plain(self.path) if self.path else None
        if forge is None:
            return False
        return near_forge.fetched(forge, pygit2.Repository(str(self._clone)), TRACKING)

    def log(self, tip: str, path: str) -> list[PastCommit]:
        """The commits that changed a path, newest first, merges told by what they merged."""
        text = self._git("log", "--format=%H%x00%an%x00%at%x00%s", tip, "--", path)
        commits = []
        for line in text.splitlines():
            oid, author, at, subject = line.split("\0", 3)
            when = datetime.fromtimestamp(int(at), UTC)
            commits.append(PastCommit(id=oid, author=author, at=when, subject=subject))
        return commits

    def push(self, refs: Mapping[str, tuple[str | None, str]]) -> PushResult:
        """Move every branch from its old commit (None: it must not exist) to the new one, or none.

        A branch that somebody else moved meanwhile gives `raced`; nothing is ever forced back.
        """
        try:
            with self.locked():
                if not self._pushed_near(refs):
                    self._pushed_by_git(refs)
        except _Failed as failed:
            return self._why(failed, refs)
        return PushResult(done=True)

    def _pushed_near(self, refs: Mapping[str, tuple[str | None, str]]) -> bool:
        """Push to a plain forge on this machine; False when git itself must do it."""
        forge = near_forge.plain(self.path) if self.path else None
        if forge is None:
            return False
        clone = pygit2.Repository(str(self._clone))
        there = set(near_forge.branches(forge, "refs/heads/").values())
        known = [tip for tip in there if tip in clone]
        if not near_forge.copied(clone, forge, {new for _, new in refs.values()}, known):
            return False
        self._git("update-ref", "--stdin", at=Path(forge.path), told=near_forge.transaction(refs))
        self._tidy(Path(forge.path))
        return True

    def _tidy(self, forge: Path) -> None:
        """What git's receive-pack does after a push: pack loose objects, when there are many."""
        self._pushes += 1
        if self._pushes % _TIDY_EVERY == 0:
            with suppress(Unavailable):
                self._git("gc", "--auto", "--quiet", at=forge)

    def _pushed_by_git(self, refs: Mapping[str, tuple[str | None, str]]) -> None:
        leases = [
            f"--force-with-lease=refs/heads/{name}:{old or ''}" for name, (old, _) in refs.items()
        ]
        specs = [f"{new}:refs/heads/{name}" for name, (_, new) in refs.items()]
        receive = "git -c receive.denyCurrentBranch=updateInstead receive-pack"
        options = ["--porcelain", "--atomic", "--no-verify", "--quiet", *leases]
        if self.local:
            options.append(f"--receive-pack={receive}")
        self._git("push", *options, "origin", *specs)

    def _why(self, failed: "_Failed", refs: Mapping[str, tuple[str | None, str]]) -> PushResult:
        text = str(failed)
        if any(word in text for word in _RACED):
            return PushResult(raced=True, why=text)
        refused = [line for line in text.splitlines() if line.startswith("!") or "rejected" in line]
        if refused and any(name in line for name in refs for line in refused):
            culprits = [line for line in refused if "atomic" not in line]
            return PushResult(refused=" ".join(culprits)[:500], why=text)
        raise Unavailable(f"git push failed: {_last_line(text)}")

    def _git(self, command: str, *args: str, at: Path | None = None, told: str = "") -> str:
        """Run git on our clone, or `at` another repository; `told` is its input."""
        credentials = self._credentials() if command in _TALKS else {}
        with git.Repo(at or self._clone) as repo, tempfile.TemporaryFile() as words:
            words.write(told.encode())
            words.seek(0)
            try:
                return str(
                    repo.git.execute(
                        ["git", command, *args],
                        istream=words,
                        env={**_QUIET, **credentials},
                        kill_after_timeout=self._timeout,
                        with_extended_output=False,
                    )
                )
            except git.GitCommandError as error:
                text = _words(error)
                if any(sign in text for sign in _LOCKED_OUT):
                    raise Unavailable(
                        f"The forge does not let git in ({_last_line(text)}). Check GITHUB_TOKEN,"
                        " or the key that this machine has for it."
                    ) from error
                if command in _MOVES_BRANCHES:
                    raise _Failed(text) from error
                raise Unavailable(f"git {command} failed: {_last_line(text)}") from error


class _Failed(Exception):
    pass


def _words(error: git.GitCommandError) -> str:
    """What git printed, without GitPython's labels."""
    text = f"{error.stdout}\n{error.stderr}"
    return text.replace("stdout: ", "\n").replace("stderr: ", "\n")


def _last_line(text: str) -> str:
    """The reason that git gives: its first “fatal” line, or else the last of all."""
    lines = [line.strip(" '") for line in text.splitlines() if line.strip(" '")]
    fatal = [line for line in lines if line.startswith("fatal: ")]
    return (fatal or lines[-1:] or ["no reason given"])[0][:300]

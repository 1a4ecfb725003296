"""A work tree on disk → every epic and every problem in it. Never follows a symbolic link."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISDIR, S_ISLNK, S_ISREG

from publisher.domain.epic import Desk, Epic
from publisher.domain.errors import ContentError
from publisher.domain.problems import Problem
from publisher.domain.rules import Rule
from publisher.files.approvals_file import read_approvals
from publisher.files.desk_files import PEOPLE, PROFILES, SETTINGS, check_epic, read_desk
from publisher.files.epic_file import EpicFolder, read_epic
from publisher.files.yaml_text import MAX_BYTES, too_large

EPICS = "content/epics"
_LINK_HINT = "Put the file or folder itself there."


@dataclass(frozen=True, slots=True)
class Checked:
    """The epics that can be used, the desk if it can, and everything that is wrong.

    `folders` has what each of these epics was read from, by its path.
    """

    epics: tuple[Epic, ...]
    desk: Desk | None
    problems: tuple[Problem, ...]
    folders: Mapping[str, EpicFolder] = field(default_factory=dict)


def check_folder(root: Path, paths: Sequence[Path] = ()) -> Checked:
    """Check the repository at `root`, or only the given epic files and folders.

    Outside a repository with a copydesk.yaml a given file is checked alone, without a desk.
    """
    check = _Check(_absolute(root))
    desk = check.desk(required=not paths)
    found: dict[str, Path] = {}
    for start in paths or (check.root / EPICS,):
        for file in check.epic_files(_absolute(start), given=bool(paths)):
            found.setdefault(check.name(file), file)
    pairs = [check.epic(file, desk) for _, file in sorted(found.items())]
    check.same_ids(sorted(found))
    read = [pair for pair in pairs if pair is not None]
    folders = {folder.path: folder for _epic, folder in read}
    epics = tuple(epic for epic, _folder in read)
    return Checked(epics, desk, tuple(sorted(set(check.problems))), folders)


@dataclass(slots=True)
class _Check:
    root: Path
    problems: list[Problem] = field(default_factory=list)

    def name(self, path: Path) -> str:
        """Return the path from the root, as it stands in problems."""
        text = os.fsencode(path).decode(errors="replace")
        top = os.fsencode(self.root).decode(errors="replace")
        return text.removeprefix(top.rstrip("/") + "/").replace(os.sep, "/")

    def desk(self, *, required: bool) -> Desk | None:
        if not required and not os.path.lexists(self.root / SETTINGS):
            return None
        before = len(self.problems)
        files = [self._read(self.root / path) for path in (SETTINGS, PEOPLE, PROFILES)]
        if len(self.problems) > before:
            return None
        try:
            return read_desk(*files)
        except ContentError as error:
            self.problems.extend(error.problems)
            return None

    def epic_files(self, start: Path, *, given: bool) -> Iterator[Path]:
        """Yield every epic.yaml at or below `start`."""
        if self._behind_link(start):
            return
        mode = _mode(start)
        if mode is None:
            if given:
                self._add(start, Rule.UNREADABLE, "This file or folder does not exist.")
        elif S_ISDIR(mode):
            yield from self._below(start)
        elif start.name == "epic.yaml":
            yield start
        elif self.name(start) not in {SETTINGS, PEOPLE, PROFILES}:
            hint = "Name an epic.yaml or a folder."
            self._add(start, Rule.NO_EPIC_FILE, "This is no epic.yaml.", hint)

    def epic(self, file: Path, desk: Desk | None) -> tuple[Epic, EpicFolder] | None:
        data = self._read(file)
        if data is None:
            return None
        path = self.name(file.parent)
        folder = EpicFolder(path, data, _kinds(file.parent))
        try:
            epic = read_epic(folder)
        except ContentError as error:
            self.problems.extend(error.problems)
            return None
        if desk is not None:
            self.problems.extend(check_epic(epic, desk, folder))
        beside = file.with_name("approvals.yaml")
        self.problems.extend(read_approvals(self._read(beside), self.name(beside)).problems)
        return epic, folder

    def same_ids(self, names: Sequence[str]) -> None:
        by_id = defaultdict[str, list[str]](list)
        for name in names:
            by_id[name.removesuffix("/epic.yaml").rpartition("/")[2]].append(name)
        for epic_id, holders in by_id.items():
            for name in holders if len(holders) > 1 else ():
                others = [other for other in holders if other != name]
                self.problems.append(twin_problem(name, epic_id, others))

    def _below(self, start: Path) -> Iterator[Path]:
        for folder, names, files in os.walk(start, onerror=self._unreadable):
            here = Path(folder)
            for name in sorted(names):
                if (here / name).is_symlink():
                    message = "This folder is a symbolic link."
                    self._add(here / name, Rule.LINK, message, _LINK_HINT)
            for name in sorted(files):
                if name == "epic.yaml":
                    yield here / name
                elif name.casefold() in {"epic.yml", "epic.yaml"}:
                    message = "Epics are read from epic.yaml only."
                    self._add(here / name, Rule.NO_EPIC_FILE, message, "Rename it.")

    def _read(self, file: Path) -> bytes | None:
        """Return the bytes; None with a problem, or without one when there is no such file."""
        if self._behind_link(file):
            return None
        mode = _mode(file)
        if mode is None:
            return None
        if not S_ISREG(mode):
            hint = "Put a text file there."
            self._add(file, Rule.UNREADABLE, "This is no ordinary file.", hint)
            return None
        try:
            with file.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            self._unreadable(error, file)
            return None
        if len(data) > MAX_BYTES:
            self.problems.append(too_large(self.name(file), file.stat().st_size))
            return None
        return data

    def _behind_link(self, path: Path) -> bool:
        """Say (and report) whether the path, or a folder between the root and it, is a link."""
        inside = path.is_relative_to(self.root)
        for step in (path, *path.parents) if inside else (path,):
            if step == self.root:
                break
            if step.is_symlink():
                message = "This is a symbolic link; Copydesk follows none."
                self._add(step, Rule.LINK, message, _LINK_HINT)
                return True
        return False

    def _unreadable(self, error: OSError, file: Path | None = None) -> None:
        place = file or Path(error.filename or self.root)
        reason = (error.strerror or "unknown reason").lower()
        message = f"This cannot be read: {reason}."
        self._add(place, Rule.UNREADABLE, message, "Check its permissions.")

    def _add(self, path: Path, rule: Rule, message: str, hint: str = "") -> None:
        self.problems.append(Problem(self.name(path), 0, 0, message, hint, rule))


def twin_problem(name: str, epic_id: str, others: Iterable[str]) -> Problem:
    """Say that the epic in file `name` shares its id with those in `others`."""
    message = f"The epic id “{epic_id}” is taken twice: {', '.join(others)} has it too."
    return Problem(name, 0, 0, message, "Rename one of the folders.", Rule.DUPLICATE_EPIC)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  (resolve() would follow links)


def _mode(path: Path) -> int | None:
    try:
        return path.lstat().st_mode
    except OSError:
        return None


def _kinds(folder: Path) -> dict[str, str]:
    """Map every path below the folder to what it is; links are named, never followed."""
    kinds: dict[str, str] = {}
    for here, names, files in os.walk(folder):
        for name in (*names, *files):
            path = Path(here, name)
            mode = _mode(path) or 0
            relative = os.fsencode(path.relative_to(folder)).decode(errors="replace")
            if S_ISLNK(mode):
                kinds[relative.replace(os.sep, "/")] = "link"
            elif S_ISREG(mode):
                kinds[relative.replace(os.sep, "/")] = "file"
    return kinds

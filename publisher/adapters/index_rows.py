"""One epic folder → one row of the index. Plain functions, so that processes can share the work."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.domain.epic import Desk, Epic
from publisher.domain.errors import ContentError
from publisher.domain.problems import Problem
from publisher.files.desk_files import check_epic
from publisher.files.epic_file import EpicFolder, read_epic

if TYPE_CHECKING:
    from publisher.adapters.git_store import GitStore


@dataclass(frozen=True, slots=True)
class Row:
    """`first` is the earliest due time (UTC seconds), None without one; `problems` is JSON."""

    path: str
    id: str
    tree: str
    title: str
    first: float | None
    problems: str


def parsed(folder: EpicFolder, desk: Desk) -> Epic:
    """Read an epic with every rule that keeps it from going out; raise ContentError."""
    epic = read_epic(folder)
    problems = check_epic(epic, desk, folder)
    if problems:
        raise ContentError(tuple(problems))
    return epic


def row_of(folder: EpicFolder, tree: str, desk: Desk) -> Row:
    name = folder.path.rsplit("/", 1)[-1]
    try:
        epic = parsed(folder, desk)
    except ContentError as error:
        problems = json.dumps([asdict(problem) for problem in error.problems])
        return Row(folder.path, name, tree, "", None, problems)
    dues = [task.due.timestamp() for task in epic.tasks if task.due]
    return Row(folder.path, epic.id, tree, epic.title, min(dues, default=None), "")


def problems_in(text: str) -> tuple[Problem, ...]:
    return tuple(Problem(**plain) for plain in json.loads(text)) if text else ()


def rows_in(
    store: "GitStore", desk: Desk, folders: Sequence[tuple[str, str | None]]
) -> Iterator[Row]:
    """Read these folders, by their trees."""
    for path, tree in folders:
        folder = store.folder(path, tree=tree) if tree else None
        if folder is not None and tree is not None:
            yield row_of(folder, tree, desk)


def rows_elsewhere(
    clone: str, url: str, desk: Desk, folders: Sequence[tuple[str, str | None]]
) -> list[Row]:
    """The same in a process of its own."""
    from publisher.adapters.git_store import GitStore  # noqa: PLC0415 - the store reads rows too

    return list(rows_in(GitStore(Path(clone), url), desk, folders))

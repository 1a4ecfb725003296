"""One epic folder → one row of the index. Plain functions, so that processes can share the work."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

from publisher.adapters.index_records import names_of
from publisher.domain.epic import Desk, Epic
from publisher.domain.errors import ContentError
from publisher.domain.problems import Problem
from publisher.domain.rules import Rule
from publisher.files.desk_files import check_epic
from publisher.files.epic_file import EpicFolder, read_epic

if TYPE_CHECKING:
    from publisher.adapters.git_store import GitStore


class Row(NamedTuple):
    """`first` is the earliest due time (UTC seconds), None without one; `problems` is JSON.

    `deliveries` names what is wanted, as the settled ledger entries do.
    """

    path: str
    id: str
    tree: str
    title: str
    first: float | None
    problems: str
    deliveries: str = ""
    has_media: bool = False


def parsed(folder: EpicFolder, desk: Desk) -> Epic:
    """Read an epic with every rule that keeps it from going out; raise ContentError."""
    if "\ufffd" in folder.path:
        why = "The name of a folder on the way is not UTF-8."
        path = f"{folder.path}/epic.yaml"
        raise ContentError((Problem(path, 0, 0, why, "Rename it.", Rule.ENCODING),))
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
    first = min(dues, default=None)
    wanted = names_of((task.id, profile) for task, profile in epic.deliveries())
    has_media = any(task.media for task in epic.tasks)
    return Row(folder.path, epic.id, tree, epic.title, first, "", wanted, has_media)


def problems_in(text: str) -> tuple[Problem, ...]:
    return tuple(Problem(**plain) for plain in json.loads(text)) if text else ()


def read_rows(
    desk: Desk, store: "GitStore", folders: Sequence[tuple[str, str | None]]
) -> list[Row]:
    """The rows of these folders (with their trees) that are epics."""
    found = []
    for path, tree in folders:
        try:
            folder = store.folder(path, tree=tree) if tree else None
        except TypeError:  # no folder: it is a symbolic link
            found.append(_link(path, tree or ""))
        else:
            if folder is not None and tree is not None:
                found.append(row_of(folder, tree, desk))
    return found


def _link(path: str, blob: str) -> Row:
    """A link has no id, so that it takes the name of no epic."""
    why = "This is a symbolic link; Copydesk follows none."
    problem = Problem(path, 0, 0, why, "Put the folder itself here.")
    return Row(path, "", blob, "", None, json.dumps([asdict(problem)]))

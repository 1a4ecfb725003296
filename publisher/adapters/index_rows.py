"""One epic folder → one row of the index. Plain functions, so that processes can share the work."""

import gc
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.domain.epic import Desk, Epic
from publisher.domain.errors import ContentError
from publisher.domain.problems import Problem
from publisher.files.desk_files import check_epic
from publisher.files.epic_file import EpicFolder, read_epic

if TYPE_CHECKING:
    from publisher.adapters.git_store import GitStore

Folders = Sequence[tuple[str, str | None]]

_WORTH_PROCESSES = 3000
_CHUNK = 1000
_opened: dict[str, "GitStore"] = {}


@dataclass(frozen=True, slots=True)
class Row:
    """`first` is the earliest due time (UTC seconds), None without one; `problems` is JSON."""

    path: str
    id: str
    tree: str
    title: str
    first: float | None
    problems: str
    has_media: bool = False


def parsed(folder: EpicFolder, desk: Desk) -> Epic:
    """Read an epic with every rule that keeps it from going out; raise ContentError."""
    if "\ufffd" in folder.path:
        why = "The name of a folder on the way is not UTF-8."
        raise ContentError((Problem(f"{folder.path}/epic.yaml", 0, 0, why, "Rename it."),))
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
    has_media = any(task.media for task in epic.tasks)
    return Row(folder.path, epic.id, tree, epic.title, first, "", has_media)


def problems_in(text: str) -> tuple[Problem, ...]:
    return tuple(Problem(**plain) for plain in json.loads(text)) if text else ()


def rows_of(store: "GitStore", desk: Desk, folders: Folders) -> Iterator[Row]:
    """The rows of these folders (with their trees); many are read by all cores."""
    if len(folders) < _WORTH_PROCESSES:
        yield from _rows(store, desk, folders)
        return
    chunks = [folders[at : at + _CHUNK] for at in range(0, len(folders), _CHUNK)]
    where = (str(store.clone), store.remote.url)
    with ProcessPoolExecutor(None, get_context("spawn"), _begin_process, where) as pool:
        yield from chain.from_iterable(pool.map(partial(_rows_elsewhere, desk), chunks))


def _rows(store: "GitStore", desk: Desk, folders: Folders) -> Iterator[Row]:
    for path, tree in folders:
        folder = store.folder(path, tree=tree) if tree else None
        if folder is not None and tree is not None:
            yield row_of(folder, tree, desk)


def _begin_process(clone: str, url: str) -> None:
    """Once in each process that shares the work; none lives long enough to collect garbage."""
    from publisher.adapters.git_store import GitStore  # noqa: PLC0415 - the store reads rows too

    gc.disable()
    _opened["store"] = GitStore(Path(clone), url)


def _rows_elsewhere(desk: Desk, folders: Folders) -> list[Row]:
    return list(_rows(_opened["store"], desk, folders))

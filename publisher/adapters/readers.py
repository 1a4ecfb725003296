"""Reading thousands of folders or ledger entries with all cores."""

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from publisher.adapters.git_store import GitStore

T = TypeVar("T")
R = TypeVar("R")

_WORTH_PROCESSES = 3000
_CHUNK = 1000
_opened: dict[str, "GitStore"] = {}


class Readers:
    """Enter to read; the processes start with the first long list and end on leaving."""

    def __init__(self, store: "GitStore") -> None:
        self._store = store
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def read(
        self, read: Callable[["GitStore", Sequence[T]], list[R]], items: Sequence[T]
    ) -> Iterator[list[R]]:
        """What `read`, a function that can be pickled, makes of the items, list by list.

        A few items are read here.
        """
        if len(items) < _WORTH_PROCESSES:
            return iter([read(self._store, items)])
        if self._pool is None:
            where = (str(self._store.clone), self._store.remote.url)
            self._pool = ProcessPoolExecutor(None, get_context("spawn"), _begin_process, where)
        chunks = [items[at : at + _CHUNK] for at in range(0, len(items), _CHUNK)]
        return self._pool.map(partial(_read_elsewhere, read), chunks)


def _begin_process(clone: str, url: str) -> None:
    """Once in each process that shares the work; none lives long enough to collect garbage."""
    from publisher.adapters.git_store import GitStore  # noqa: PLC0415 - the store reads rows too

    gc.disable()
    _opened["store"] = GitStore(Path(clone), url)


def _read_elsewhere(
    read: Callable[["GitStore", Sequence[T]], list[R]], items: Sequence[T]
) -> list[R]:
    return read(_opened["store"], items)

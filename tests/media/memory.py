"""How much memory something takes at its peak."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_of(work: Callable[[], object]) -> int:
    """The growth of this process's resident memory while `work` runs, in bytes, at its peak."""
    if not _RESET.exists():
        pytest.skip("only Linux tells the peak of a part of a process's life")
    _RESET.write_text("5")
    before = _read("VmHWM")
    work()
    return _read("VmHWM") - before


def _read(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", _STATUS.read_text())
    assert found
    return int(found[1]) * 1024

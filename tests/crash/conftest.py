"""The line at the end of the session: what all runs together came to."""

import signal
import threading
from typing import Any

import pytest

from tests.crash.totals import TOTALS

_TOLD_BY_OTHERS: list[str] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of pytest-xdist hands its count to the one that people see."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None and TOTALS.tally.deliveries:
        output["crash"] = TOTALS.lines()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    _TOLD_BY_OTHERS.extend(getattr(node, "workeroutput", {}).get("crash", ()))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    mine = TOTALS.lines() if TOTALS.tally.deliveries else []
    if mine or _TOLD_BY_OTHERS:
        terminalreporter.write_sep("-", "crash tests")
        for line in (*mine, *_TOLD_BY_OTHERS):
            terminalreporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    """A `timeout` ends us by SIGTERM; the desks must still end every process they started."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: pytest.exit("SIGTERM", returncode=143))

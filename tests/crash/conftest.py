"""The line at the end of the session: what all runs together came to."""

import signal
import threading
from typing import Any

import pytest

from tests.crash.totals import TOTALS


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if TOTALS.tally.deliveries:
        terminalreporter.write_sep("-", "crash tests")
        for line in TOTALS.lines():
            terminalreporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    """A `timeout` ends us by SIGTERM; the desks must still end every process they started."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: pytest.exit("SIGTERM", returncode=143))

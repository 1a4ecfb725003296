"""A new process that opens a repository and keeps rounds until one has nothing to do."""

import os
import sys

from publisher.config import Config
from publisher.wiring import App


def start_once(repo: str) -> int:
    """Return how many rounds it took; the last one was idle."""
    app = App(Config.from_env(dict(os.environ), repo))
    rounds = 1
    while (report := app.round.once()).looked_at or report.trouble:
        if report.trouble:
            raise RuntimeError(report.trouble)
        rounds += 1
    return rounds


if __name__ == "__main__":
    print(start_once(sys.argv[1]), flush=True)

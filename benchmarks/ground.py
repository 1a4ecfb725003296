"""What the benchmarks play on: a forge, a Redis, the sandbox and the product's own workers."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import Request, urlopen

from benchmarks.content import File, make_forge
from benchmarks.processes import kill, serving
from publisher.adapters.embedded import EmbeddedValkey
from publisher.config import Config
from publisher.domain.delivery import Delivery
from publisher.wiring import App

STOP_WITHIN = 10.0


class Ground:
    """Enter to have Redis and the sandbox; then `desk` and `workers`. Leaving stops it all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.forge = folder / "forge.git"
        self._valkey = EmbeddedValkey(folder / "valkey")
        self._sandbox: subprocess.Popen[str] | None = None
        self.sandbox_url = ""
        self.redis_url = ""

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.redis_url = self._valkey.start()
        command = [sys.executable, "-m", "publisher.sandbox", "--port", "0"]
        self._sandbox = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self._sandbox.stdout.readline() if self._sandbox.stdout else ""
        self.sandbox_url = line.rpartition(" ")[2].strip()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._sandbox is not None:
            self._sandbox.terminate()
            self._sandbox.wait()
        self._valkey.stop()

    @property
    def sandbox_pid(self) -> int:
        return self._sandbox.pid if self._sandbox else 0

    @property
    def environ(self) -> Mapping[str, str]:
        """For the product's processes: its default timings, and nothing of the caller's."""
        kept = {n: v for n, v in os.environ.items() if not n.startswith("COPYDESK_")}
        state = str(self.folder / "state")
        return {**kept, "REDIS_URL": self.redis_url, "COPYDESK_STATE": state}

    def app(self) -> App:
        return App(Config.from_env(self.environ, str(self.forge)))

    def desk(self, epics: Iterable[File], ledger: Iterable[File] = (), approvals: int = 0) -> None:
        make_forge(self.forge, epics, self.sandbox_url, ledger, approvals)

    @contextmanager
    def workers(self, deliverers: int) -> "Iterator[subprocess.Popen[bytes]]":
        """The real thing: `copydesk worker` with that many delivery workers."""
        words = ["worker", "--repo", str(self.forge), "--deliverers", str(deliverers)]
        environ = {**self.environ, "COPYDESK_LOG": "ERROR"}
        with subprocess.Popen([sys.executable, "-m", "publisher", *words], env=environ) as leader:
            try:
                yield leader
            finally:
                self.app().stop_workers()
                leader.terminate()
                with suppress(subprocess.TimeoutExpired):
                    leader.wait(STOP_WITHIN)
                kill(*serving(self.environ["COPYDESK_STATE"]))

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        data = json.dumps(body).encode() if body is not None else None
        request = Request(self.sandbox_url + path, data, method=method)
        with urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def posts(self) -> list[dict[str, Any]]:
        """Everything the sandbox ever received as a post, oldest first."""
        found: list[dict[str, Any]] = self.ask("GET", "/control/posts")["data"]
        return found

    def requests(self) -> Mapping[str, int]:
        """How many requests of each kind the sandbox has seen."""
        found: Mapping[str, int] = self.ask("GET", "/control/counts")["requests"]
        return found


def deliveries(app: App) -> list[Delivery]:
    """Everything that the ledger knows."""
    heads = app.store.sync(force=True)
    records = (
        app.store.record(heads.ledger, epic)
        for epic, _blob in app.store.changed_records(None, heads.ledger)
    )
    return [delivery for record in records for delivery in record.deliveries.values()]


def whole_second(ahead: float) -> datetime:
    """The next whole second that is at least so far away: schedules know no fractions."""
    soon = datetime.now(UTC) + timedelta(seconds=ahead + 1)
    return soon.replace(microsecond=0)


def wait_until(true: Callable[[], bool], within: float, what: str, every: float = 0.1) -> None:
    """Poll; raise TimeoutError that says what never came."""
    end = time.monotonic() + within
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen within {within:g} s")
        time.sleep(every)

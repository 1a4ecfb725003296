"""What the demo plays on: a desk with its forge, a Redis, the sandbox and a worker group."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import Request, urlopen
from uuid import uuid4

import git

from publisher.adapters.clock import utc_now
from publisher.adapters.embedded import EmbeddedValkey
from publisher.adapters.new_repository import make_repository
from publisher.config import Config, read_environment
from publisher.domain.errors import Unavailable
from publisher.entrypoints.pulse import Children
from publisher.usecases.editorial.doing import Doing
from publisher.wiring import App

ANA = ("Ana Silva", "ana@example.com")
RETRIES = "4,5,6,7,8"


class Stage:
    """Enter to start everything, leave to stop it; `app` looks at it from outside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.desk = folder / "desk"
        self.forge = folder / "forge.git"
        self._valkey = EmbeddedValkey(folder / "state" / "valkey")
        self._sandbox: subprocess.Popen[str] | None = None
        self._workers: Children | None = None
        self.sandbox_url = ""
        self.app: App

    def __enter__(self) -> Self:
        self._sandbox = self._started_sandbox()
        self._make_desk()
        environment = {
            "REDIS_URL": self._valkey.start(),
            "COPYDESK_STATE": str(self.folder / "state"),
            "COPYDESK_RETRY_AFTER": RETRIES,
            "COPYDESK_LOG": "ERROR",
        }
        os.environ.update(environment)  # noqa: TID251 - handed to the workers
        self.app = App(Config.from_env(read_environment(), str(self.forge)))
        self._workers = Children(["worker", "--repo", str(self.forge), "--deliverers", "1"], 1)
        self._workers.keep()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.app.stop_workers()
        if self._workers is not None:
            self._workers.stop(within=10)
        if self._sandbox is not None:
            self._sandbox.terminate()
            self._sandbox.wait()
        self._valkey.stop()

    def doing(self, who: str) -> Doing:
        """A request of somebody in the starter's people.yaml."""
        person = self.app.store.desk(self.app.store.sync().main).people[who]
        return Doing(who=person, request=uuid4().hex, at=utc_now())

    def git_log(self) -> str:
        with git.Repo(self.forge) as repo:
            pretty = "--format=%C(auto)%h %<(14,trunc)%an %s"
            return str(repo.git.log("--graph", pretty, "main", "copydesk/ledger"))

    def fault(self, account: str, fault: str, **more: object) -> None:
        """Arm one fault of the sandbox."""
        self._ask("POST", "/control/faults", {"account": account, "fault": fault, **more})

    def posts(self) -> list[dict[str, Any]]:
        """Everything the sandbox ever received as a post, oldest first."""
        found: list[dict[str, Any]] = self._ask("GET", "/control/posts")["data"]
        return found

    def _make_desk(self) -> None:
        make_repository(self.desk, "demo")
        profiles = self.desk / "content" / "profiles.yaml"
        text = profiles.read_text("utf-8").replace("http://127.0.0.1:8400", self.sandbox_url)
        profiles.write_text(text, "utf-8")
        with git.Repo.init(self.forge, bare=True, initial_branch="main"):
            pass
        with git.Repo(self.desk) as repo:
            for name, value in zip(("user.name", "user.email"), ANA, strict=True):
                repo.git.config(name, value)
            repo.git.remote("add", "origin", str(self.forge))
            repo.git.commit("--quiet", "--all", "-m", "Publish to this sandbox")
            repo.git.push("--quiet", "origin", "HEAD:main")

    def _started_sandbox(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "publisher", "sandbox", "--port", "0"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
        line = process.stdout.readline() if process.stdout else ""
        if " on http" not in line:
            raise Unavailable("The sandbox did not start.")
        self.sandbox_url = line.split(" on ")[1].strip()
        return process

    def _ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json"}
        request = Request(self.sandbox_url + path, data, headers, method=method)  # noqa: S310 - ours
        with urlopen(request, timeout=5) as answer:  # noqa: S310 - the same
            return json.loads(answer.read() or b"null")

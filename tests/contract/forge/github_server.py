"""A small GitHub on loopback: its documented answers over a real repository, git by smart HTTP."""

import asyncio
import base64
import hashlib
import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web

from tests.contract.forge.github_state import Answer, GitHubState, Json
from tests.integration.people import git

TOKEN = "ghp_OurVerySecretToken0123456789"
BEN_TOKEN = "ghp_BensToken"
BOT, BEN = "copydesk-bot", "ben-okoro"
PAGE = 30
ME = {"id": 1, "user_view_type": "private"}


@dataclass
class Fault:
    """What the next request that matches gets instead; `after`: once it was carried out."""

    match: str
    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False
    hang: float = 0.0
    times: int = 1


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    raw: tuple[str, str, bytes] = ("", "", b"")
    status: int = 0
    answer: bytes | None = None

    @property
    def told(self) -> str:
        return f"{self.method} {self.path}"


class GitHubServer:
    """Knows two people and one App; remembers every request in `log`."""

    def __init__(self, state: GitHubState, app_key: str = "") -> None:
        self.state, self.app_key = state, app_key
        self.users = {TOKEN: BOT, BEN_TOKEN: BEN}
        self.permissions = {
            "contents": "write",
            "pull_requests": "write",
            "issues": "write",
            "statuses": "write",
            "metadata": "read",
        }
        self.faults: list[Fault] = []
        self.log: list[Request] = []
        self.tokens_given: list[str] = []
        self.scopes = ""
        self.token_ends = "2999-01-01T00:00:00Z"
        self.url = ""
        self._lock = threading.Lock()

    # The API.

    def answer(self, request: Request) -> tuple[Any, dict[str, str]]:
        """The JSON that GitHub would send, and further headers."""
        user = self._user(request)
        self.state.look()
        for method, pattern, handler in self._routes():
            found = re.fullmatch(pattern, request.path)
            if method == request.method and found:
                groups = [int(g) if g.isdecimal() else g for g in found.groups()]
                return handler(request, user, *groups), {}
        raise Answer(404, "Not Found")

    def _routes(self) -> Iterator[tuple[str, str, Callable[..., Any]]]:
        root = f"/repos/{self.state.name}"
        state = self.state
        yield "GET", "/user", lambda _r, user: {**ME, "login": user}
        yield "GET", "/app", lambda _r, _u: {"id": 7, "slug": "copydesk", "name": "Copydesk"}
        yield "GET", f"{root}/installation", lambda _r, _u: {"id": 42, "app_id": 7}
        yield "GET", r"/app/installations/(\d+)", self._installation
        yield "POST", r"/app/installations/(\d+)/access_tokens", self._token
        yield "GET", root, lambda _r, _u: state.repository()
        yield "GET", f"{root}/pulls", self._pulls
        yield "POST", f"{root}/pulls", lambda r, u: state.shown(state.opened(r.body, u))
        yield "GET", rf"{root}/pulls/(\d+)", lambda _r, _u, n: state.details(self._pull(n))
        yield "PATCH", rf"{root}/pulls/(\d+)", self._patch
        yield "PUT", rf"{root}/pulls/(\d+)/merge", self._merge
        yield "GET", rf"{root}/pulls/(\d+)/reviews", lambda _r, _u, n: state.reviews.get(n, [])
        yield "POST", rf"{root}/pulls/(\d+)/reviews", self._review
        yield "GET", rf"{root}/issues/(\d+)/comments", self._comments
        yield "POST", rf"{root}/issues/(\d+)/comments", self._comment
        yield "PATCH", rf"{root}/issues/comments/(\d+)", self._edit
        yield "DELETE", rf"{root}/issues/comments/(\d+)", self._remove
        yield "POST", rf"{root}/issues/(\d+)/labels", self._label
        yield "DELETE", rf"{root}/issues/(\d+)/labels/(.+)", self._unlabel
        yield "GET", rf"{root}/commits/(\w+)/status", self._statuses
        yield "POST", rf"{root}/statuses/(\w+)", self._status
        yield "GET", rf"{root}/rules/branches/(.+)", lambda _r, _u, b: state.rules.get(b, [])
        yield "GET", rf"{root}/rulesets/(\d+)", self._ruleset
        yield "GET", rf"{root}/branches/(.+)/protection", self._protection
        yield "GET", rf"{root}/branches/(.+)", self._branch
        yield "POST", "/graphql", self._graphql

    def _user(self, request: Request) -> str:
        kind, _blank, token = request.headers.get("authorization", "").partition(" ")
        if kind == "Bearer" and self.app_key and request.path.startswith(("/app", "/repos")):
            try:
                claims = jwt.decode(token, self.app_key, algorithms=["RS256"])
            except jwt.PyJWTError:
                raise Answer(401, "A JSON web token could not be decoded") from None
            if claims["exp"] - claims["iat"] <= 600 and claims["iss"] == "7":
                return "copydesk[bot]"
        if token in self.users:
            return self.users[token]
        raise Answer(401, "Bad credentials")

    def _installation(self, _request: Request, _user: str, number: int) -> Json:
        return {"id": number, "permissions": self.permissions}

    def _token(self, _request: Request, user: str, number: int) -> Json:
        if number != 42:
            raise Answer(404, "Not Found")
        self.tokens_given.append(f"ghs_Installation{len(self.tokens_given)}")
        self.users[self.tokens_given[-1]] = user
        return {"token": self.tokens_given[-1], "expires_at": self.token_ends}

    def _pull(self, number: int) -> Json:
        if number not in self.state.pulls:
            raise Answer(404, "Not Found")
        return self.state.pulls[number]

    def _pulls(self, request: Request, _user: str) -> list[Json]:
        query = request.query
        found = sorted(self.state.pulls.values(), key=lambda pull: -pull["number"])
        if query.get("state", "open") != "all":
            found = [pull for pull in found if pull["state"] == query.get("state", "open")]
        if "base" in query:
            found = [pull for pull in found if pull["base"] == query["base"]]
        if "head" in query:
            owner = self.state.name.split("/")[0]
            found = [pull for pull in found if f"{owner}:{pull['head']}" == query["head"]]
        return [self.state.shown(pull) for pull in found]

    def _patch(self, request: Request, _user: str, number: int) -> Json:
        pull = self._pull(number)
        pull.update({k: v for k, v in request.body.items() if k in {"title", "body", "state"}})
        pull["updated"] = self.state.now()
        return self.state.details(pull)

    def _merge(self, request: Request, _user: str, number: int) -> Json:
        return self.state.merge(self._pull(number), request.body)

    def _review(self, request: Request, user: str, number: int) -> Json:
        events = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED"}
        review = {
            "id": self.state.next_id(),
            "user": {"login": user},
            "body": request.body.get("body", ""),
            "state": events[request.body["event"]],
            "commit_id": self._pull(number)["sha"],
            "submitted_at": self.state.now(),
        }
        self.state.reviews.setdefault(number, []).append(review)
        return review

    def _comments(self, _request: Request, _user: str, number: int) -> list[Json]:
        return [each for each in self.state.comments.values() if each["number"] == number]

    def _comment(self, request: Request, user: str, number: int) -> Json:
        self._pull(number)
        made = {
            "id": self.state.next_id(),
            "number": number,
            "body": request.body["body"],
            "user": {"login": user},
        }
        self.state.comments[made["id"]] = made
        return made

    def _edit(self, request: Request, user: str, number: int) -> Json:
        comment = self.state.comments[number]
        if comment["user"]["login"] != user:
            raise Answer(403, "Must have admin rights to Repository.")
        comment["body"] = request.body["body"]
        return comment

    def _remove(self, _request: Request, _user: str, number: int) -> None:
        del self.state.comments[number]

    def _labels(self, _request: Request, _user: str, number: int) -> list[Json]:
        self._pull(number)
        return [{"name": name} for name in self.state.labels.get(number, [])]

    def _label(self, request: Request, _user: str, number: int) -> list[Json]:
        there = self.state.labels.setdefault(number, [])
        there += [name for name in request.body["labels"] if name not in there]
        return self._labels(request, _user, number)

    def _unlabel(self, request: Request, user: str, number: int, name: str) -> list[Json]:
        if name not in self.state.labels.get(number, []):
            raise Answer(404, "Label does not exist")
        self.state.labels[number].remove(name)
        return self._labels(request, user, number)

    def _statuses(self, _request: Request, _user: str, sha: str) -> Json:
        if not self.state.commit(sha):
            raise Answer(422, f"No commit found for SHA: {sha}")
        newest = {each["context"]: each for each in self.state.statuses.get(sha, [])}
        return {"sha": sha, "total_count": len(newest), "statuses": list(newest.values())}

    def _status(self, request: Request, _user: str, sha: str) -> Json:
        self.state.statuses.setdefault(sha, []).append(request.body)
        return dict(request.body)

    def _ruleset(self, _request: Request, _user: str, number: int) -> Json:
        if number not in self.state.rulesets:
            raise Answer(404, "Not Found")
        return self.state.rulesets[number]

    def _branch(self, _request: Request, _user: str, name: str) -> Json:
        protected = name in self.state.protection
        if self.state.tip(name) is None and not protected:
            raise Answer(404, "Branch not found")
        return {"name": name, "protected": protected}

    def _protection(self, _request: Request, _user: str, name: str) -> Json:
        if name not in self.state.protection:
            raise Answer(404, "Branch not protected")
        return self.state.protection[name]

    def _graphql(self, request: Request, _user: str) -> Json:
        query, variables = request.body["query"], request.body["variables"]
        pull = self._pull(int(variables["pull"].removeprefix("PR_")))
        if "markPullRequestReadyForReview" in query:
            pull["draft"] = False
        elif "convertPullRequestToDraft" in query:
            pull["draft"] = True
        elif "enqueuePullRequest" in query:
            if variables["head"] != pull["sha"]:
                said = "Head sha was modified"
                return {"data": None, "errors": [{"type": "UNPROCESSABLE", "message": said}]}
            self.state.queue.append(pull["number"])
            entry = {"mergeQueueEntry": {"position": len(self.state.queue)}}
            return {"data": {"enqueuePullRequest": entry}}
        return {"data": {"pullRequest": {"isDraft": pull["draft"]}}}

    # HTTP.

    async def handle(self, incoming: web.Request) -> web.StreamResponse:
        if ".git/" in incoming.path:
            return await asyncio.to_thread(self._git, incoming, await incoming.read())
        raw = await incoming.read()
        request = Request(
            incoming.method,
            incoming.path,
            dict(incoming.query),
            {name.lower(): value for name, value in incoming.headers.items()},
            json.loads(raw) if raw else None,
            (incoming.rel_url.raw_path, incoming.query_string, raw),
        )
        self.log.append(request)
        fault = next((f for f in self.faults if re.search(f.match, request.told)), None)
        if fault:
            fault.times -= 1
            if not fault.times:
                self.faults.remove(fault)
        answer = None
        if fault is None or fault.after:
            answer = await asyncio.to_thread(self._api, request)
        if fault:
            await asyncio.sleep(fault.hang)
            request.status = fault.status
            text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
            return web.Response(status=fault.status, headers=fault.headers, text=text)
        assert answer is not None
        request.status = answer.status
        request.answer = answer.body if isinstance(answer.body, bytes) else b""
        return answer

    def _api(self, request: Request) -> web.Response:
        with self._lock:
            try:
                found, headers = self.answer(request)
            except Answer as refusal:
                return web.json_response(refusal.body, status=refusal.status)
        if found is None:
            return web.Response(status=204)
        if isinstance(found, list) and request.method == "GET":
            found, headers = self._page(request, found)
        text = json.dumps(found)
        etag = f'W/"{hashlib.sha256(text.encode()).hexdigest()}"'
        if request.method == "GET" and request.headers.get("if-none-match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        scopes = {"X-OAuth-Scopes": self.scopes} if self.scopes else {}
        created = request.method == "POST" and not request.path.endswith(("/graphql", "/labels"))
        return web.Response(
            status=201 if created else 200,
            text=text,
            content_type="application/json",
            headers={**headers, **scopes, "ETag": etag, "X-RateLimit-Remaining": "4999"},
        )

    def _page(self, request: Request, found: list[Any]) -> tuple[list[Any], dict[str, str]]:
        """At most PAGE at once, however many were asked for: pages are followed, not counted."""
        page, size = int(request.query.get("page", "1")), PAGE
        headers = {}
        if len(found) > page * size:
            query = "&".join(f"{k}={v}" for k, v in request.query.items() if k != "page")
            url = f"{self.url}{request.path}?{query}&page={page + 1}"
            headers["Link"] = f'<{url}>; rel="next", <{url}>; rel="last"'
        return found[(page - 1) * size : page * size], headers

    def _git(self, incoming: web.Request, body: bytes) -> web.Response:
        """`git http-backend`, for who has a token."""
        basic = incoming.headers.get("Authorization", "").removeprefix("Basic ")
        name, _colon, token = base64.b64decode(basic).decode().partition(":")
        challenge = {"WWW-Authenticate": 'Basic realm="GitHub"'}
        if token not in self.users or name != "x-access-token":
            return web.Response(status=401, headers=challenge)
        path = incoming.path.removeprefix(f"/{self.state.name}.git")
        ended = subprocess.run(
            ["git", "http-backend"],
            input=body,
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self.state.remote),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_CONFIG_GLOBAL": "/dev/null",
                "PATH_INFO": path,
                "REMOTE_USER": self.users[token],
                "REQUEST_METHOD": incoming.method,
                "QUERY_STRING": incoming.query_string,
                "CONTENT_TYPE": incoming.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": incoming.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": incoming.headers.get("Git-Protocol", ""),
            },
            capture_output=True,
            check=False,
        )
        head, _blank, content = ended.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        status = int(headers.pop("Status", "200").split()[0])
        return web.Response(status=status, headers=headers, body=content)


@contextmanager
def serving(server: GitHubServer) -> Iterator[str]:
    """Serve on a free port of loopback, in a thread; yields the API's URL."""
    git(server.state.remote, "config", "http.receivepack", "true")
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def main() -> None:
        app = web.Application(client_max_size=1 << 28)
        app.router.add_route("*", "/{any:.*}", server.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    ready.wait()
    try:
        yield server.url
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()

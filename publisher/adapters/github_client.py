"""Asking GitHub: conditional reads, paced writes, GraphQL; every refusal as one of our errors."""

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import urlencode

import github
import requests
from github.Auth import Auth

from publisher.adapters.github_errors import error_of, message_of
from publisher.adapters.github_pace import Pace
from publisher.domain.errors import Refused, Unavailable

Json: TypeAlias = Any  # what json.loads gives; only this package's mappings look into it

_KEPT = 4000
_REDIRECT, _NOT_MODIFIED, _UNAUTHORIZED = 300, 304, 401
_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')


@dataclass(frozen=True, slots=True)
class _Known:
    """An answer that is still good as long as GitHub says 304."""

    etag: str
    body: Json
    following: str


class GitHubClient:
    """One token at one GitHub. `timeout` (seconds) is for each call.

    Raises Refused, NotFound, Conflict and Unavailable as `error_of` says. `renew` makes the next
    call use a new token; it is called when GitHub does not accept the one there is.
    """

    def __init__(
        self,
        auth: Auth,
        api: str,
        *,
        clock: Callable[[], datetime],
        wait: Callable[[float], object],
        timeout: int = 15,
        renew: Callable[[], None] | None = None,
    ) -> None:
        self._requester = github.Github(
            auth=auth,
            base_url=api.rstrip("/"),
            timeout=timeout,
            user_agent="copydesk",
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
        ).requester
        self.auth, self._renew = auth, renew
        self._pace = Pace(clock, wait)
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def get(self, path: str, doing: str, **query: str) -> Json:
        """One answer's JSON; asking again costs nothing while it has not changed."""
        return self._read(_url(path, query), doing).body

    def pages(self, path: str, doing: str, **query: str) -> list[Json]:
        """Every item of a list, all pages."""
        url, found = _url(path, {**query, "per_page": "100"}), []
        while url:
            page = self._read(url, doing)
            found += page.body
            url = page.following
        return found

    def write(self, verb: str, path: str, doing: str, body: Json = None) -> Json:
        """Change something; never repeated by itself."""
        with self._pace.writing():
            status, headers, text = self._ask(verb, path, doing, {}, body)
        return self._parsed(status, headers, text, doing)

    def graphql(self, query: str, doing: str, variables: Mapping[str, str]) -> Json:
        """A mutation's data; an error in a successful answer is a refusal as well."""
        url = self._requester.graphql_url
        body = {"query": query, "variables": dict(variables)}
        answer = self.write("POST", url, doing, body)
        errors = answer.get("errors") if isinstance(answer, dict) else None
        if errors:
            said = "; ".join(str(error.get("message")).rstrip(".") for error in errors)
            raise Refused(f"GitHub would not {doing}: {said}.")
        return answer["data"]

    def scopes(self) -> list[str] | None:
        """The scopes of a classic token, after the first call; None for other kinds."""
        return self._requester.oauth_scopes

    def _read(self, url: str, doing: str) -> _Known:
        with self._lock:
            known = self._known.get(url)
        headers = {"If-None-Match": known.etag} if known and known.etag else {}
        self._pace.check()
        status, answered, text = self._ask("GET", url, doing, headers)
        if status == _NOT_MODIFIED and known:
            return known
        following = _NEXT.search(str(answered.get("link", "")))
        body = self._parsed(status, answered, text, doing)
        fresh = _Known(str(answered.get("etag", "")), body, following[1] if following else "")
        with self._lock:
            self._known.pop(url, None)
            self._known[url] = fresh
            while len(self._known) > _KEPT:
                self._known.pop(next(iter(self._known)))
        return fresh

    def _ask(
        self, verb: str, url: str, doing: str, headers: Mapping[str, str], body: Json = None
    ) -> tuple[int, Mapping[str, Any], str]:
        """One request; a second one only where the first certainly did nothing."""
        for last in (False, True):
            try:
                answer = self._requester.requestJson(verb, url, headers=dict(headers), input=body)
            except requests.ConnectionError as error:
                if verb == "GET" and not last and not isinstance(error, requests.Timeout):
                    continue
                raise _silent(error, doing) from error
            except (requests.RequestException, RuntimeError) as error:
                raise _silent(error, doing) from error
            if answer[0] == _UNAUTHORIZED and self._renew and not last:
                self._renew()
                continue
            return answer
        raise AssertionError("the second answer is final")

    def _parsed(self, status: int, headers: Mapping[str, Any], text: str, doing: str) -> Json:
        if self._pace.note(status, headers, message_of(text) if status >= _REDIRECT else ""):
            self._pace.check()
            raise Unavailable(f"GitHub's rate limit is used up; it would not {doing}. Try again.")
        if status >= _REDIRECT:
            raise error_of(status, headers, text, doing)
        if not text.strip():
            return None
        try:
            return json.loads(text)
        except ValueError:
            raise Unavailable(
                f"{self._requester.base_url} is not GitHub: it sent no JSON when asked to {doing}."
                " Check GITHUB_API_URL and the proxy."
            ) from None


def _url(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _silent(error: Exception, doing: str) -> Unavailable:
    kind = "did not answer in time" if isinstance(error, requests.Timeout) else "does not answer"
    return Unavailable(f"GitHub {kind} when asked to {doing} ({type(error).__name__}). Try again.")

"""The check itself: what GitHub does not describe is noticed."""

import json
from typing import Any

import pytest

from tests.contract.forge.described import check_answer, check_request

ROOT = "/repos/acme/site"


def asked(method: str, path: str, body: Any = None, query: str = "") -> None:
    check_request(method, ROOT + path, query, json.dumps(body).encode() if body else b"")


def test_what_github_describes_is_accepted() -> None:
    asked("GET", "/pulls", query="state=open&base=main&per_page=100")
    asked("PUT", "/pulls/7/merge", {"sha": "a" * 40, "merge_method": "squash"})
    asked("GET", "/rules/branches/copydesk%2Fledger")


@pytest.mark.parametrize(
    ("method", "path", "body", "query"),
    [
        ("GET", "/pull/7", None, ""),
        ("DELETE", "/pulls/7", None, ""),
        ("GET", "/pulls/seven", None, ""),
        ("GET", "/pulls", None, "status=open"),
        ("GET", "/pulls", None, "state=opened"),
        ("PUT", "/pulls/7/merge", {"merge_method": "fast-forward"}, ""),
        ("PUT", "/pulls/7/merge", {"head": "a" * 40}, ""),
        ("POST", "/pulls", {"title": "No branch"}, ""),
        ("POST", "/statuses/abc", {"state": "ok"}, ""),
    ],
)
def test_what_github_does_not_describe_is_refused(
    method: str, path: str, body: Any, query: str
) -> None:
    with pytest.raises(Exception, match=r"."):
        asked(method, path, body, query)


def test_an_answer_of_another_type_is_refused() -> None:
    request = check_request("GET", f"{ROOT}/pulls/7", "", b"")
    check_answer(request, 200, b'{"number": 7, "draft": true}')
    with pytest.raises(Exception, match=r"."):
        check_answer(request, 200, b'{"number": "seven"}')
    with pytest.raises(Exception, match=r"."):
        check_answer(request, 200, b'{"number": 7, "state": "merged"}')

"""Answers that no platform should give, and an Http that gives them without any network."""

import json
from collections.abc import Iterator, Mapping

from publisher.ports import HttpAnswer, NoAnswer, NotSent

STATUSES = (
    *(100, 101, 200, 201, 202, 204, 206, 299, 300, 301, 302, 308),
    *(400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 422, 425, 429, 451, 499),
    *(500, 501, 502, 503, 504, 520, 599, 600, 999, 0),
)
ODD_IDS: tuple[object, ...] = (
    *(None, True, [], {}, 1.5, "", "a\nb", "\x00", "\ud800", "x" * 10_000, -(10**30)),
)
BODIES: tuple[bytes, ...] = (
    b"",
    b"{",
    b"nonsense",
    b"null",
    b"[]",
    b"[[[]]]",
    b'"text"',
    b"12",
    b"NaN",
    b"{}",
    b"[{}]",
    b"[1, null, []]",
    b"\xff\xfe\x00",
    b"\x00" * 100,
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"9" * 10_000,
    b"<html><body>Sorry</body></html>",
    b"<" * 50_000,
    b'{"id": {}, "url": 1}',
    b'{"error": {"error": ["x"]}, "message": 7}',
    b'{"error": "\\ud800 \\u0000 \\u202e"}',
    b'{"data": 5}',
    b'{"data": [1, {}, {"id": 1}, {"id": "a", "created_at": "yesterday"}]}',
    b'{"status": "published", "post": null}',
    b'{"status": 3, "post": {"id": []}}',
    b'[{"id": "1", "created_at": "0001-01-01T00:00:00+14:00", "content": 5}]',
    b'[{"id": "1", "created_at": "9999-12-31T23:59:59-14:00", "media_attachments": {}}]',
    b'[{"id": "1", "created_at": "2026-01-01", "content": "' + b"<p" * 30_000 + b'"}]',
    b'[{"id": "1", "created_at": "2026-01-01", "content": "' + b"@a" * 30_000 + b'"}]',
    *(json.dumps({"id": odd, "url": "javascript:alert(1)"}).encode() for odd in ODD_IDS),
)
HEADERS: tuple[Mapping[str, str], ...] = (
    {},
    {"retry-after": "soon"},
    {"retry-after": "-5"},
    {"retry-after": "1e400"},
    {"retry-after": "9" * 400},
    {"retry-after": "Wed, 99 Foo 2026 99:99:99 GMT", "date": "x"},
    {"x-ratelimit-reset": "9" * 18, "date": "Wed, 21 Oct 2026 07:28:00 GMT"},
    {"x-ratelimit-reset": "2026-10-21T08:00:00Z", "date": "\x00"},
    {"retry-after": "Wed, 21 Oct 2026 07:28:00 -0000", "date": "Wed, 21 Oct 0001 07:28:00 +1400"},
)


def hostile_answers(secrets: tuple[str, ...]) -> Iterator[HttpAnswer]:
    """Every body with the telling statuses, every status with a few bodies, headers in turn."""
    said = json.dumps({"error": f"bad Bearer {' '.join(secrets)}", "message": "".join(secrets)})
    bodies = (*BODIES, said.encode(), " ".join(secrets).encode() * 50)
    for status in STATUSES:
        telling = status in {200, 201, 206, 404, 409, 422, 500}
        for number, body in enumerate(bodies if telling else bodies[-6:]):
            yield HttpAnswer(status, HEADERS[number % len(HEADERS)], body)


class Scripted:
    """An Http that always gives the same answer, or gives none; `asked` counts."""

    def __init__(self, answer: HttpAnswer | NotSent | NoAnswer) -> None:
        self.answer = answer
        self.asked = 0

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> HttpAnswer:
        del method, url, headers, body
        self.asked += 1
        if isinstance(self.answer, HttpAnswer):
            return self.answer
        raise self.answer

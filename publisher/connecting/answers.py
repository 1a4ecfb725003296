"""Reading what platforms answer: whatever it is, it becomes a value and never an exception."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType

from publisher.ports import HttpAnswer

Fields = Mapping[str, object]

LONGEST_MESSAGE = 300
LONGEST_ID = 500
LONGEST_WAIT = timedelta(days=7)
RESETS = ("x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset")
REMOVED = "[removed]"
NO_FIELDS: Fields = MappingProxyType({})


def json_of(answer: HttpAnswer) -> object:
    """The JSON value of the body; None when it is something else."""
    try:
        value: object = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return value


def fields(value: object) -> Fields:
    """The value itself when it is a JSON object, otherwise an empty one."""
    return value if isinstance(value, dict) else NO_FIELDS


def entries(value: object) -> list[Fields]:
    """The JSON objects of a list; empty when the value is no list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def text(value: Fields, name: str) -> str:
    """One text field, fit to be stored as UTF-8; empty when it is missing or no text."""
    found = value.get(name)
    return found.encode(errors="replace").decode() if isinstance(found, str) else ""


def identity(value: Fields, name: str = "id") -> str:
    """An id: a short printable text or a whole number; empty when it is neither."""
    found = value.get(name)
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found) if abs(found) < 1 << 64 else ""
    known = isinstance(found, str) and found.isprintable() and len(found) <= LONGEST_ID
    return found if known and isinstance(found, str) else ""


def link(value: Fields, name: str = "url") -> str:
    """A web address that is safe to show to people; empty when there is none."""
    found = text(value, name)
    safe = found.startswith(("https://", "http://")) and found.isprintable()
    return found if safe and " " not in found else ""


def moment(value: Fields, name: str) -> datetime | None:
    """A point in time in UTC; a time without a zone is UTC already."""
    return _instant(text(value, name))


def wait_of(answer: HttpAnswer) -> timedelta | None:
    """How long the platform asks to wait: Retry-After, or else the time of its reset.

    A date is compared with the answer's own Date header, so that nobody's clock matters here.
    """
    named = answer.headers.get("retry-after", "").strip()
    if _is_number(named):
        return min(timedelta(seconds=float(named)), LONGEST_WAIT)
    until = _http_date(named)
    if until is None:
        return next((wait for name in RESETS if (wait := wait_until(answer, name))), None)
    return _wait(answer, until)


def wait_until(answer: HttpAnswer, header: str) -> timedelta | None:
    """How long it is until the time in this header, by the answer's own Date; None: unknown."""
    until = _instant(answer.headers.get(header, "").strip())
    return _wait(answer, until) if until else None


def sent_at(answer: HttpAnswer) -> datetime | None:
    """The platform's own clock (UTC) when it answered."""
    return _http_date(answer.headers.get("date", ""))


def _wait(answer: HttpAnswer, until: datetime) -> timedelta | None:
    then = sent_at(answer)
    return min(until - then, LONGEST_WAIT) if then is not None and until > then else None


def one_line(said: str) -> str:
    """The text with every run of white space and control characters made one space."""
    return " ".join("".join(c if c.isprintable() else " " for c in said).split())


def cleaned(said: str, secrets: Iterable[str] = ()) -> str:
    """What a platform said, in one line, without secrets and not too long."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        said = said.replace(secret, REMOVED)
    line = one_line(said)
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"


def said_in(answer: HttpAnswer) -> str:
    """The words of a refusal nobody knows the shape of; a web page is only named."""
    found = fields(json_of(answer))
    for name in ("message", "error_description", "error", "detail", "title"):
        if text(found, name):
            return text(found, name)
    body = answer.body.decode(errors="replace").strip()
    is_page = body.startswith("<") or "html" in answer.headers.get("content-type", "")
    return "(a web page instead of an answer)" if is_page else body


def _is_number(written: str) -> bool:
    digits = written.replace(".", "", 1)
    return len(written) <= len("1234567890.123456") and digits.isascii() and digits.isdecimal()


def _instant(written: str) -> datetime | None:
    with suppress(ValueError, OverflowError):
        if _is_number(written):
            return datetime.fromtimestamp(float(written), UTC)
        found = datetime.fromisoformat(written)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    return None


def _http_date(written: str) -> datetime | None:
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        found = parsedate_to_datetime(written)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    return None

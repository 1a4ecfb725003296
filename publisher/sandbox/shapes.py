"""Reading request bodies and queries: each wrong shape is refused with one helpful sentence."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from publisher.sandbox.faults import Fault, Kind, Step
from publisher.sandbox.model import Draft, Query, Refused, Settings

YEAR = 31_536_000
MOST_LISTED = 1000
FAULT_FIELDS = {"account", "fault", "times", "seconds", "contains", "step"}
SETTINGS = ("lag", "key_memory", "latency")


class WrongShape(Refused):
    """A body whose JSON has the wrong shape, answered with 422."""

    def __init__(self, message: str) -> None:
        """Keep the sentence."""
        super().__init__(422, "wrong_shape", message)


def object_from(body: bytes) -> dict[str, object]:
    """Parse a body that must be one JSON object."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "bad_json", "The body is not valid JSON.") from None
    if not isinstance(value, dict):
        message = "The body must be a JSON object."
        raise WrongShape(message)
    return value


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        message = f'"{field}" must be a string.'
        raise WrongShape(message)
    try:
        value.encode()
    except UnicodeEncodeError:
        message = f'"{field}" holds half a character (a lone surrogate).'
        raise WrongShape(message) from None
    return value


def _text_or_none(value: object, field: str) -> str | None:
    return None if value is None else _text(value, field)


def _seconds(value: object, field: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= YEAR:
        message = f'"{field}" must be a number of seconds from 0 to {YEAR}.'
        raise WrongShape(message)
    return float(value)


def draft_from(value: dict[str, object]) -> Draft:
    """Read {"text", "media": [{"id", "alt"}], "reply_to"}; media and reply_to may be missing."""
    text = _text(value.get("text"), "text")
    listed = value.get("media") or []
    if not isinstance(listed, list):
        message = '"media" must be a list of {"id", "alt"} objects.'
        raise WrongShape(message)
    media = []
    for item in listed:
        if not isinstance(item, dict):
            message = 'Each of "media" must be an object with an "id".'
            raise WrongShape(message)
        media.append((_text(item.get("id"), "media id"), _text_or_none(item.get("alt"), "alt")))
    if not text.strip() and not media:
        message = 'A post needs a "text" or at least one of "media".'
        raise WrongShape(message)
    return Draft(text, tuple(media), _text_or_none(value.get("reply_to"), "reply_to"))


def fault_from(value: dict[str, object]) -> Fault:
    """Read a fault to arm; unknown fields are refused, because a typo would disarm a test."""
    unknown = sorted(value.keys() - FAULT_FIELDS)
    if unknown:
        message = f"A fault has no field {unknown[0]!r}; it has {sorted(FAULT_FIELDS)}."
        raise WrongShape(message)
    kind, step = value.get("fault"), value.get("step", Step.PUBLISH.value)
    if kind not in list(Kind):
        message = f'"fault" must be one of: {", ".join(Kind)}.'
        raise WrongShape(message)
    if step not in list(Step) or step == Step.DELETE:
        message = '"step" must be "publish", "prepare" or "look_up".'
        raise WrongShape(message)
    times = value.get("times", 1)
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        message = '"times" must be a whole number from 1 up.'
        raise WrongShape(message)
    seconds = value.get("seconds")
    return Fault(
        kind=Kind(str(kind)),
        account=_text_or_none(value.get("account"), "account"),
        times=times,
        seconds=None if seconds is None else _seconds(seconds, "seconds"),
        contains=_text_or_none(value.get("contains"), "contains"),
        step=Step(str(step)),
    )


def settings_from(value: dict[str, object], current: Settings) -> Settings:
    """Read {"lag", "key_memory", "latency"} in seconds; what is missing stays as it is."""
    unknown = sorted(value.keys() - set(SETTINGS))
    if unknown:
        message = f"There is no setting {unknown[0]!r}; there are {', '.join(SETTINGS)}."
        raise WrongShape(message)
    changed = {name: _seconds(given, name) for name, given in value.items()}
    return Settings(**{**asdict(current), **changed})


def instant_from(text: str) -> float:
    """Read an instant given as unix seconds or ISO 8601 (UTC unless it says otherwise)."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = _iso_seconds(text)
    if not math.isfinite(seconds):
        raise Refused(400, "bad_query", '"since" must be unix seconds or an ISO 8601 time.')
    return seconds


def _iso_seconds(text: str) -> float:
    # A "+" that a client forgot to escape arrives as a space.
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return math.nan


def query_from(query: Mapping[str, str]) -> Query:
    """Read `since`, `limit` (1 to 1000, usually 100) and `key` of a list request."""
    since, limit = query.get("since"), query.get("limit", "100")
    whole = limit.isascii() and limit.isdigit() and len(limit) < 10  # noqa: PLR2004
    if not whole or not 1 <= int(limit) <= MOST_LISTED:
        message = f'"limit" must be a whole number from 1 to {MOST_LISTED}.'
        raise Refused(400, "bad_query", message)
    return Query(instant_from(since) if since else None, int(limit), query.get("key"))

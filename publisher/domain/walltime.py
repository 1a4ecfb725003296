"""Wall-clock time in a named zone → an instant. A gap or a fold is an error, never a guess."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?", re.ASCII)
_OFFSET = re.compile(r"(Z|[+-]\d{2}:?\d{2})$", re.ASCII | re.IGNORECASE)
_DURATION = re.compile(
    r"P(?:(?P<days>\d+)D)?(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?",
    re.ASCII,
)
_LONGEST = timedelta(days=3660)


class TimeProblem(ValueError):
    """The text is no time that we can use; the message says why and what to write instead."""


@dataclass(frozen=True, slots=True)
class WallTime:
    """What people wrote: local time and zone, and the one instant (UTC) that they mean."""

    local: datetime
    zone: str
    utc: datetime


def zone_named(name: str) -> ZoneInfo:
    """Return the IANA zone; raise TimeProblem with near names when there is none."""
    try:
        return ZoneInfo("" if name == "localtime" else name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        wanted = name.lower().replace(" ", "_")
        near = sorted(z for z in available_timezones() if wanted and wanted in z.lower())[:3]
        hint = f" Did you mean {' or '.join(near)}?" if near else " Write one like Europe/Berlin."
        raise TimeProblem(f"“{name}” is no IANA time zone.{hint}") from None


def parse_local(text: str) -> datetime:
    """Read `YYYY-MM-DDTHH:MM[:SS]` without an offset."""
    if _OFFSET.search(text) and "T" in text.upper().replace(" ", "T"):
        raise TimeProblem(
            f"“{text}” carries an offset. Write the wall-clock time alone"
            " and name the zone in `timezone`."
        )
    if not _LOCAL.fullmatch(text):
        raise TimeProblem(f"“{text}” is no date with a time. Write it like 2026-12-01T09:00.")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        reason = str(error).split(":")[0]
        raise TimeProblem(f"“{text}” does not exist in the calendar ({reason}).") from None


def resolve(text: str, zone: str | None) -> WallTime:
    """Turn a wall-clock text and a zone name into the instant meant.

    Raises TimeProblem for a missing zone, a date that does not exist, a time that a change to
    summer time skips (gap) or that the change back repeats (fold).
    """
    if not zone:
        raise TimeProblem(f"“{text}” has no time zone. Add `timezone`, for example Europe/Berlin.")
    local, info = parse_local(text), zone_named(zone)
    try:
        first, second = (local.replace(tzinfo=info, fold=fold) for fold in (0, 1))
        utc = first.astimezone(UTC)
        if utc.astimezone(info).replace(tzinfo=None) != local:
            later = utc.astimezone(info).strftime("%H:%M")
            raise TimeProblem(
                f"{text} does not exist in {zone}: the clocks go forward then."
                f" Write {later} or a time before the gap."
            )
        if first.utcoffset() != second.utcoffset():
            raise TimeProblem(
                f"{text} happens twice in {zone}: the clocks go back then."
                " Choose a time outside that hour."
            )
    except OverflowError:
        raise TimeProblem(f"“{text}” is outside the calendar.") from None
    return WallTime(local, zone, utc)


def parse_duration(text: str) -> timedelta:
    """Read an ISO 8601 duration in days, hours, minutes and seconds, such as PT2H or P1DT30M."""
    match = _DURATION.fullmatch(text)
    if not match or not any(match.groups()):
        raise TimeProblem(f"“{text}” is no duration. Write it like PT2H, PT30M or P1D.")
    try:
        duration = timedelta(**{unit: int(n) for unit, n in match.groupdict().items() if n})
    except OverflowError:
        duration = timedelta.max
    if duration > _LONGEST:
        raise TimeProblem(f"“{text}” is longer than ten years.")
    return duration

"""The calendar as an .ics file (RFC 5545) that calendar programs subscribe to or import."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from icalendar import Calendar as Ics
from icalendar import Event

from publisher.domain.calendar import GoLive
from publisher.domain.epic import Blackout

LENGTH: Final = timedelta(minutes=15)
_UNSHOWN: Final = re.compile(r"[\x00-\x1f\x7f]+")


def render_ics(
    entries: Iterable[GoLive],
    *,
    repository: str,
    stamp: datetime,
    blackouts: Iterable[Blackout] = (),
) -> bytes:
    """Return one event for each entry and blackout, with UTC times and CRLF line ends.

    An entry keeps its UID (`repository/epic/task/profile`) whenever it moves, so programs move the
    event instead of adding one. `stamp` (UTC) says when the file was made; the same arguments give
    the same bytes. Events block no time in anybody's calendar.
    """
    made = stamp.astimezone(UTC)
    ics = Ics()
    ics.add("prodid", "-//Copydesk//Calendar//EN")
    ics.add("version", "2.0")
    ics.add("method", "PUBLISH")
    ics.add("x-wr-calname", f"Copydesk {repository}")
    for entry in sorted(entries):
        key = f"{entry.epic}/{entry.task}/{entry.profile}"
        event = _event(f"{repository}/{key}@copydesk", made, entry.at, entry.at + LENGTH)
        event.add("summary", f"{entry.epic}/{entry.task} → {entry.profile}")
        if entry.state:
            event.add("description", f"State: {entry.state}")
            event.add("categories", [entry.state])
        ics.add_component(event)
    for dark in sorted(blackouts, key=lambda each: each.start.utc):
        begins = f"{dark.start.utc:%Y%m%dT%H%M%SZ}"
        uid = f"{repository}/blackout/{begins}-{dark.end.utc:%Y%m%dT%H%M%SZ}@copydesk"
        event = _event(uid, made, dark.start.utc, dark.end.utc)
        why = _UNSHOWN.sub(" ", dark.why).strip()
        event.add("summary", f"Blackout: {why}" if why else "Blackout")
        ics.add_component(event)
    return bytes(ics.to_ical())


def _event(uid: str, made: datetime, start: datetime, end: datetime) -> Event:
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", made)
    event.add("dtstart", start.astimezone(UTC))
    event.add("dtend", end.astimezone(UTC))
    event.add("transp", "TRANSPARENT")
    return event

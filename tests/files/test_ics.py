"""The .ics file is what RFC 5545 asks for, and says the same when it is read back."""

from datetime import UTC, datetime, timedelta

import icalendar
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.calendar import GoLive
from publisher.domain.epic import Blackout
from publisher.domain.walltime import resolve
from publisher.files.ics import render_ics

STAMP = datetime(2026, 11, 1, 12, tzinfo=UTC)
AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
NAME = st.from_regex(r"[a-z0-9][a-z0-9-]{0,79}", fullmatch=True)


def blackout(why: str = "Christmas") -> Blackout:
    zone = "America/New_York"
    return Blackout(resolve("2026-12-24T00:00", zone), resolve("2026-12-27T00:00", zone), why)


def test_the_whole_file() -> None:
    entry = GoLive(AT, "spring", "teaser", "x-acme", "scheduled")
    written = render_ics([entry], repository="acme", stamp=STAMP, blackouts=[blackout()])
    assert written.decode().split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Copydesk//Calendar//EN",
        "METHOD:PUBLISH",
        "X-WR-CALNAME:Copydesk acme",
        "BEGIN:VEVENT",
        "SUMMARY:spring/teaser → x-acme",
        "DTSTART:20261201T090000Z",
        "DTEND:20261201T091500Z",
        "DTSTAMP:20261101T120000Z",
        "UID:acme/spring/teaser/x-acme@copydesk",
        "CATEGORIES:scheduled",
        "DESCRIPTION:State: scheduled",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "SUMMARY:Blackout: Christmas",
        "DTSTART:20261224T050000Z",
        "DTEND:20261227T050000Z",
        "DTSTAMP:20261101T120000Z",
        "UID:acme/blackout/20261224T050000Z-20261227T050000Z@copydesk",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


@given(
    st.lists(
        st.builds(
            GoLive,
            st.integers(0, 3 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
            NAME, NAME, NAME, st.sampled_from(["", "scheduled", "Error"]),
        ),
        max_size=4,
        unique_by=lambda entry: (entry.epic, entry.task, entry.profile),
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=120),
)  # fmt: skip
def test_what_is_read_back_is_what_was_written(entries: list[GoLive], why: str) -> None:
    written = render_ics(entries, repository="acme", stamp=STAMP, blackouts=[blackout(why)])
    for line in written.split(b"\r\n"):
        assert len(line) <= 75
        assert b"\n" not in line
        line.decode()
    *events, dark = icalendar.Calendar.from_ical(written).walk("VEVENT")
    assert [(e.decoded("dtstart"), str(e["uid"]), str(e["summary"])) for e in events] == [
        (e.at, f"acme/{e.epic}/{e.task}/{e.profile}@copydesk", f"{e.epic}/{e.task} → {e.profile}")
        for e in sorted(entries)
    ]
    assert all(e.decoded("dtend") - e.decoded("dtstart") == timedelta(minutes=15) for e in events)
    assert str(dark["summary"]).startswith("Blackout")
    assert not dark.errors


def test_an_entry_that_moves_keeps_its_uid() -> None:
    def uids(at: datetime) -> list[str]:
        written = render_ics([GoLive(at, "e", "t", "p")], repository="acme", stamp=STAMP)
        return [str(e["uid"]) for e in icalendar.Calendar.from_ical(written).walk("VEVENT")]

    assert uids(AT) == uids(AT + timedelta(days=3)) == ["acme/e/t/p@copydesk"]


def test_the_same_calendar_gives_the_same_bytes() -> None:
    entries = [GoLive(AT, "e", task, "p") for task in "ab"]
    again = render_ics(reversed(entries), repository="acme", stamp=STAMP)
    assert render_ics(entries, repository="acme", stamp=STAMP) == again

"""Grids, clashes and blackouts hold in every zone and at every change of the clocks."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.calendar import Calendar, GoLive, clashes, dark_at
from publisher.domain.epic import Blackout
from publisher.domain.walltime import resolve

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago",
     "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"]
).map(ZoneInfo)  # fmt: skip
TIMES = st.timedeltas(timedelta(0), timedelta(days=730)).map(
    lambda since: datetime(2026, 1, 1, tzinfo=UTC) + since
)
ENTRIES = st.lists(
    st.builds(
        GoLive,
        TIMES,
        st.sampled_from(["e1", "e2"]),
        st.sampled_from(["t1", "t2", "t3"]),
        st.sampled_from(["x", "y"]),
    ),
    max_size=8,
    unique_by=lambda entry: (entry.epic, entry.task, entry.profile),
)


def golive(text: str, task: str = "t", profile: str = "x") -> GoLive:
    return GoLive(datetime.fromisoformat(text), "e", task, profile)


def blackout(start: str, end: str, zone: str = "Europe/Berlin", why: str = "") -> Blackout:
    return Blackout(resolve(start, zone), resolve(end, zone), why)


@given(ENTRIES, ZONES, st.dates(date(2026, 1, 1), date(2027, 12, 1)))
def test_a_month_shows_every_entry_on_its_local_day(
    entries: list[GoLive], zone: ZoneInfo, day: date
) -> None:
    weeks = Calendar(entries=entries, zone=zone).month(day.year, day.month)
    dates = [each.date for week in weeks for each in week]
    assert dates == [dates[0] + timedelta(days=n) for n in range(len(dates))]
    assert [week[0].date.weekday() for week in weeks] == [0] * len(weeks)
    assert {each.date.month for week in weeks for each in week if each.inside} == {day.month}
    shown = [placed.entry for week in weeks for each in week for placed in each.entries]
    assert shown == sorted(e for e in entries if e.at.astimezone(zone).date() in set(dates))


@given(ENTRIES, ZONES, st.dates(date(2026, 1, 1), date(2027, 12, 1)))
def test_a_week_is_seven_days_around_the_one_asked_for(
    entries: list[GoLive], zone: ZoneInfo, day: date
) -> None:
    week = Calendar(entries=entries, zone=zone).week(day)
    assert len(week) == 7
    assert week[day.weekday()].date == day
    for each in week:
        assert [p.entry for p in each.entries] == sorted(
            e for e in entries if e.at.astimezone(zone).date() == each.date
        )


def close(entries: Sequence[GoLive], within: timedelta) -> set[GoLive]:
    """By comparing each with each."""
    return {
        one
        for one in entries
        for other in entries
        if one != other and one.profile == other.profile and abs(one.at - other.at) <= within
    }


@given(ENTRIES, st.timedeltas(timedelta(0), timedelta(days=90)))
def test_every_entry_that_has_another_close_by_clashes(
    entries: list[GoLive], within: timedelta
) -> None:
    found = clashes(entries, within)
    assert {entry for clash in found for entry in clash.entries} == close(entries, within)
    for clash in found:
        assert len(clash.entries) > 1
        assert {entry.profile for entry in clash.entries} == {clash.profile}
        assert list(clash.entries) == sorted(clash.entries)


def test_exactly_the_minutes_apart_is_a_clash_and_a_second_more_is_none() -> None:
    first, at_15, later = (
        golive(f"2026-12-01T09:{end}+00:00", task)
        for end, task in (("00:00", "a"), ("15:00", "b"), ("30:01", "c"))
    )
    (clash,) = clashes([later, at_15, first], timedelta(minutes=15))
    assert clash.entries == (first, at_15)
    other = golive("2026-12-01T09:00:00+00:00", "b", "y")
    assert clashes([first, other], timedelta(minutes=15)) == (), "on another profile"


def test_a_blackout_covers_its_beginning_and_not_its_end() -> None:
    dark = blackout("2026-12-24T00:00", "2026-12-27T00:00", why="Christmas")
    inside = [golive(f"2026-12-{day}:00+00:00") for day in ("23T23:00", "26T22:59")]
    outside = [golive(f"2026-12-{day}:00+00:00") for day in ("23T22:59", "26T23:00")]
    calendar = Calendar(entries=[*outside, *inside], zone=BERLIN, blackouts=[dark])
    assert calendar.in_blackouts() == tuple((entry, dark) for entry in inside)
    assert dark_at([dark], outside[1].at) is None
    days = [day for week in calendar.month(2026, 12) for day in week]
    assert [day.date.day for day in days if day.blackouts] == [24, 25, 26]
    assert [bool(p.blackout) for day in days for p in day.entries] == [False, True, True, False]


@pytest.mark.parametrize(
    ("zone", "days"), [("Asia/Tokyo", [24, 25, 26, 27]), ("UTC", [23, 24, 25, 26])]
)
def test_a_blackout_is_shown_on_the_days_of_the_zone_that_is_looked_in(
    zone: str, days: list[int]
) -> None:
    dark = blackout("2026-12-24T00:00", "2026-12-27T00:00")
    weeks = Calendar(entries=(), zone=ZoneInfo(zone), blackouts=[dark]).month(2026, 12)
    assert [day.date.day for week in weeks for day in week if day.blackouts] == days


def test_the_hour_that_comes_twice_is_in_order() -> None:
    first, second = (
        golive("2026-10-25T00:30:00+00:00", "a"),
        golive("2026-10-25T01:30:00+00:00", "b"),
    )
    sunday = Calendar(entries=[second, first], zone=BERLIN).week(date(2026, 10, 25))[6]
    assert [p.entry.task for p in sunday.entries] == ["a", "b"]
    assert [f"{p.local:%H:%M %Z}" for p in sunday.entries] == ["02:30 CEST", "02:30 CET"]
    assert not any(p.clashes for p in sunday.entries), "an hour lies between them"


def test_entries_at_the_ends_of_the_calendar_break_nothing() -> None:
    ends = [
        GoLive(datetime(1, 1, 1, tzinfo=UTC), "e", "t", "x"),
        GoLive(datetime(9999, 12, 31, 23, tzinfo=UTC), "e", "t", "y"),
    ]
    weeks = Calendar(entries=ends, zone=ZoneInfo("America/New_York")).month(2026, 12)
    assert not any(day.entries for week in weeks for day in week)

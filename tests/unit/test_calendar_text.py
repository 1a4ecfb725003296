"""What the terminal shows fits into 80 columns and can be read without colours."""

import unicodedata
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.calendar import Calendar, GoLive
from publisher.domain.epic import Blackout
from publisher.domain.walltime import resolve
from publisher.entrypoints.calendar_text import WIDTH, fitted, month_text, week_text

TODAY = date(2026, 12, 2)
CHRISTMAS = Blackout(
    resolve("2026-12-24T00:00", "Europe/Berlin"),
    resolve("2026-12-27T00:00", "Europe/Berlin"),
    "Christmas",
)


def calendar() -> Calendar:
    def at(day: int, hour: int, minute: int = 0) -> datetime:
        return datetime(2026, 12, day, hour, minute, tzinfo=UTC)

    return Calendar(
        entries=[
            GoLive(at(1, 8), "spring-launch", "teaser", "x-acme", "published"),
            GoLive(at(1, 8, 10), "winter-sale", "hello", "x-acme", "scheduled"),
            GoLive(at(1, 23, 30), "late", "night", "x-acme", "scheduled"),
            GoLive(at(24, 9), "winter-sale", "cheers", "mastodon-acme", "scheduled"),
        ],
        zone=ZoneInfo("Europe/Berlin"),
        blackouts=[CHRISTMAS],
    )


def test_a_month() -> None:
    text = "\n".join(month_text(calendar(), 2026, 12, TODAY))
    assert (
        text
        == """\
December 2026 · Europe/Berlin

        Mon        Tue        Wed        Thu        Fri        Sat        Sun
                     1        [2]          3          4          5          6
               2 posts     1 post
               ! clash
          7          8          9         10         11         12         13
         14         15         16         17         18         19         20
         21         22         23         24         25         26         27
                                      1 post   blackout   blackout
                                    blackout
         28         29         30         31

Tue 1 December
! 09:00  spring-launch/teaser → x-acme  published
! 09:10  winter-sale/hello → x-acme  scheduled
Wed 2 December (today)
  00:30  late/night → x-acme  scheduled
Thu 24 December
  # blackout: Christmas (2026-12-24 00:00 to 2026-12-27 00:00 Europe/Berlin)
! 10:00  winter-sale/cheers → mastodon-acme  scheduled
4 posts in all.
! 2 posts too close to another on the same profile.
! 1 post in a blackout."""
    )


def test_a_week() -> None:
    text = "\n".join(week_text(calendar(), date(2026, 12, 26), TODAY))
    assert text.startswith("Week 52 of 2026 · Europe/Berlin\n\nMon 21 December\n  –\n")
    assert "\n\nFri 25 December\n  # blackout: Christmas" in text
    assert text.endswith("Sun 27 December\n  –\n\n1 post in all.\n! 1 post in a blackout.")


def test_a_time_with_nothing_says_so() -> None:
    assert list(month_text(calendar(), 2027, 2, TODAY))[-1] == "Nothing goes out in this time."


def test_the_hour_that_comes_twice_names_its_clock() -> None:
    entries = [
        GoLive(datetime(2026, 10, 25, hour, 30, tzinfo=UTC), "e", f"t{hour}", "x")
        for hour in (0, 1)
    ]
    lines = list(
        week_text(
            Calendar(entries=entries, zone=ZoneInfo("Europe/Berlin")), date(2026, 10, 25), TODAY
        )
    )
    assert "  02:30 CEST  e/t0 → x" in lines
    assert "  02:30 CET  e/t1 → x" in lines


def columns(line: str) -> int:
    """At least so many columns a terminal takes."""
    return sum(unicodedata.east_asian_width(each) in "WF" for each in line) + sum(
        not unicodedata.category(each).startswith(("M", "C")) for each in line
    )


LONG = st.from_regex(r"[a-z0-9-]{1,80}", fullmatch=True)


@given(
    st.lists(
        st.builds(GoLive, st.just(datetime(2026, 12, 1, 9, tzinfo=UTC)), LONG, LONG, LONG),
        max_size=20,
    ),
    st.text(max_size=200),
)
def test_no_line_is_longer_than_the_terminal(entries: list[GoLive], why: str) -> None:
    dark = Blackout(CHRISTMAS.start, CHRISTMAS.end, why)
    shown = Calendar(
        entries=entries, zone=ZoneInfo("Pacific/Kiritimati"), blackouts=[dark],
        clash_within=timedelta(0),
    )  # fmt: skip
    for line in (*month_text(shown, 2026, 12, TODAY), *week_text(shown, date(2026, 12, 1), TODAY)):
        assert columns(line) <= WIDTH
        assert "\n" not in line


def test_wide_characters_take_two_columns() -> None:
    assert fitted("日本語", 6) == "日本語"
    assert fitted("日本語", 5) == "日本…"
    assert fitted("a\u0301b\x1b[31m", 80) == "a\u0301b[31m"

"""Wall-clock times: what people write means one instant, or an error that says why."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.walltime import TimeProblem, parse_duration, parse_local, resolve, zone_named

ZONES = st.sampled_from(
    [
        "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
        "Pacific/Apia", "Africa/Casablanca", "America/St_Johns", "Asia/Tehran", "Europe/Dublin",
        "Pacific/Kiritimati", "America/Sao_Paulo", "Antarctica/Troll"
    ]
)  # fmt: skip


@given(st.integers(0, 4_000_000_000), ZONES)
def test_an_instant_survives_its_wall_clock(second: int, zone: str) -> None:
    instant = datetime.fromtimestamp(second, UTC)
    shown = instant.astimezone(ZoneInfo(zone))
    text = shown.strftime("%Y-%m-%dT%H:%M:%S")
    twice = shown.replace(fold=0).utcoffset() != shown.replace(fold=1).utcoffset()
    if twice:
        with pytest.raises(TimeProblem, match="happens twice"):
            resolve(text, zone)
    else:
        found = resolve(text, zone)
        assert found.utc == instant
        assert (found.local, found.zone) == (shown.replace(tzinfo=None), zone)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2090, 1, 1)), ZONES)  # noqa: DTZ001
def test_a_wall_clock_means_the_instant_that_shows_it(local: datetime, zone: str) -> None:
    local = local.replace(microsecond=0, fold=0)
    try:
        found = resolve(local.isoformat(), zone)
    except TimeProblem as problem:
        assert "does not exist" in str(problem) or "happens twice" in str(problem)  # noqa: PT017
        around = [local + timedelta(hours=hours) for hours in (-30, 30)]
        offsets = {time.replace(tzinfo=ZoneInfo(zone)).utcoffset() for time in around}
        far = {local.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset() for fold in (0, 1)}
        assert len(offsets | far) > 1, "refused only where the clocks change"
    else:
        assert found.utc.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_answered(text: str, zone: str) -> None:
    for attempt in (
        lambda: resolve(text, zone),
        lambda: resolve("2026-12-01T09:00", zone),
        lambda: resolve(text, "UTC"),
        lambda: parse_duration(text),
    ):
        try:
            attempt()
        except TimeProblem as problem:
            assert str(problem)  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "zone", "says"),
    [
        ("2026-03-29T02:30", "Europe/Berlin", "Write 03:30"),
        ("2026-10-25T02:30", "Europe/Berlin", "happens twice"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "does not exist"),
        ("2011-12-30T12:00", "Pacific/Apia", "does not exist"),
        ("2026-02-29T09:00", "UTC", "does not exist in the calendar"),
        ("2026-13-01T09:00", "UTC", "calendar"),
        ("2026-12-01T24:00", "UTC", "calendar"),
        ("2026-12-01", "UTC", "no date with a time"),
        ("2026-12-01T09", "UTC", "no date with a time"),
        ("2026-12-01T09:00:00.5", "UTC", "no date with a time"),
        ("tomorrow", "UTC", "no date with a time"),
        ("2026-12-01T09:00Z", "UTC", "offset"),
        ("2026-12-01T09:00+01:00", "UTC", "offset"),
        ("2026-12-01T09:00-0100", "UTC", "offset"),
        ("\u0662026-12-01T09:00", "UTC", "no date with a time"),
        ("2026-12-01T09:00", None, "no time zone"),
        ("2026-12-01T09:00", "", "no time zone"),
        ("2026-12-01T09:00", "Berlin", "Europe/Berlin"),
        ("2026-12-01T09:00", "../etc/passwd", "no IANA time zone"),
        ("2026-12-01T09:00", "/etc/localtime", "no IANA time zone"),
        ("2026-12-01T09:00", "Europe", "no IANA time zone"),
        ("2026-12-01T09:00", "Mars", "Write one like"),
        ("0001-01-01T00:00", "Asia/Tokyo", "outside the calendar"),
        ("9999-12-31T23:59", "America/New_York", "outside the calendar"),
    ],
)
def test_refused(text: str, zone: str | None, says: str) -> None:
    with pytest.raises(TimeProblem, match=says):
        resolve(text, zone)


def test_both_ways_of_writing() -> None:
    assert parse_local("2026-12-01 09:00") == parse_local("2026-12-01T09:00:00")
    assert resolve("2026-12-01T09:00", "America/New_York").utc == datetime(
        2026, 12, 1, 14, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("PT2H", timedelta(hours=2)),
        ("P1DT30M", timedelta(days=1, minutes=30)),
        ("PT1H2M3S", timedelta(seconds=3723)),
        ("P0D", timedelta()),
        ("PT90M", timedelta(minutes=90)),
        ("P3660D", timedelta(days=3660)),
    ],
)
def test_durations(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    [
        "", "P", "PT", "2H", "PT-2H", "-PT2H", "P1W", "P1M", "PT1.5H", "pt2h", "P1DT", "P3661D",
        "P" + "9" * 30 + "D", "PT٢H", "PT2H\n"
    ],
)  # fmt: skip
def test_no_durations(text: str) -> None:
    with pytest.raises(TimeProblem):
        parse_duration(text)


def test_zones_are_told_near_names() -> None:
    with pytest.raises(TimeProblem, match="America/New_York"):
        zone_named("new york")
    assert zone_named("Europe/Berlin") == ZoneInfo("Europe/Berlin")

"""The table of limits says what it knows, how sure it is, and gives way to a profile's own."""

from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from publisher.domain.epic import Profile
from publisher.domain.limits import Counting, Limits, MediaLimits, PlatformLimits, within
from publisher.files.limits_file import _raw, limits_for, limits_table

KINDS = ("image", "animation", "video", "document")


def profile(platform: str, **limits: Any) -> Profile:
    return Profile(id="p", platform=platform, account="acme", limits=limits)


@pytest.mark.parametrize("name", sorted(_raw()))
def test_every_entry_is_dated_sourced_and_spelled_right(name: str) -> None:
    raw = _raw()[name]
    assert set(raw) <= {field.name for field in fields(PlatformLimits)}
    assert set(raw["limits"]) <= {field.name for field in fields(Limits)}
    for kind in KINDS:
        assert set(raw["limits"].get(kind, {})) <= {field.name for field in fields(MediaLimits)}
    entry = limits_table()[name]
    assert entry.checked >= date(2026, 11, 21)
    assert entry.source
    for doubt in entry.doubts:
        at: Any = raw["limits"]
        for step in doubt.split("."):
            at = at[step]


@pytest.mark.parametrize("name", sorted(_raw()))
def test_no_range_is_upside_down(name: str) -> None:
    limits = limits_table()[name].limits
    for kind in KINDS:
        media = getattr(limits, kind)
        for one in ("bytes", "width", "height", "ratio", "seconds") if media else ():
            least, most = getattr(media, one)
            assert least is None or most is None or least < most


def test_the_table_covers_every_platform_whose_facts_we_have() -> None:
    assert len(_raw()) == 26


def test_a_platform_is_found_by_each_of_its_names() -> None:
    assert limits_table()["twitter"] is limits_table()["x"]
    assert limits_table()["x"].limits.text == 280
    assert limits_table()["x"].limits.counting is Counting.WEIGHTED


def test_a_profiles_own_limits_stand_before_the_table() -> None:
    limits = limits_for(profile("mastodon", text=5000, image={"most": 8}))
    assert limits is not None
    assert limits.image is not None
    assert (limits.text, limits.image.most) == (5000, 8)
    assert limits.image.bytes == (0, 16777216)
    assert limits.counting is Counting.MASTODON
    assert limits_table()["mastodon"].limits.text == 500


def test_an_alias_takes_a_profiles_own_limits_too() -> None:
    limits = limits_for(profile("twitter", text=25000))
    assert limits is not None
    assert (limits.text, limits.counting) == (25000, Counting.WEIGHTED)


def test_an_unknown_platform_has_only_a_profiles_own_limits() -> None:
    assert limits_for(profile("webhook")) is None
    limits = limits_for(profile("webhook", text=10))
    assert limits is not None
    assert limits.text == 10


def test_a_range_with_an_open_end_lets_everything_beyond_pass() -> None:
    assert within(10**9, (1, None))
    assert not within(0, (1, None))
    assert within(5, (None, 5))
    assert not within(6, (None, 5))

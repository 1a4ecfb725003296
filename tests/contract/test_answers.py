"""Reading answers: waits, words, ids and links."""

from datetime import UTC, datetime, timedelta

import pytest

from publisher.connecting import answers
from publisher.ports import HttpAnswer

NOON = "Wed, 21 Oct 2026 12:00:00 GMT"
NOON_UTC = datetime(2026, 10, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "Wed, 21 Oct 2026 12:01:30 GMT", "date": NOON}, 90),
        ({"x-ratelimit-reset": "2026-10-21T12:05:00.000Z", "date": NOON}, 300),
        ({"x-ratelimit-reset": "2026-10-21T14:05:00+02:00", "date": NOON}, 300),
        ({"x-ratelimit-reset": "1792584060", "date": NOON}, 60),
        ({"retry-after": "7", "x-ratelimit-reset": "1792584060", "date": NOON}, 7),
        ({"retry-after": "99999999999"}, 7 * 86400),
        ({"x-ratelimit-reset": "2099-01-01T00:00:00Z", "date": NOON}, 7 * 86400),
        ({"retry-after": "Wed, 21 Oct 2026 12:01:30 GMT"}, None),
        ({"x-ratelimit-reset": "1792584060"}, None),
        ({"x-ratelimit-reset": "2026-10-21T11:00:00Z", "date": NOON}, None),
        ({"retry-after": "soon", "date": NOON}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "."}, None),
        ({}, None),
    ],
)
def test_wait_is_read_without_any_clock_of_ours(
    headers: dict[str, str], seconds: float | None
) -> None:
    wanted = None if seconds is None else timedelta(seconds=seconds)
    assert answers.wait_of(HttpAnswer(429, headers, b"")) == wanted


def test_cleaned_words_are_one_short_line_without_secrets() -> None:
    said = answers.cleaned(
        "a\nb\x00 s3cret-long s3cret \u202e" + "x" * 400, ("s3cret", "s3cret-long")
    )
    assert said.startswith("a b [removed] [removed] xxx")
    assert len(said) == 300
    assert said.endswith("…")
    assert answers.cleaned("kept as it is", ("",)) == "kept as it is"


def test_secret_across_the_cut_does_not_show_half() -> None:
    said = answers.cleaned(
        "x" * 290 + "s3cret-and-very-long-token", ("s3cret-and-very-long-token",)
    )
    assert "s3cret" not in said


def test_a_web_page_is_named_and_not_quoted() -> None:
    page = HttpAnswer(502, {"content-type": "text/html"}, b"<h1>Bad</h1>")
    assert answers.said_in(page) == "(a web page instead of an answer)"
    assert answers.said_in(HttpAnswer(500, {}, b"oh no")) == "oh no"
    assert answers.said_in(HttpAnswer(500, {}, b'{"detail": "why"}')) == "why"


@pytest.mark.parametrize(
    ("found", "known"),
    [
        ("abc", "abc"),
        (17, "17"),
        (0, "0"),
        (True, ""),
        ("", ""),
        ("a\nb", ""),
        (None, ""),
        (1.5, ""),
    ],
)
def test_identity_is_a_printable_text_or_a_whole_number(found: object, known: str) -> None:
    assert answers.identity({"id": found}) == known


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ("https://a.example/1", "https://a.example/1"),
        ("javascript:alert(1)", ""),
        ("https://a.example/\n", ""),
        (5, ""),
    ],
)
def test_link_is_safe_to_show(found: object, shown: str) -> None:
    assert answers.link({"url": found}) == shown


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("1792584060", 1), ("2026-10-21T12:05:00Z", 5), ("1792584000", None), ("soon", None)],
)
def test_any_header_may_hold_the_time_of_a_reset(written: str, minutes: int | None) -> None:
    wanted = None if minutes is None else timedelta(minutes=minutes)
    headers = {"x-user-limit-24hour-reset": written, "date": NOON}
    answer = HttpAnswer(429, headers, b"")
    assert answers.wait_until(answer, "x-user-limit-24hour-reset") == wanted
    assert answers.wait_until(answer, "x-app-limit-24hour-reset") is None


def test_the_platforms_own_clock_is_read_from_its_answer() -> None:
    assert answers.sent_at(HttpAnswer(200, {"date": NOON}, b"")) == NOON_UTC
    assert answers.sent_at(HttpAnswer(200, {"date": "noon"}, b"")) is None


def test_one_line_has_no_other_white_space_than_single_spaces() -> None:
    assert answers.one_line(" a\t\n b\u0007c\u202e d ") == "a b c d"

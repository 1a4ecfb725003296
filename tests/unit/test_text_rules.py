"""Texts, subjects, tags, threads and parameters, held against what a platform takes."""

from collections.abc import Mapping
from typing import Any

import pytest

from publisher.domain.epic import Media, Override, Part, Profile, Task
from publisher.domain.findings import Finding, Pointer
from publisher.domain.limits import Limits
from publisher.domain.media import MediaKind
from publisher.domain.rules import Rule
from publisher.domain.text_rules import delivered, text_findings
from publisher.files.limits_file import limits_table
from publisher.files.unicode_tables import UNICODE

AT = ("tasks", 0)
Broken = list[tuple[Rule, Pointer]]


def findings(
    limits: Limits | str,
    *parts: str,
    kinds: Mapping[str, MediaKind] | None = None,
    options: Mapping[str, object] | None = None,
    **task: Any,
) -> list[Finding]:
    found = limits_table()[limits].limits if isinstance(limits, str) else limits
    platform = limits if isinstance(limits, str) else "some"
    media = tuple(Media(name) for name in kinds or ())
    whole = tuple(Part(text, media if number == 0 else ()) for number, text in enumerate(parts))
    one = Task(id="t", profiles=("acme",), parts=whole, **task)
    profile = Profile(id="acme", platform=platform, account="a", options=options or {})
    return list(text_findings(delivered(AT, one, profile, "Some", found, kinds or {}), UNICODE))


def broken(*args: Any, **named: Any) -> Broken:
    return [(finding.rule, finding.pointer) for finding in findings(*args, **named)]


@pytest.mark.parametrize(
    ("platform", "fits", "too_long"),
    [
        ("x", "a" * 256 + " https://example.org/" + "b" * 500, "a" * 257 + " https://a.org/b"),
        ("x", "字" * 140, "字" * 141),
        ("bluesky", "👨‍👩‍👧" * 160, "a" * 301),
        ("bluesky", "é" * 300, "👨‍👩‍👧‍👦" * 121),
        ("mastodon", "@ana@" + "x" * 400 + ".org " + "a" * 495, "a" * 501),
        ("threads", "a" * 500, "a" * 497 + "😷"),
        ("linkedin", "a" * 3000, "(" * 1501),
        ("telegram", "😷" * 2048, "😷" * 2049),
        ("instagram", "a" * 2200, "a" * 2201),
        ("google_business", "a" * 1500, "a" * 1501),
    ],
)
def test_a_text_is_measured_as_its_platform_measures(
    platform: str, fits: str, too_long: str
) -> None:
    assert broken(platform, fits) == []
    assert broken(platform, too_long) == [(Rule.TEXT_LONG, (*AT, "body"))]


def test_the_message_has_the_count_the_most_and_how_it_is_counted() -> None:
    (finding,) = findings("x", "字" * 150)
    assert finding.message == (
        "This text is too long for acme (Some): 300 of 280 characters"
        " (a link counts as 23, an emoji as 2)."
    )
    assert "overrides" in finding.hint


def test_an_overridden_text_is_judged_where_it_stands() -> None:
    own = {"acme": Override(body="a" * 300)}
    assert broken("x", "short", overrides=own) == [
        (Rule.TEXT_LONG, (*AT, "overrides", "acme", "body"))
    ]
    assert broken("x", "a" * 300, overrides={"acme": Override(body="short")}) == []
    assert broken("x", "a" * 300, overrides={"acme": Override(subject="s")}) != []


def test_each_part_of_a_thread_has_its_own_place() -> None:
    assert broken("x", "ok", "fine", "a" * 281) == [(Rule.TEXT_LONG, (*AT, "thread", 1, "body"))]


def test_telegram_takes_less_text_beside_media() -> None:
    image = {"a.jpg": MediaKind.IMAGE}
    assert broken("telegram", "a" * 1025) == []
    assert broken("telegram", "a" * 1024, kinds=image) == []
    assert broken("telegram", "a" * 1025, kinds=image) == [(Rule.TEXT_LONG, (*AT, "body"))]
    assert broken("telegram", "a" * 1025, kinds={"v": MediaKind.VIDEO}) != []


def test_tiktok_takes_more_text_beside_images_than_beside_a_film() -> None:
    given = {"params": {"tiktok": {"privacy_level": "SELF_ONLY"}}}
    assert broken("tiktok", "a" * 4000, kinds={"a": MediaKind.IMAGE}, **given) == []
    assert broken("tiktok", "a" * 2201, kinds={"a": MediaKind.VIDEO}, **given) != []


def test_advice_is_a_hint_and_a_hard_limit_an_error() -> None:
    (finding,) = findings("meta_ads", "a" * 126)
    assert finding.rule is Rule.TEXT_ADVISED
    assert broken("brevo", "short", subject="s") == [(Rule.TEXT_SHORT, (*AT, "body"))]


def test_subjects_are_needed_and_have_a_length() -> None:
    assert broken("mailchimp", "a") == [(Rule.SUBJECT_MISSING, AT)]
    assert broken("mailchimp", "a", subject="s" * 150) == []
    assert broken("mailchimp", "a", subject="s" * 151) == [(Rule.SUBJECT_LONG, (*AT, "subject"))]
    own = {"acme": Override(subject="s" * 151)}
    assert broken("mailchimp", "a", subject="s", overrides=own) == [
        (Rule.SUBJECT_LONG, (*AT, "overrides", "acme", "subject"))
    ]


def test_youtube_refuses_angle_brackets_anywhere() -> None:
    assert broken("youtube", "a < b", subject="<x>") == [
        (Rule.FORBIDDEN, (*AT, "body")),
        (Rule.FORBIDDEN, (*AT, "subject")),
    ]


def test_tags_and_mentions_are_counted() -> None:
    assert broken("instagram", "#a " * 30 + "@b " * 20) == []
    assert broken("instagram", "#a " * 31) == [(Rule.MANY_TAGS, (*AT, "body"))]
    assert broken("instagram", "@b " * 21) == [(Rule.MANY_TAGS, (*AT, "body"))]
    assert broken("x", "$ACME and $OTHER") == [(Rule.MANY_TAGS, (*AT, "body"))]
    tags = {"params": {"devto": {"tags": ["a", "b", "c", "d", "e"]}}, "subject": "s"}
    assert broken("devto", "a", **tags) == [(Rule.MANY_TAGS, (*AT, "params", "devto", "tags"))]
    long = {"params": {"youtube": {"tags": ["a" * 251, "b" * 250]}}, "subject": "s"}
    assert broken("youtube", "a", **long) == [(Rule.MANY_TAGS, (*AT, "params", "youtube", "tags"))]


def test_a_thread_goes_only_where_threads_are() -> None:
    assert broken("x", "a", "b") == []
    assert broken("linkedin", "a", "b") == []
    assert broken("mailchimp", "a", "b", subject="s") == [(Rule.THREAD, (*AT, "thread"))]
    assert broken(Limits(thread_most=2), "a", "b", "c") == [(Rule.THREAD, (*AT, "thread"))]


def test_a_needed_parameter_may_stand_in_the_task_or_in_the_profile() -> None:
    assert broken("pinterest", "a") == [(Rule.PARAM_MISSING, AT)]
    assert broken("pinterest", "a", params={"pinterest": {"board_id": "7"}}) == []
    assert broken("pinterest", "a", options={"board_id": "7"}) == []
    assert broken("pinterest", "a", params={"pinterest": {"board_id": ""}}) != []

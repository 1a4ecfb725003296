"""Attachments, held against what a platform takes."""

from typing import Any

import pytest

from publisher.domain.epic import Media, Part, Profile, Task
from publisher.domain.findings import Finding
from publisher.domain.media import MediaKind, Probe
from publisher.domain.media_rules import alt_findings, media_findings
from publisher.domain.rules import Rule
from publisher.domain.text_rules import delivered
from publisher.files.limits_file import limits_table

AT = ("tasks", 0)


def image(**changed: Any) -> Probe:
    values = {"content_type": "image/jpeg", "size": 1000, "width": 1000, "height": 1000}
    return Probe(kind=MediaKind.IMAGE, **{**values, **changed})


def film(**changed: Any) -> Probe:
    values = {"content_type": "video/mp4", "size": 9000, "width": 640, "height": 640}
    return Probe(kind=MediaKind.VIDEO, **{"seconds": 10.0, **values, **changed})


GIF = Probe(kind=MediaKind.ANIMATION, content_type="image/gif", size=9, width=9, height=9, frames=3)


def findings(
    platform: str, *probes: Probe, alt: str = "seen", later: int = 0, more: int = 0
) -> list[Finding]:
    media = tuple(Media(f"m{number}", alt) for number in range(len(probes)))
    before, after = [Part("earlier")] * later, [Part("then")] * more
    parts = (*before, Part("text", media), *after)
    task = Task(id="t", profiles=("acme",), parts=parts)
    profile = Profile(id="acme", platform=platform, account="a")
    limits = limits_table()[platform].limits
    one = delivered(AT, task, profile, "Some", limits, {})
    return list(media_findings(one, {f"m{n}": probe for n, probe in enumerate(probes)}))


def broken(platform: str, *probes: Probe, **named: Any) -> list[Rule]:
    return [finding.rule for finding in findings(platform, *probes, **named)]


@pytest.mark.parametrize(
    ("platform", "probe", "rule"),
    [
        ("instagram", image(content_type="image/png"), Rule.MEDIA_TYPE),
        ("instagram", image(size=8388609), Rule.MEDIA_BYTES),
        ("instagram", image(width=319, height=319), Rule.MEDIA_PIXELS),
        ("instagram", image(width=799), Rule.MEDIA_RATIO),
        ("instagram", image(width=1911), Rule.MEDIA_RATIO),
        ("instagram", film(seconds=2.9), Rule.MEDIA_SECONDS),
        ("instagram", film(seconds=900.1), Rule.MEDIA_SECONDS),
        ("google_business", image(size=10239), Rule.MEDIA_BYTES),
        ("google_business", film(), Rule.MEDIA_TYPE),
        ("mastodon", image(width=33177601, height=1), Rule.MEDIA_PIXELS),
        ("telegram", image(width=5001, height=5000), Rule.MEDIA_PIXELS),
        ("telegram", image(width=2100, height=100), Rule.MEDIA_RATIO),
        ("x", film(seconds=141), Rule.MEDIA_SECONDS),
        ("x", film(width=1300), Rule.MEDIA_PIXELS),
        ("bluesky", film(content_type="video/webm"), Rule.MEDIA_TYPE),
        ("bluesky", image(size=2000001), Rule.MEDIA_BYTES),
        ("youtube", image(), Rule.MEDIA_TYPE),
        ("x", Probe(kind=MediaKind.AUDIO, content_type="audio/mpeg", size=1), Rule.MEDIA_TYPE),
        ("x", Probe(kind=MediaKind.DOCUMENT, content_type="application/pdf", size=1),
         Rule.MEDIA_TYPE),
    ],
)  # fmt: skip
def test_what_a_platform_refuses_is_found(platform: str, probe: Probe, rule: Rule) -> None:
    assert broken(platform, probe) == [rule]
    (finding,) = findings(platform, probe)
    assert finding.pointer == (*AT, "media", 0, "file")
    assert finding.message.startswith("acme (Some) ")


@pytest.mark.parametrize(
    ("platform", "probe"),
    [
        ("instagram", image()), ("instagram", image(width=1910)), ("instagram", film()),
        ("x", image(content_type="image/gif")), ("x", GIF), ("bluesky", image()),
        ("mastodon", image(content_type="image/avif")), ("youtube", film()),
        ("wordpress", Probe(kind=MediaKind.AUDIO, content_type="audio/mpeg", size=1)),
        ("linkedin", Probe(kind=MediaKind.DOCUMENT, content_type="application/pdf", size=1)),
        ("google_business", image(size=10240)),
    ],
)  # fmt: skip
def test_what_a_platform_takes_is_left_alone(platform: str, probe: Probe) -> None:
    assert broken(platform, probe) == []


def test_too_many_and_too_few_attachments() -> None:
    assert broken("x", *[image()] * 4) == []
    assert broken("x", *[image()] * 5) == [Rule.MEDIA_COUNT]
    assert broken("x", film(), film()) == [Rule.MEDIA_COUNT]
    assert broken("instagram") == [Rule.MEDIA_COUNT]
    assert findings("instagram")[0].pointer == AT
    assert broken("instagram", image(), later=1) == [Rule.MEDIA_COUNT], "the first post needs one"
    assert broken("instagram", image(), more=1) == []


def test_images_and_films_are_mixed_only_where_that_is_possible() -> None:
    assert broken("instagram", image(), film()) == []
    assert broken("x", image(), film()) == [Rule.MEDIA_MIXED]


def test_the_place_of_media_in_a_thread() -> None:
    (finding,) = findings("bluesky", image(size=2000001), later=2)
    assert finding.pointer == (*AT, "thread", 1, "media", 0, "file")


def test_alt_texts_have_a_length() -> None:
    assert broken("mastodon", image(), alt="a" * 1500) == []
    assert broken("mastodon", image(), alt="a" * 1501) == [Rule.ALT_LONG]


def test_a_picture_without_alt_text_is_a_hint() -> None:
    place = (*AT, "media", 0)
    (finding,) = alt_findings(place, Media("a.jpg", " "), image())
    assert (finding.rule, finding.pointer) == (Rule.ALT_MISSING, place)
    assert list(alt_findings(place, Media("a.jpg", "A tulip"), image())) == []
    assert list(alt_findings(place, Media("a.mp4"), film())) == []
    assert list(alt_findings(place, Media("a.jpg"), None)) == []


def test_messages_have_sizes_that_people_read() -> None:
    (finding,) = findings("bluesky", image(size=2_500_000))
    assert finding.message == "acme (Some) takes files of at most 2 MB; this one has 2.5 MB."
    (finding,) = findings("google_business", image(size=500))
    assert finding.message == "acme (Some) takes files of at least 10.2 kB; this one has 500 bytes."

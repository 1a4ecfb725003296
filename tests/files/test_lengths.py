"""Every platform's way of counting, held against its own examples where there are some."""

import json
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.lengths import cashtags, escaped, hashtags, length, mentions
from publisher.domain.limits import Counting
from publisher.domain.links import find_links
from publisher.files.unicode_tables import UNICODE

EXAMPLES = json.loads((Path(__file__).parent / "data/twitter_text.json").read_text())
FAMILY = "👨\u200d👩\u200d👧\u200d👦"


@pytest.mark.parametrize("case", EXAMPLES["lengths"], ids=lambda case: case["description"][:60])
def test_x_counts_as_twitter_text_does(case: dict[str, object]) -> None:
    assert length(str(case["text"]), Counting.WEIGHTED, UNICODE) == case["length"]


@pytest.mark.parametrize("case", EXAMPLES["links"], ids=lambda case: case["description"][:60])
def test_x_finds_the_links_that_twitter_text_finds(case: dict[str, object]) -> None:
    text = str(case["text"])
    found = [text[at:end] for at, end in find_links(text, UNICODE.top_level_domains)]
    assert found == case["links"]


def test_a_host_of_thousands_of_characters_is_no_link_for_x() -> None:
    link = "https://" + "somesuperlongurl" * 400 + ".com/foo"
    assert length(link, Counting.WEIGHTED, UNICODE) == len(link)


@pytest.mark.parametrize(
    ("counting", "text", "expected"),
    [
        (Counting.CHARACTERS, FAMILY, 7),
        (Counting.GRAPHEMES, FAMILY, 1),
        (Counting.GRAPHEMES, "e\u0301\r\n", 2),
        (Counting.GRAPHEMES, "🇩🇪🇫🇷🇮", 3),
        (Counting.GRAPHEMES, "a\r\nb", 3),
        (Counting.UTF16, "😷a", 3),
        (Counting.UTF8, "é", 2),
        (Counting.THREADS, "😷a", 5),
        (Counting.THREADS, FAMILY, 25),
        (Counting.THREADS, "né", 2),
        (Counting.MASTODON, "see https://example.org/a/very/long/path/to/somewhere.", 28),
        (Counting.MASTODON, "hi @ana@social.example.org!", 8),
        (Counting.MASTODON, "mail ana@example.org", 20),
        (Counting.MASTODON, FAMILY, 1),
        (Counting.ESCAPED, "5 * (2)", 10),
        (Counting.ESCAPED, "#spring # 1", 12),
        (Counting.WEIGHTED, "example.org", 23),
        (Counting.WEIGHTED, "©", 1),
        (Counting.WEIGHTED, "©\ufe0f", 2),
        (Counting.WEIGHTED, "naïve", 5),
        (Counting.WEIGHTED, "", 0),
    ],
)
def test_each_platform_counts_in_its_own_way(counting: Counting, text: str, expected: int) -> None:
    assert length(text, counting, UNICODE) == expected


def test_little_text_escapes_everything_but_hashtags() -> None:
    assert escaped("a_b #tag # <x>") == r"a\_b #tag \# \<x\>"


def test_tags_and_mentions_are_counted_as_readers_see_them() -> None:
    assert hashtags("#one #zwei ＃drei a#no #123 http://x.org/#no &#39;") == 3
    assert mentions("@ana, @ben.c and mail@example.org") == 2
    assert cashtags("$ACME and $5, $AAPL$") == 1


HOSTILE = [
    "@" + "a" * 50_000,
    "@a." * 20_000,
    "a." * 30_000,
    "http://a.com/" + "(a" * 30_000,
    "\U0001f1e6" * 50_001,
    "http://" + "." * 50_000,
    "あ." * 30_000,
    "1\ufe0f" * 30_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:8]))
@pytest.mark.parametrize("counting", Counting)
def test_no_text_makes_counting_slow(counting: Counting, text: str) -> None:
    begun = perf_counter()
    length(text, counting, UNICODE)
    assert perf_counter() - begun < 3


@given(st.text(st.characters(codec="utf-8")))
def test_counting_anything_gives_a_number(text: str) -> None:
    for counting in Counting:
        assert 0 <= length(text, counting, UNICODE) <= 23 * len(text.encode()) + 1


@given(st.text(st.sampled_from("a.@#/:ht ps")))
def test_links_never_overlap(text: str) -> None:
    spans = find_links("http://a.org " + text, UNICODE.top_level_domains)
    flat = [place for span in spans for place in span]
    assert flat == sorted(flat)

"""Links, mentions, hashtags and lengths, as readers and platforms see them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.connecting.lengths import graphemes, utf16_units
from publisher.connecting.markup import Kind, spans_of


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("see https://e.org/a.", ["https://e.org/a"]),
        ("(https://e.org/a)", ["https://e.org/a"]),
        ("https://e.org/a_(b)", ["https://e.org/a_(b)"]),
        ("(https://e.org/a_(b)).", ["https://e.org/a_(b)"]),
        ("HTTP://E.org/?q=1&x=2!", ["HTTP://E.org/?q=1&x=2"]),
        ("xhttps://e.org https:// http://.", []),
        ("@acme.bsky.social, (@b.example) x@c.example", ["acme.bsky.social", "b.example"]),
        ("@acme @-a.example @a..example @1.2.3.4", []),
        ("#one #two-three, #2026 #20x # #! x#no", ["one", "two-three", "20x"]),
        ("#" + "a" * 64 + " #" + "b" * 65, ["a" * 64]),
        ("https://e.org/#part #part", ["https://e.org/#part", "part"]),
        ("https://e.org/@acme.example", ["https://e.org/@acme.example"]),
        ("＃tag", ["tag"]),
    ],
)
def test_what_is_found(text: str, values: list[str]) -> None:
    assert [span.value for span in spans_of(text)] == values


pieces = st.sampled_from(
    ["@a.example", "https://e.org/(x)", "#tag", "🌷", "ü", " ", "\n", "(", ")", ".", "@", "#", "e"]
)


@given(st.lists(pieces, max_size=12).map("".join))
def test_a_span_is_a_piece_of_the_text_and_none_overlaps(text: str) -> None:
    whole, end = text.encode(), 0
    for span in spans_of(text):
        assert end <= span.start < span.end <= len(whole)
        end = span.end
        shown = whole[span.start : span.end].decode()
        assert (shown if span.kind is Kind.LINK else shown[1:]) == span.value


@pytest.mark.parametrize(
    ("text", "characters", "units"),
    [("", 0, 0), ("abc", 3, 3), ("e\u0301", 1, 2), ("🌷", 1, 2), ("👩‍👩‍👧", 1, 8), ("🇩🇪", 1, 4)],
)
def test_lengths(text: str, characters: int, units: int) -> None:
    assert (graphemes(text), utf16_units(text)) == (characters, units)

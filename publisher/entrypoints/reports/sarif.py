"""Problems as SARIF 2.1.0, which code scanning and many editors read."""

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from publisher.domain.problems import Problem
from publisher.domain.rules import Rule, Severity
from publisher.files.rule_book import rule_book

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "note"}


def sarif_report(problems: Sequence[Problem]) -> dict[str, Any]:
    """Return one run with the rules that are broken and a result for each problem."""
    rules = [Rule(name) for name in sorted({problem.rule for problem in problems if problem.rule})]
    places = {str(rule): number for number, rule in enumerate(rules)}
    driver = {
        "name": "Copydesk",
        "version": version("copydesk"),
        "rules": [_rule(rule) for rule in rules],
    }
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": list(_results(problems, places)),
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    entry = rule_book()[rule]
    return {
        "id": str(rule),
        "name": rule.name.title().replace("_", ""),
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.why},
        "help": {"text": entry.mend},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _results(problems: Sequence[Problem], places: dict[str, int]) -> Iterator[dict[str, Any]]:
    for problem in problems:
        location: dict[str, Any] = {"artifactLocation": {"uri": quote(problem.path)}}
        if problem.line:
            location["region"] = {"startLine": problem.line, "startColumn": problem.column}
        result: dict[str, Any] = {
            "level": _LEVELS[problem.severity],
            "message": {"text": f"{problem.message} {problem.hint}".strip()},
            "locations": [{"physicalLocation": location}],
        }
        if problem.rule:
            result |= {"ruleId": problem.rule, "ruleIndex": places[problem.rule]}
        yield result

"""Problems for programs."""

from collections.abc import Sequence

from publisher.domain.problems import Problem


def json_report(epics: int, problems: Sequence[Problem]) -> dict[str, object]:
    return {"epics": epics, "problems": [_plain(problem) for problem in problems]}


def _plain(problem: Problem) -> dict[str, object]:
    return {
        "path": problem.path,
        "line": problem.line,
        "column": problem.column,
        "rule": problem.rule,
        "severity": str(problem.severity),
        "message": problem.message,
        "hint": problem.hint,
    }

"""Problems as GitHub's workflow commands, and the step summary for those beyond its limits.

GitHub shows at most 10 annotations of a type a step and 50 a job, and drops the rest in silence
(docs.github.com, “Workflow commands” and the limits of check annotations).
"""

from collections.abc import Iterator, Sequence

from publisher.domain.problems import Problem
from publisher.domain.rules import Severity
from publisher.entrypoints.reports.text import summary
from publisher.usecases.markdown import plain, spoken

_TYPES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "notice"}
_A_STEP = 10
_LARGEST_SUMMARY = 900_000  # GitHub takes 1 MiB a step


def annotations(problems: Sequence[Problem]) -> Iterator[str]:
    """Yield the commands that GitHub will show; where more are found the last one says so."""
    for severity, name in _TYPES.items():
        found = [problem for problem in problems if problem.severity is severity]
        shown = found if len(found) <= _A_STEP else found[: _A_STEP - 1]
        yield from (_annotation(name, problem) for problem in shown)
        if len(found) > len(shown):
            more = f"{len(found) - len(shown)} more of these are in the summary of this job."
            yield f"::{name} title=Copydesk::{_message(more)}"


def step_summary(epics: int, problems: Sequence[Problem]) -> str:
    """Return Markdown with every problem, grouped by file."""
    out = ["### Copydesk", "", summary(epics, problems), ""]
    size = 0
    path = None
    for number, problem in enumerate(problems):
        if problem.path != path:
            path = problem.path
            out += ["", f"**{plain(path)}**", ""]
        place = f"{problem.line}:{problem.column} " if problem.line else ""
        said = spoken(f"{problem.message} {problem.hint}".strip())
        out.append(f"- {place}{problem.severity} `{problem.rule}` {said}")
        size += len(out[-1].encode()) + len(problem.path.encode())
        if size > _LARGEST_SUMMARY:
            out += ["", f"… and {len(problems) - number - 1} more."]
            break
    return "\n".join(out) + "\n"


def _annotation(name: str, problem: Problem) -> str:
    fields = [f"file={_property(problem.path)}"]
    if problem.line:
        fields += [f"line={problem.line}", f"col={problem.column}"]
    fields.append(f"title={_property(f'Copydesk {problem.rule}'.strip())}")
    return f"::{name} {','.join(fields)}::{_message(f'{problem.message} {problem.hint}'.strip())}"


def _message(text: str) -> str:
    """Escape as the runner's own toolkit does (@actions/core, escapeData)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")

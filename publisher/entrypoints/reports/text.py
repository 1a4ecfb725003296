"""Problems for a terminal: place, rule, the line, a caret, why, and how to mend it."""

from collections.abc import Callable, Iterator, Sequence

import click

from publisher.domain.problems import Problem
from publisher.domain.rules import Rule, Severity
from publisher.files.rule_book import rule_book

Lines = Callable[[str], Sequence[str]]

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.HINT: "cyan"}
_WIDEST = 160
_BEFORE = 60


def text_report(problems: Sequence[Problem], lines: Lines) -> Iterator[str]:
    """Yield one block a problem; `lines` gives a file's lines. Colours are click's to drop.

    Why a rule exists is told with the first problem that breaks it.
    """
    told = set[str]()
    for problem in problems:
        yield "\n".join(_block(problem, lines(problem.path), why=problem.rule not in told))
        told.add(problem.rule)


def summary(epics: int, problems: Sequence[Problem]) -> str:
    """Say in one line how it stands."""
    good = f"{epics} epic{'' if epics == 1 else 's'} read"
    counts = [
        f"{count} {severity}{'' if count == 1 else 's'}"
        for severity in Severity
        if (count := sum(problem.severity is severity for problem in problems))
    ]
    return f"{good}: {', '.join(counts)}." if counts else f"{good}: everything is fine."


def _block(problem: Problem, lines: Sequence[str], *, why: bool) -> Iterator[str]:
    place = f"{problem.path}:{problem.line}:{problem.column}" if problem.line else problem.path
    severity = problem.severity
    rule = f" {problem.rule}" if problem.rule else ""
    name = click.style(f"{severity}{rule}", fg=_COLOURS[severity], bold=True)
    yield f"{click.style(_shown(place), bold=True)}: {name}: {_shown(problem.message)}"
    if 0 < problem.line <= len(lines):
        yield from _source(lines[problem.line - 1], problem)
    entry = rule_book()[Rule(problem.rule)] if problem.rule else None
    if entry and why:
        yield f"    {click.style('why:', fg='blue')}  {entry.why}"
    mend = problem.hint or (entry.mend if entry else "")
    if mend:
        yield f"    {click.style('mend:', fg='green')} {_shown(mend)}"


def _source(line: str, problem: Problem) -> Iterator[str]:
    """Show the line, or the part of a long one around the column, and a caret below."""
    at = problem.column - 1
    start = max(0, at - _BEFORE) if len(line) > _WIDEST else 0
    shown = _shown(line[start : start + _WIDEST])
    number = f"{problem.line:>5} | "
    yield number + ("…" if start else "") + shown
    gap = " " * (len(number) - 2) + "| " + " " * (at - start + bool(start))
    yield gap + click.style("^", fg=_COLOURS[problem.severity], bold=True)


def _shown(text: str) -> str:
    """Nothing in a file or its name may move the cursor, or begin a line of its own."""
    return "".join(character if character.isprintable() else " " for character in text)

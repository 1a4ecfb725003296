"""`# copydesk: allow CD504 because …` in YAML: which problems a person took on themselves."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from publisher.domain.problems import Problem
from publisher.domain.rules import Rule
from publisher.files.words import did_you_mean, shown

_MARK = re.compile(rb"#[ \t]*copydesk:")
_COMMENT = re.compile(r"(?:^|(?<=\s))#[ \t]*copydesk:[ \t]*(?P<said>.*)$")
_ALLOW = re.compile(r"allow[ \t]+(?P<rules>[\w, \t]+?)(?:[ \t]+because\b(?P<why>.*))?$")
_HINT = "Write `# copydesk: allow CD504 because …`."


@dataclass(frozen=True, slots=True)
class Allowance:
    """`line` is the one that it holds for, 0 for the whole file; `place` is where it stands."""

    line: int
    rules: tuple[str, ...]
    why: str
    place: tuple[int, int]


def allowances_in(data: bytes) -> tuple[Allowance, ...]:
    """Return those in a file that was read without a problem of its text."""
    if not _MARK.search(data):
        return ()
    lines = data.decode().lstrip("\ufeff").splitlines()
    inside = _inside_values("\n".join(lines) + "\n")
    return tuple(
        _allowance(lines, number, found)
        for number, line in enumerate(lines)
        if (found := _COMMENT.search(line)) and (number, found.start()) not in inside
    )


def apply_allowances(
    path: str, problems: Iterable[Problem], allowed: Sequence[Allowance], *, complete: bool
) -> Iterator[Problem]:
    """Leave out what is allowed; add what is wrong with the comments themselves.

    `complete` says that every rule was asked, so that a comment without its problem is needless.
    """
    used = set[tuple[Allowance, str]]()
    for problem in problems:
        hits = [one for one in allowed if _covers(one, problem)]
        used.update((one, problem.rule) for one in hits)
        if not hits:
            yield problem
    for one in allowed:
        yield from _faults(path, one, used, complete=complete)


def _covers(one: Allowance, problem: Problem) -> bool:
    return (
        problem.rule in one.rules
        and one.line in {0, problem.line}
        and bool(one.why)
        and Rule(problem.rule).can_be_allowed
    )


def _faults(
    path: str, one: Allowance, used: set[tuple[Allowance, str]], *, complete: bool
) -> Iterator[Problem]:
    if not one.why:
        message = "This comment allows a problem without a reason."
        yield Problem(path, *one.place, message, _HINT, Rule.NO_REASON)
    known = {str(rule) for rule in Rule}
    for name in one.rules:
        if name not in known:
            hint = did_you_mean(name, known, "`copydesk explain` lists every rule.")
            message = f"There is no rule {shown(name)}."
            yield Problem(path, *one.place, message, hint, Rule.UNKNOWN_RULE)
        elif not Rule(name).can_be_allowed:
            message = f"{name} cannot be allowed: the epic could not go out."
            yield Problem(path, *one.place, message, "Mend the problem.", Rule.NEVER_ALLOWED)
        elif complete and one.why and (one, name) not in used:
            message = f"This comment allows {name}, which is not found here."
            yield Problem(path, *one.place, message, "Remove it.", Rule.NEEDLESS)


def _allowance(lines: Sequence[str], number: int, found: re.Match[str]) -> Allowance:
    said = _ALLOW.match(found["said"].strip())
    rules = tuple(re.findall(r"\w+", said["rules"])) if said else ()
    why = (said["why"] or "").strip(" \t:…") if said else ""
    line = number + 1
    if not lines[number][: found.start()].strip():
        line = 0 if _is_head(lines[:number]) else _next(lines, number)
    return Allowance(line, rules, why, (number + 1, found.start() + 1))


def _is_head(lines: Sequence[str]) -> bool:
    return all(_is_blank(line) or line.startswith(("---", "%")) for line in lines)


def _next(lines: Sequence[str], number: int) -> int:
    following = (at for at in range(number + 1, len(lines)) if not _is_blank(lines[at]))
    return next(following, number) + 1


def _is_blank(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _inside_values(text: str) -> set[tuple[int, int]]:
    """Return the places of marks that stand in texts to be published, not in comments."""
    import yaml  # noqa: PLC0415 - only for a file with such a comment

    spans = [
        (
            (token.start_mark.line, token.start_mark.column),
            (token.end_mark.line, token.end_mark.column),
        )
        for token in yaml.scan(text, Loader=yaml.CSafeLoader)
        if isinstance(token, yaml.ScalarToken)
    ]
    marks = [
        (number, found.start())
        for number, line in enumerate(text.splitlines())
        if (found := _COMMENT.search(line))
    ]
    return {mark for mark in marks if any(start < mark < end for start, end in spans)}

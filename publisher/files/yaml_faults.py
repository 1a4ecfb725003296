"""What the YAML parser says about broken syntax → a sentence that helps."""

from collections.abc import Callable

import yaml

from publisher.domain.problems import Problem
from publisher.domain.rules import Rule

Fault = tuple[str, str]

_TABS: Fault = (
    "A tab stands where YAML wants spaces.",
    "Indent with spaces; most editors can convert tabs.",
)
_LIST_ITEM: Fault = (
    "This line does not belong to the list above it.",
    "Indent it, or begin with “- ”.",
)
_QUOTES: Fault = (
    "The quote that opens here is never closed.",
    "Close it, or write longer text below `|`.",
)
_ESCAPE: Fault = (
    "A backslash in double quotes begins an escape, and this is none.",
    r"Write \\ for a backslash, or use single quotes.",
)
_STAR: Fault = (
    "Text cannot begin with * or & in YAML.",
    "Put it into quotes, or write it below `|`.",
)

# the parser's words → whether the place is where the construct begins, and what to say
_KNOWN: dict[str, tuple[bool, Fault]] = {
    "found unexpected end of stream": (True, _QUOTES),
    "found unexpected document indicator": (True, _QUOTES),
    "found a tab character that violates indentation": (False, _TABS),
    "found a tab character where an indentation space is expected": (False, _TABS),
    "found unknown escape character": (False, _ESCAPE),
    "found invalid Unicode character escape code": (False, _ESCAPE),
    "did not find expected hexdecimal number": (False, _ESCAPE),
    "did not find expected alphabetic or numeric character": (True, _STAR),
    "did not find expected '-' indicator": (False, _LIST_ITEM),
    "could not find expected ':'": (
        True,
        ("This line has no “key: value”.", "Add the colon and a space, or indent the line."),
    ),
    "did not find expected ',' or ']'": (
        True,
        ("The list that opens here with “[” is not closed.", "Add “]”, or a comma between items."),
    ),
    "did not find expected ',' or '}'": (
        True,
        (
            "The mapping that opens here with “{” is not closed.",
            "Add “}”, or a comma between the pairs; text that begins with { goes into quotes.",
        ),
    ),
    "block sequence entries are not allowed in this context": (
        False,
        ("A list cannot begin on the line of its key.", "Begin it on a new line."),
    ),
    "did not find expected comment or line break": (
        False,
        ("Text cannot follow on this line.", "Begin it on the next line, indented."),
    ),
    "found undefined tag handle": (
        False,
        ("A YAML tag is not supported.", "Text that begins with ! goes into quotes."),
    ),
    "did not find expected <document start>": (
        False,
        ("This stands after the end of the document.", "Remove it, or the line before it."),
    ),
}


def syntax_fault(error: yaml.MarkedYAMLError, text: str, path: str) -> Problem:
    """Turn the parser's error into a problem at the place where people should look."""
    said = error.problem or ""
    mark, start = error.problem_mark, error.context_mark
    at_start, fault = _KNOWN.get(said, (False, None))
    if at_start and start is not None:
        mark = start
    if mark is None:
        return Problem(path, 0, 0, f"This is no valid YAML: {said}.", rule=Rule.SYNTAX)
    lines = text.splitlines() if mark.line else [text.split("\n", 1)[0]]
    line = lines[mark.line] if mark.line < len(lines) else ""
    if fault is None and said in _JUDGES:
        fault = _JUDGES[said](line, mark.column)
    if fault is None:
        fault = (f"This is no valid YAML: {said}.", "Check indentation, colons and quotes.")
    rule = Rule.TAB if fault is _TABS else Rule.SYNTAX
    return Problem(path, mark.line + 1, mark.column + 1, *fault, rule)


def _extra_colon(line: str, column: int) -> Fault:
    before = line[:column]
    if ": " in before or before.lstrip().startswith(("- -", "? ")):
        return (
            "A colon inside unquoted text looks like a second key.",
            "Put the text into quotes, or write it below `|`.",
        )
    return (
        "This line is indented, or begins a key, where the text above still goes on.",
        "Line it up with the keys above; if it is text, put all of it into quotes or below `|`.",
    )


def _no_key(line: str, column: int) -> Fault:
    if line[:column].strip():
        return (
            "Something follows here after the value has ended.",
            "Quote the whole text; inside single quotes write '' for an apostrophe.",
        )
    return (
        "The indentation of this line fits no line above it.",
        "Line it up with the keys it belongs to.",
    )


def _no_start(line: str, column: int) -> Fault:
    character = line[column : column + 1]
    if character == "\t":
        return _TABS
    if not character:
        return "A value is missing here.", "Write it, or remove the line."
    return (
        f"Text cannot begin with “{character}” in YAML.",
        "Put it into quotes, or write it below `|`.",
    )


_JUDGES: dict[str, Callable[[str, int], Fault]] = {
    "mapping values are not allowed in this context": _extra_colon,
    "did not find expected key": _no_key,
    "did not find expected node content": _no_start,
    "found character that cannot start any token": _no_start,
}

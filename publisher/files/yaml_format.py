"""Normal form of YAML that people wrote: line ends and spaces that mean nothing, never the rest.

Comments, order, quoting and every value stay; a file is left alone rather than changed in meaning.
"""

import re

import yaml

from publisher.files.yaml_text import read_yaml

_MULTI_LINE = ("|", ">")


def formatted(data: bytes, path: str) -> bytes:
    """Return the file in normal form; raise ContentError when it cannot be read (tabs, say).

    Trailing spaces go, line ends become LF, a byte order mark goes, and the file ends with one
    line end; texts over several lines keep their own spaces.
    """
    before = read_yaml(data, path)
    text = data.decode().removeprefix("\ufeff")
    text = re.sub(r"\r\n?", "\n", text)
    trimmed = _without_trailing_spaces(text)
    for candidate in (trimmed.rstrip("\n") + "\n", trimmed, text):
        if read_yaml(candidate.encode(), path).value == before.value:
            return candidate.encode()
    return data


def _without_trailing_spaces(text: str) -> str:
    kept = _lines_of_texts(text)
    lines = text.split("\n")
    return "\n".join(
        line if number in kept else line.rstrip(" \t") for number, line in enumerate(lines)
    )


def _lines_of_texts(text: str) -> set[int]:
    """Return the lines (from 0) whose end lies inside a value."""
    kept = set[int]()
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        if isinstance(token, yaml.ScalarToken) and token.start_mark.line < token.end_mark.line:
            first = token.start_mark.line + (token.style in _MULTI_LINE)
            kept.update(range(first, token.end_mark.line))
    return kept

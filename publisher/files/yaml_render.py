"""Plain values → YAML text as people would write it."""

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import yaml
from yaml.emitter import Emitter
from yaml.resolver import Resolver

from publisher.files.yaml_nodes import resolved

Value = None | bool | int | float | str | Sequence["Value"] | Mapping[str, "Value"]

STEP: Final = 2
_DEEPEST_INDICATOR: Final = 9
_YES_OR_NO_IN_1_1: Final = frozenset("yYnN")
_STRING: Final = "tag:yaml.org,2002:str"
_NO_LITERAL: Final = re.compile("[\r\x85\u2028\u2029\ufeff]")
_ESCAPED: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")
_EXPONENT: Final = re.compile(r"^(-?\d+)(e.*)$")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value will stand: `column` (from 0) is that of its key or dash.

    `below` is the column of what it has on further lines; `style` (as in Node) is that of what
    stood there before, and is kept where it fits.
    """

    column: int
    below: int
    flow: bool = False
    item: bool = False
    style: str = ""


@dataclass(frozen=True, slots=True)
class Writing:
    """A value as text: what follows its key or dash, and the whole lines below."""

    inline: str
    below: tuple[str, ...] = ()


def writings(value: Value, spot: Spot) -> Iterator[Writing]:
    """Yield the ways to write a value, the most readable first."""
    first = _writing(value, spot, literal=True)
    yield first
    second = _writing(value, spot, literal=False)
    if second != first:
        yield second


def block_lines(value: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the lines of a whole document."""
    return tuple(_lines(value, 0, literal=True))


def texts_of(value: Value) -> Iterator[str]:
    """Yield every text in a value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from value
        for item in value.values():
            yield from texts_of(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from texts_of(item)


def key_text(key: str, *, flow: bool) -> str:
    return _text(key, flow=flow)


def _writing(value: Value, spot: Spot, *, literal: bool) -> Writing:
    if spot.flow:
        return Writing(_inline(value, spot))
    if isinstance(value, str):
        wanted = "\n" in value or spot.style in {"|", ">"}
        if literal and wanted and value.strip("\n ") and not _NO_LITERAL.search(value):
            return _literal(value, spot)
        return Writing(_inline(value, spot))
    if not isinstance(value, Mapping | Sequence) or not value:
        return Writing(_inline(value, spot))
    if isinstance(value, Sequence) and spot.style != "-" and not any(map(_is_nested, value)):
        return Writing(_inline(value, spot))
    lines = tuple(_lines(value, spot.below, literal=literal))
    if spot.item:
        return Writing(lines[0].lstrip(" "), lines[1:])
    return Writing("", lines)


def _is_nested(value: Value) -> bool:
    return isinstance(value, Mapping | Sequence) and not (
        isinstance(value, str) and "\n" not in value
    )


def _lines(
    value: Mapping[str, Value] | Sequence[Value], column: int, *, literal: bool
) -> Iterator[str]:
    """Yield the lines of a block collection whose keys or dashes stand in `column`."""
    if isinstance(value, Mapping):
        heads = [(f"{key_text(key, flow=False)}:", item) for key, item in value.items()]
    else:
        heads = [("-", item) for item in value]
    for head, item in heads:
        spot = Spot(column, column + STEP, item=head == "-")
        writing = _writing(item, spot, literal=literal)
        yield f"{' ' * column}{head} {writing.inline}".rstrip(" ")
        yield from writing.below


def _literal(text: str, spot: Spot) -> Writing:
    """Write text below `|`, with the indicators for its first and its last characters."""
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    below = spot.below
    if not 0 < below - spot.column <= _DEEPEST_INDICATOR:
        below = spot.column + STEP
    indicator = str(below - spot.column) if text[0] in " \t\n" else ""
    chomping = "-" if ends == 0 else "" if ends == 1 else "+"
    lines = [" " * below + line if line else "" for line in body.split("\n")]
    return Writing(f"|{indicator}{chomping}", (*lines, *[""] * (ends - 1)))


def _inline(value: Value, spot: Spot) -> str:
    match value:
        case str():
            return _text(value, flow=spot.flow, style=spot.style)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return _EXPONENT.sub(r"\1.0\2", repr(value))  # YAML 1.1 wants the point
        case int():
            return str(value)
        case Mapping():
            pairs = (f"{key_text(k, flow=True)}: {_inline(v, _FLOW)}" for k, v in value.items())
            return f"{{{', '.join(pairs)}}}"
        case _:
            return f"[{', '.join(_inline(item, _FLOW) for item in value)}]"


_FLOW: Final = Spot(0, STEP, flow=True)


def _text(text: str, *, flow: bool, style: str = "") -> str:
    """Write text plain where every reader takes it for this text, else in quotes."""
    # the emitter alone knows all the rules for plain text
    found = Emitter(io.StringIO(), allow_unicode=True).analyze_scalar(text)
    if style not in {"'", '"'}:
        lexical = found.allow_flow_plain if flow else found.allow_block_plain
        if lexical and not found.multiline and _is_text_to_all(text):
            return text
        style = "'" if '"' in text or "\\" in text else '"'
    if style == "'" and found.allow_single_quoted and not found.multiline:
        return "'" + text.replace("'", "''") + "'"
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _is_text_to_all(text: str) -> bool:
    """Say whether readers of YAML 1.2 and of 1.1 agree that this is text."""
    tag = Resolver().resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return tag == _STRING and isinstance(resolved(text), str) and text not in _YES_OR_NO_IN_1_1

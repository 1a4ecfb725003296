"""The schemas mean the same to both validators, and say what is wrong in plain words."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema.protocols import Validator
from jsonschema_rs import Draft202012Validator

from publisher.domain.errors import ContentError
from publisher.files.schema import load_schema, schema_problems
from publisher.files.yaml_text import Document, read_yaml
from tests.files.bad_epics import ALL
from tests.files.epics_for_tests import GOOD

ROOT = Path(__file__).parents[2]
NAMES = ("approvals", "copydesk", "epic", "media.lock", "people", "profiles")


def pattern(validator: Validator, rule: str, value: object, schema: object) -> Iterator[Any]:
    """`$` of JSON Schema is the end of the text; Python's also stands before a last newline."""
    del validator, schema
    if isinstance(value, str) and not re.search(rule.replace("$", r"\Z"), value):
        yield jsonschema.ValidationError(rule)


Reference = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": pattern})


def both(name: str, value: object) -> tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]:
    schema = load_schema(name)
    fast = Draft202012Validator(schema).iter_errors(value)
    slow = Reference(schema).iter_errors(value)
    return (
        {(tuple(error.instance_path), error.schema_path[-1]) for error in fast},
        {(tuple(error.absolute_path), error.validator) for error in slow},
    )


def rules(schema: Any, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every property's rule."""
    if isinstance(schema, dict):
        for key, value in schema.get("properties", {}).items():
            yield f"{pointer}/{key}", value
        for key, value in schema.items():
            if key not in {"examples", "default"}:
                yield from rules(value, f"{pointer}/{key}")


def followed(name: str, rule: dict[str, Any]) -> dict[str, Any]:
    target = rule.get("$ref", "")
    found: dict[str, Any] = load_schema(name)["$defs"][target.rpartition("/")[2]] if target else {}
    return found or rule


@pytest.mark.parametrize("name", NAMES)
def test_every_property_teaches(name: str) -> None:
    schema = load_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"{name}.schema.json"
    found = list(rules(schema))
    assert len(found) >= 3 or name == "people"
    for pointer, rule in ((pointer, followed(name, rule)) for pointer, rule in found):
        assert len(rule["description"].split()) > 1, pointer
        assert rule["description"].endswith("."), pointer
        assert rule["examples"], pointer
        if "pattern" in rule:
            assert rule["x-rule"], pointer
        if rule.get("type") == "object":
            assert "additionalProperties" in rule or pointer.endswith("options"), pointer


@pytest.mark.parametrize("name", NAMES)
def test_examples_and_defaults_are_valid(name: str) -> None:
    schema = load_schema(name)
    seen = 0
    waiting: list[dict[str, Any]] = [schema]
    while waiting:
        part = waiting.pop()
        part_alone = {**part, "$defs": schema.get("$defs", {})}
        part_alone.pop("$id", None)
        for value in [*part.get("examples", ()), *([part["default"]] if "default" in part else ())]:
            assert list(Reference(part_alone).iter_errors(value)) == [], (part, value)
            assert Draft202012Validator(part_alone).is_valid(value)
            seen += 1
        for holder in ("properties", "$defs"):
            waiting.extend(part.get(holder, {}).values())
        waiting.extend(part[key] for key in ("items", "additionalProperties") if part.get(key))
    assert seen > 5


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.name)
def test_both_validators_agree_on_the_corpus(bad: Any) -> None:
    data = bad.text.encode() if isinstance(bad.text, str) else bad.text
    try:
        value = read_yaml(data, "p").value
    except ContentError:
        return
    fast, slow = both("epic", value)
    assert fast == slow


STARTS = {
    "epic": read_yaml(GOOD.encode(), "p").value,
    "approvals": load_schema("approvals")["examples"][1],
    "media.lock": load_schema("media.lock")["examples"][0],
    **{
        name: read_yaml((ROOT / f"content/{name}.yaml").read_bytes(), "p").value
        for name in ("copydesk", "people", "profiles")
    },
}
KEYS = st.sampled_from(
    ["id", "title", "body", "tasks", "at", "file", "media", "url", "x", "roles", "people"]
)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("aA1-/ \n.PT_", max_size=12)
    | st.floats(-9, 9) | st.sampled_from([1.0, 6, 7, 0, "", "A" * 100, "PT1H", "no"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def wounded(draw: st.DrawFn, value: Any) -> Any:
    """Return the value with one part replaced, dropped or added."""
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 4)) == 0:
        return draw(ANY)
    if isinstance(value, list):
        index = draw(st.integers(0, len(value) - 1))
        return [*value[:index], wounded(draw, value[index]), *value[index + 1 :]]
    key = draw(st.sampled_from(sorted(value)))
    match draw(st.integers(0, 5)):
        case 0:
            return {name: item for name, item in value.items() if name != key}
        case 1:
            return {**value, draw(KEYS): draw(ANY)}
        case _:
            return {**value, key: wounded(draw, value[key])}


@settings(max_examples=300)
@given(st.data(), st.sampled_from(NAMES))
def test_both_validators_agree_on_wounded_files(data: st.DataObject, name: str) -> None:
    value = wounded(data.draw, STARTS[name])
    fast, slow = both(name, value)
    assert fast == slow
    if isinstance(value, dict):
        text = json.dumps(value).encode()
        problems = schema_problems(Document("p", text, value), name)
        assert bool(problems) == bool(fast)
        assert list(problems) == sorted(set(problems))
        for problem in problems:
            assert problem.line == 1, "a place in the one line of JSON"
            assert "what the schema says" not in problem.message, "every rule has its words"


@pytest.mark.parametrize(
    ("name", "text", "place", "says"),
    [
        ("copydesk", "id: a\npaused: no\n", (2, 9), ("true or false", "“no”", "here false")),
        ("copydesk", "id: a\npaused: on\n", (2, 9), ("true or false", "“on”", "here true")),
        ("copydesk", "id: a\npaused: maybe\n", (2, 9), ("Write true or false",)),
        ("copydesk", "id: a\npaused: 1\n", (2, 9), ("`paused` must be true or false, not “1”",)),
        ("copydesk", "id: a\npublication_attempts_limit: 7\n", (2, 29), ("1 to 6", "“7”")),
        ("copydesk", "id: a\npublication_attempts_limit: 0\n", (2, 29), ("five retries",)),
        ("copydesk", "id: a\npublication_attempts_limit: 2.5\n", (2, 29), ("a whole number",)),
        ("copydesk", "id: a/b\n", (1, 5), ("`id` must be", "hyphens")),
        ("copydesk", "id: a\ntimezon: x\n", (2, 1), ("mean “timezone”",)),
        ("people", "people: []\nx: 1\n", (2, 1), ("Unknown key “x”.", "Known keys are people")),
        (
            "people",
            "people:\n  - {id: a, name: A, roles: [autor]}\n",
            (2, 30),
            ("“autor”", "mean “author”", "approver, scheduler or admin"),
        ),
        ("people", "people:\n  - {id: a, name: A, roles: [7]}\n", (2, 30), ("Entry 1 of `roles`",)),
        ("people", "people:\n  - a\n", (2, 5), ("Entry 1 of `people` must be a mapping",)),
        ("people", "people: [{id: a, name: A <x>}]\n", (1, 24), ("< and >",)),
        ("people", "people: [{id: a, name: A, slack: '@a'}]\n", (1, 34), ("Slack member id",)),
        ("profiles", "profiles: [{id: a, platform: p}]\n", (1, 12), ("lacks `account`",)),
    ],
)
def test_words(name: str, text: str, place: tuple[int, int], says: tuple[str, ...]) -> None:
    (problem,) = schema_problems(read_yaml(text.encode(), "p"), name)
    assert (problem.line, problem.column) == place
    for words in says:
        assert words in f"{problem.message} {problem.hint}"

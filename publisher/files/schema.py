"""The schema of each file, compiled once, and its errors as problems in plain words."""

import json
from collections.abc import Sequence
from functools import cache
from itertools import islice
from typing import Any

from jsonschema_rs import Draft202012Validator, ValidationError

from publisher.domain.problems import Problem
from publisher.domain.rules import Rule
from publisher.files import schema_words
from publisher.files.starter import home
from publisher.files.yaml_text import MAX_PROBLEMS, Document

Schema = dict[str, Any]

_RULES = {
    "type": Rule.WRONG_TYPE,
    "enum": Rule.NOT_ALLOWED,
    "minLength": Rule.WRONG_LENGTH,
    "maxLength": Rule.WRONG_LENGTH,
}


@cache
def load_schema(name: str) -> Schema:
    """Return `schemas/<name>.schema.json`."""
    text = (home() / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
    schema: Schema = json.loads(text)
    return schema


def schema_problems(document: Document, name: str) -> tuple[Problem, ...]:
    """Return what the schema refuses (of hostile files the first hundreds), by place."""
    validator = _validator(name)
    if validator.is_valid(document.value):
        return ()
    found = {
        problem
        for error in islice(validator.iter_errors(document.value), MAX_PROBLEMS)
        for problem in _problems(document, error, load_schema(name))
    }
    return tuple(sorted(found))


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(load_schema(name))


def _problems(document: Document, error: ValidationError, schema: Schema) -> list[Problem]:
    pointer, rule = error.instance_path, _at(schema, error.schema_path[:-1])
    value: Any = error.instance
    words = schema_words.Broken(pointer, rule, value)
    match error.schema_path[-1]:
        case "additionalProperties":
            return [
                document.problem([*pointer, key], *words.unknown(key), Rule.UNKNOWN_KEY, key=True)
                for key in sorted(set(value) - set(rule.get("properties", ())))[:MAX_PROBLEMS]
            ]
        case "required":
            missing = [key for key in rule["required"] if key not in value]
            return [
                document.problem(pointer, *words.missing(key), Rule.MISSING_KEY, key=True)
                for key in missing
            ]
        case keyword:
            broken = _RULES.get(str(keyword), Rule.WRONG_FORM)
            return [document.problem(pointer, *words.wrong(str(keyword)), broken)]


def _at(schema: Schema, path: Sequence[str | int]) -> Schema:
    """Follow the path; each step of it exists, because the validator has just taken it."""
    found: Any = schema
    for step in path:
        found = found[step]
    rule: Schema = found
    return rule

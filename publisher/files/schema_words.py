"""A broken rule of a schema → a sentence and what to do, in the words of the schema itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from publisher.files.words import did_you_mean, shown

_TYPES = {
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a mapping (`key: value` lines)",
}
_ALMOST_TRUE = frozenset({"yes", "on", "y", "true"})
_ALMOST_FALSE = frozenset({"no", "off", "n", "false"})


@dataclass(frozen=True, slots=True)
class Broken:
    """One error: where in the value, the part of the schema that it breaks, and the value."""

    pointer: Sequence[str | int]
    rule: Mapping[str, Any]
    value: Any

    def unknown(self, key: str) -> tuple[str, str]:
        where = f" in {self._name()}" if self.pointer else ""
        hint = self.rule.get("x-unsupported", {}).get(key)
        known = list(self.rule.get("properties", ()))
        return (
            f"Unknown key {shown(key)}{where}.",
            hint or did_you_mean(key, known, f"Known keys are {', '.join(known)}."),
        )

    def missing(self, key: str) -> tuple[str, str]:
        where = f"{self._name()} lacks" if self.pointer else "The file lacks"
        examples = self.rule["properties"][key].get("examples", [""])
        example = examples[0] if isinstance(examples[0], str) else "…"
        return f"{where} `{key}`.", f"Add a line such as `{key}: {example}`."

    def wrong(self, keyword: str) -> tuple[str, str]:
        match keyword:
            case "type":
                return self._wrong_type()
            case "enum":
                return self._not_allowed()
            case "minLength":
                return f"{self._name()} is empty.", self._example()
            case "maxLength":
                longest = self.rule["maxLength"]
                message = f"{self._name()} is longer than {longest} characters."
                return message, self._example()
            case _:
                rule = self.rule.get("x-rule", f"what the schema says ({keyword})")
                words = self.rule.get("x-words", ()) if isinstance(self.value, str) else ()
                hint = did_you_mean(str(self.value), words) or self._example()
                return f"{self._name()} must be {rule}{self._not_value()}.", hint

    def _not_allowed(self) -> tuple[str, str]:
        allowed = [str(value) for value in self.rule["enum"]]
        close = did_you_mean(self.value, allowed) if isinstance(self.value, str) else ""
        written = shown(self.value) if isinstance(self.value, str) else _kind(self.value)
        message = f"{self._name()} may not be {written}."
        return message, f"{close} Allowed are {', '.join(allowed)}.".strip()

    def _wrong_type(self) -> tuple[str, str]:
        wanted = self.rule["type"]
        if self.value is None:
            hint = "Write a value or remove the line. A `#` starts a comment: quote text with #."
            return f"{self._name()} has no value.", hint
        if wanted == "boolean":
            message = f"{self._name()} must be true or false{self._not_value()}."
            return message, _boolean_hint(self.value)
        message = f"{self._name()} must be {_TYPES[wanted]}, not {_kind(self.value)}."
        if wanted == "string" and isinstance(self.value, bool | int | float):
            return message, "If it is meant as text, put it into quotes."
        return message, self._example()

    def _name(self) -> str:
        names = [step for step in self.pointer if isinstance(step, str)]
        if not names:
            return "The file"
        if isinstance(self.pointer[-1], int):
            return f"Entry {self.pointer[-1] + 1} of {_code(names[-1])}"
        return _code(names[-1])

    def _not_value(self) -> str:
        """Repeat what was written, unless it may be a secret or is blank."""
        if self.rule.get("x-secret") or not str(self.value).strip():
            return ""
        if isinstance(self.value, dict | list):
            return f", not {_kind(self.value)}"
        return f", not {shown(str(self.value))}"

    def _example(self) -> str:
        examples = self.rule.get("examples", [""])
        return f"For example: {examples[0]}" if isinstance(examples[0], str) and examples[0] else ""


def _code(name: str) -> str:
    return f"`{name}`" if len(name) <= 60 else shown(name)  # noqa: PLR2004  (as in `shown`)


def _kind(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _boolean_hint(value: object) -> str:
    folded = value.casefold() if isinstance(value, str) else ""
    if folded in _ALMOST_TRUE:
        return "Write true or false, without quotes: here true."
    if folded in _ALMOST_FALSE:
        return "Write true or false, without quotes: here false."
    return "Write true or false, without quotes."

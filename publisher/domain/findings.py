"""What a rule finds in an epic: the place in the value; where that is in the file comes later."""

from dataclasses import dataclass

from publisher.domain.rules import Rule

Pointer = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """`pointer` leads from the epic's top to the value, as in ("tasks", 0, "body")."""

    pointer: Pointer
    rule: Rule
    message: str
    hint: str = ""

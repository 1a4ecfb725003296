"""One thing that is wrong in a file: where, what, what to do, and the rule that says so."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from publisher.domain.rules import Rule, Severity


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """`line` and `column` count from 1; 0 means the file as a whole."""

    path: str
    line: int
    column: int
    message: str
    hint: str = field(default="")
    rule: str = field(default="")

    @property
    def severity(self) -> Severity:
        """How much it matters; a problem without a rule is an error."""
        return Rule(self.rule).severity if self.rule else Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return f"{place}: {self.message}" + (f" {self.hint}" if self.hint else "")


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return those that keep an epic from going out."""
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)

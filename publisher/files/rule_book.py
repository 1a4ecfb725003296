"""rules.md: what each rule is for and how to mend what breaks it, for people and programs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from publisher.domain.rules import Rule

_ENTRY = re.compile(
    r"^## (?P<id>CD\d{3}) · (?P<severity>\w+) · (?P<title>.+)\n\n"
    r"Why: (?P<why>(?:.+\n)+)\nMend: (?P<mend>(?:.+\n)+)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule in words."""

    rule: Rule
    title: str
    why: str
    mend: str

    def __str__(self) -> str:
        allowed = (
            f"Allowed on one line with a reason: # copydesk: allow {self.rule} because …"
            if self.rule.can_be_allowed
            else "It cannot be allowed: the epic could not go out."
        )
        head = f"{self.rule} ({self.rule.severity}): {self.title}"
        return f"{head}\n\nWhy:  {self.why}\nMend: {self.mend}\n\n{allowed}"


@cache
def rule_book() -> Mapping[Rule, Entry]:
    """Every rule's entry, in the order of the ids."""
    text = Path(__file__).with_name("rules.md").read_text(encoding="utf-8")
    return {
        Rule(found["id"]): Entry(
            Rule(found["id"]),
            found["title"],
            " ".join(found["why"].split()),
            " ".join(found["mend"].split()),
        )
        for found in _ENTRY.finditer(text)
    }

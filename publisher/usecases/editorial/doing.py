"""Who asks for what, and what came of it: every request is a commit that says so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.domain.delivery import Key
from publisher.domain.epic import Person
from publisher.ports import Pull, Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """One request of one person. The same `request` id is carried out once, however often it comes.

    `via` is the door it came through (cli, slack, github, api), `link` where it was said.
    """

    who: Person
    request: str
    at: datetime
    via: str = "cli"
    link: str = ""

    @property
    def author(self) -> Signature:
        return Signature(self.who.name, self.who.email or f"{self.who.id}@people.invalid")

    @property
    def named(self) -> str:
        """The person as ledger entries name them."""
        return f"{self.author.name} <{self.author.email}>"

    @property
    def trailer(self) -> str:
        """The line by which a request that is repeated is recognised."""
        return f"Request-Id: {self.request}"

    def message(
        self, verb: str, epic: str, detail: str = "", *, text: str = "", more: Iterable[str] = ()
    ) -> str:
        """A commit message: a subject that can be read in a log, the text, the trailers."""
        subject = f"{verb}: {epic}" + (f" {detail}" if detail else "")
        trailers = "\n".join([*more, *self.trailers(epic)])
        return "\n\n".join(block for block in (subject, text.strip(), trailers) if block) + "\n"

    def trailers(self, epic: str = "") -> list[str]:
        """What stands at the end of every commit: the epic, who said it where, the request."""
        slack = f"Slack-User: {self.who.slack}" if self.via == "slack" and self.who.slack else ""
        link = f"{'Slack-Message' if self.via == 'slack' else 'Link'}: {self.link}"
        found = (f"Epic: {epic}" if epic else "", slack, link if self.link else "", self.trailer)
        return [line for line in found if line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a request came to. `again`: it had been carried out before, and nothing was changed.

    `too_late` are deliveries whose call had begun already when they were to be stopped.
    """

    epic: str
    commit: str
    words: str
    branch: str = ""
    pull: Pull | None = None
    again: bool = False
    too_late: tuple[Key, ...] = ()


def listed(names: Sequence[str], last: str = "and") -> str:
    """a, b and c."""
    if len(names) < 2:  # noqa: PLR2004 - one name needs no “and”
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"

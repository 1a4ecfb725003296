"""One line of the library: how an epic stands, without all that it takes to find out."""

from dataclasses import dataclass
from datetime import datetime

from publisher.domain.calendar import GoLive
from publisher.domain.states import EpicState


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """How the approvals of one task stand: who gave them, and what is missing in a sentence."""

    task: str
    complete: bool
    by: tuple[str, ...] = ()
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """`state` is None when the epic cannot be read; `problems` then say why.

    `goes_out` is when its next delivery is due (UTC); `links` are where what is out can be seen.
    """

    id: str
    state: EpicState | None
    why: str = ""
    title: str = ""
    owner: str = ""
    branch: str = ""
    pull: int | None = None
    goes_out: datetime | None = None
    links: tuple[str, ...] = ()
    approvals: tuple[TaskSummary, ...] = ()
    problems: tuple[str, ...] = ()
    calendar: tuple[GoLive, ...] = ()

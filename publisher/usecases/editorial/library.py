"""The library: every epic there is, wherever it is, how it stands and when it goes out.

What an epic depends on is named by git's own ids, so a summary is good until one of them changes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from publisher.domain.calendar import GoLive
from publisher.domain.delivery import Delivery, DeliveryStatus, Key
from publisher.domain.states import EpicState
from publisher.domain.summary import Summary, TaskSummary
from publisher.ports import BranchIndex, Heads
from publisher.usecases.editorial.desk import EditorialDesk
from publisher.usecases.editorial.survey import Survey, Surveyed
from publisher.usecases.editorial.where import Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody looks for; empty means all. `words` are looked for in id and title."""

    state: EpicState | None = None
    owner: str = ""
    words: str = ""


EVERYTHING = Wanted()


@dataclass(frozen=True, slots=True)
class Library:
    """Reads what has changed since it was last asked; the rest it remembers."""

    desk: EditorialDesk
    survey: Survey
    seen: BranchIndex

    def epics(self, wanted: Wanted = EVERYTHING) -> Iterator[Summary]:
        """Every epic that is looked for, by its id."""
        heads = self.desk.attempt.fresh()
        places = self.desk.finder.every(heads)
        known = self.seen.summaries()
        news: dict[str, tuple[str, Summary]] = {}
        keys = self._keys(heads, places)
        for epic, where in places.items():
            key, summary = known.get(epic, ("", None))
            if summary is None or key != keys[epic]:
                summary = summary_of(self.survey.of(where))
                news[epic] = keys[epic], summary
            if _matches(summary, wanted):
                yield summary
        self.seen.keep_summaries(news, [epic for epic in known if epic not in places])

    def calendar(self, wanted: Wanted = EVERYTHING) -> Iterator[GoLive]:
        """When everything that has a time goes out, or went out."""
        for summary in self.epics(wanted):
            yield from summary.calendar

    def _keys(self, heads: Heads, places: Mapping[str, Where]) -> Mapping[str, str]:
        """By epic: everything that its summary depends on, as one text."""
        trees, records = self.desk.index.trees(), self.desk.store.record_ids(heads.ledger)
        same = f"{self.desk.store.desk_id(heads.main)} {self.desk.standings.trusted()}"
        keys = {}
        for epic, where in places.items():
            pull = where.pull
            stage = (pull.number, pull.draft) if pull else None
            proposed = self.desk.store.tree_id(where.tip, where.branch_path) if where.tip else ""
            contested = self.desk.index.contested(epic) if where.main_path else ""
            _path, tree = trees.get(epic, ("", ""))
            facts = (same, tree, records.get(epic, ""), where.branch, proposed, stage, contested)
            keys[epic] = " ".join(map(str, facts))
        return keys


def summary_of(surveyed: Surveyed) -> Summary:
    """What the library keeps of an epic."""
    epic, assessment, where = surveyed.epic, surveyed.assessment, surveyed.where
    return Summary(
        id=where.id,
        state=assessment.state if assessment else None,
        why=assessment.why if assessment else "",
        title=epic.title if epic else "",
        owner=epic.owner if epic else "",
        branch=where.branch,
        pull=where.pull.number if where.pull else None,
        goes_out=min(_dues(surveyed), default=None),
        links=tuple(_links(surveyed)),
        approvals=tuple(
            TaskSummary(name, one.complete, tuple(person.id for person in one.by), one.missing)
            for name, one in surveyed.approvals.items()
        ),
        problems=tuple(str(problem) for problem in surveyed.problems),
        calendar=tuple(_go_lives(surveyed)),
    )


def _links(surveyed: Surveyed) -> Iterator[str]:
    for delivery in surveyed.record.deliveries.values():
        yield from (part.url for part in delivery.parts[:1] if part.url)


def _dues(surveyed: Surveyed) -> Iterator[datetime]:
    """When what still waits is to go out."""
    epic = surveyed.epic
    for task, profile in epic.deliveries() if epic else ():
        delivery = surveyed.record.get(Key(surveyed.where.id, task.id, profile))
        if task.due is not None and _waits(delivery):
            yield task.due


def _go_lives(surveyed: Surveyed) -> Iterator[GoLive]:
    """Every delivery that has a time: when it went out, or is to go out."""
    epic, assessment = surveyed.epic, surveyed.assessment
    state = assessment.state.value if assessment else ""
    for task, profile in epic.deliveries() if epic else ():
        delivery = surveyed.record.get(Key(surveyed.where.id, task.id, profile))
        out = delivery.parts[0].at if delivery and delivery.parts else None
        at = out or task.due
        if at is not None and not (delivery and delivery.cancelled):
            yield GoLive(at=at, epic=surveyed.where.id, task=task.id, profile=profile, state=state)


def _waits(delivery: Delivery | None) -> bool:
    return delivery is None or delivery.status is DeliveryStatus.PENDING


def _matches(summary: Summary, wanted: Wanted) -> bool:
    if wanted.state is not None and summary.state is not wanted.state:
        return False
    if wanted.owner and summary.owner != wanted.owner:
        return False
    text = f"{summary.id} {summary.title}".casefold()
    return all(word in text for word in wanted.words.casefold().split())

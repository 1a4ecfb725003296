"""Answers without side effects: where an epic is, what would go out, what its story was."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from publisher.domain.delivery import Delivery, DeliveryStatus, Key, Mark, Record
from publisher.domain.epic import Desk, Epic
from publisher.domain.errors import NotFound
from publisher.domain.policy import Policy
from publisher.domain.problems import Problem
from publisher.domain.remaining import remaining
from publisher.domain.situation import Assessment, EpicSituation, approved, assess
from publisher.domain.standing import TaskApproval
from publisher.domain.states import EpicState, PostStatus, post_status
from publisher.files.words import did_you_mean
from publisher.ports import Heads, Index, Platform, Store
from publisher.usecases.standings import EpicApprovals, Standings


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """One delivery for people; `due` is when it should go out or be tried again (UTC)."""

    key: Key
    platform: str
    delivery: Delivery
    due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """One task with its post status."""

    id: str
    status: PostStatus
    due: datetime | None
    deliveries: tuple[DeliveryView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EpicView:
    """One epic for people. A broken epic has problems, no state and no tasks.

    `why` gives the reason for the state in a few words, `approvals` how each task stands.
    """

    id: str
    title: str
    state: EpicState | None
    owner: str
    tasks: tuple[TaskView, ...]
    problems: tuple[Problem, ...] = ()
    why: str = ""
    approvals: Mapping[str, TaskApproval] = field(default_factory=dict)

    @property
    def published(self) -> int:
        return sum(d.delivery.status is DeliveryStatus.PUBLISHED for d in self.deliveries)

    @property
    def deliveries(self) -> tuple[DeliveryView, ...]:
        return tuple(delivery for task in self.tasks for delivery in task.deliveries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Something that would go out at `at` (UTC); `why_not` says what keeps it back."""

    key: Key
    at: datetime
    platform: str
    text: str
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of an epic's story."""

    at: datetime
    commit: str
    who: str
    text: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Queries:
    """Reads main and the ledger at their last known commits."""

    store: Store
    index: Index
    platforms: Mapping[str, Platform]
    policy: Callable[[Desk], Policy]
    standings: Standings

    def epic(self, heads: Heads, epic_id: str, now: datetime, begun: frozenset[str]) -> EpicView:
        """One epic; `begun` are the claims whose call is under way. Raises NotFound."""
        epic = self.index.epic(epic_id)
        record = self.store.record(heads.ledger, epic_id)
        problems = self.index.problems(epic_id)
        if epic is None and not problems and not record.deliveries:
            known = self.index.ids()
            raise NotFound(f"There is no epic {epic_id}. {did_you_mean(epic_id, known)}".strip())
        if epic is None:
            return EpicView(
                id=epic_id, title=record.title, state=None, owner="", tasks=(), problems=problems
            )
        judged, approvals = self._assessed(heads, epic, record)
        return EpicView(
            id=epic.id,
            title=epic.title,
            state=judged.state,
            owner=epic.owner,
            tasks=tuple(self._tasks(epic, record, now, begun)),
            problems=approvals.problems,
            why=judged.why,
            approvals=approvals.tasks,
        )

    def epics(self, heads: Heads, now: datetime) -> Iterator[EpicView]:
        for epic_id in self.index.ids():
            yield self.epic(heads, epic_id, now, frozenset())

    def plan(self, heads: Heads, now: datetime, until: datetime | None) -> list[Planned]:
        """What would go out from now on, in order of time, as main and the ledger stand."""
        found: list[Planned] = []
        for epic_id in self.index.ids():
            epic = self.index.epic(epic_id)
            if epic is None or epic.schedule is None:
                continue
            record = self.store.record(heads.ledger, epic_id)
            found.extend(self._planned(epic, record, now, self._kept_back(heads, epic, record)))
        wanted = (item for item in found if until is None or item.at <= until)
        return sorted(wanted, key=lambda item: (item.at, item.key))

    def _kept_back(self, heads: Heads, epic: Epic, record: Record) -> str:
        """What keeps all of an epic back, in a few words."""
        contested = self.index.contested(epic.id)
        if contested:
            return f"on hold: {contested}"
        standing = self.standings.of(epic, heads.main, record, self.index.desk)
        return "" if approved(remaining(epic, record), standing.tasks) else "not approved"

    def _assessed(
        self, heads: Heads, epic: Epic, record: Record
    ) -> tuple[Assessment, EpicApprovals]:
        """The state as main and the ledger have it, and the approvals that it depends on."""
        approvals = self.standings.of(epic, heads.main, record, self.index.desk)
        situation = EpicSituation(
            epic=epic,
            record=record,
            approvals=approvals.tasks,
            contested=self.index.contested(epic.id),
        )
        return assess(situation), approvals

    def _tasks(
        self, epic: Epic, record: Record, now: datetime, begun: frozenset[str]
    ) -> Iterator[TaskView]:
        profiles = self.index.desk.profiles
        for task in epic.tasks:
            views = []
            for name in task.profiles:
                key = Key(epic.id, task.id, name)
                delivery = record.get(key) or Delivery(key=key)
                if delivery.claim_id in begun:
                    delivery = delivery.begun()
                due = max(filter(None, (task.due, delivery.due)), default=None)
                platform = profiles[name].platform
                views.append(DeliveryView(key=key, platform=platform, delivery=delivery, due=due))
            status = post_status(task, (view.delivery for view in views), now)
            yield TaskView(id=task.id, status=status, due=task.due, deliveries=tuple(views))

    def _planned(
        self, epic: Epic, record: Record, now: datetime, kept_back: str
    ) -> Iterator[Planned]:
        desk, policy = self.index.desk, self.policy(self.index.desk)
        waiting = {DeliveryStatus.PENDING, DeliveryStatus.WAITING, DeliveryStatus.PROCESSING}
        for task, name in epic.deliveries():
            key = Key(epic.id, task.id, name)
            delivery = record.get(key) or Delivery(key=key)
            if delivery.status not in waiting or delivery.cancelled or task.due is None:
                continue
            at = max(task.due, delivery.due) if delivery.due else task.due
            why_not = kept_back or _why_not(delivery.held, at, now, policy, first=delivery.first)
            if desk.settings.paused:
                why_not = why_not or "paused"
            profile = desk.profiles[name]
            override = task.overrides.get(name)
            body = override.body if override and override.body else task.parts[0].body
            yield Planned(
                key=key,
                at=max(at, now),
                platform=profile.platform,
                text=" ".join(body.split()),
                why_not=why_not,
            )


def _why_not(held: Mark | None, at: datetime, now: datetime, policy: Policy, *, first: bool) -> str:
    if held:
        return f"held: {held.code}"
    return "overdue: will be held" if first and now - at > policy.grace else ""

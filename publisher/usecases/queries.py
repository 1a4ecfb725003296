"""Answers without side effects: where an epic is, what would go out, what its story was."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from publisher.domain.delivery import Delivery, DeliveryStatus, Key, Mark, Record
from publisher.domain.epic import Desk, Epic, Task
from publisher.domain.errors import NotFound
from publisher.domain.media import MediaStatus
from publisher.domain.policy import Policy
from publisher.domain.problems import Problem
from publisher.domain.remaining import remaining
from publisher.domain.situation import approved
from publisher.domain.standing import TaskApproval
from publisher.domain.states import EpicState, PostStatus, post_status
from publisher.ports import Heads, Index, Platform, Pull, Store
from publisher.usecases.editorial.survey import Surveyed
from publisher.usecases.standings import Standings


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """One delivery for people; `due` is when it should go out or be tried again (UTC)."""

    key: Key
    platform: str
    delivery: Delivery
    due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaView:
    """One attachment with its status; `cause` and `message` say why it is not processed."""

    name: str
    status: MediaStatus
    cause: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """One task with its post status."""

    id: str
    status: PostStatus
    due: datetime | None
    deliveries: tuple[DeliveryView, ...]
    media: tuple[MediaView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EpicView:
    """One epic for people. A broken epic has problems, no state and no tasks.

    `why` gives the reason for the state in a few words, `approvals` how each task stands. `branch`
    and `pull` say where it is being worked on.
    """

    id: str
    title: str
    state: EpicState | None
    owner: str
    tasks: tuple[TaskView, ...]
    problems: tuple[Problem, ...] = ()
    why: str = ""
    approvals: Mapping[str, TaskApproval] = field(default_factory=dict)
    branch: str = ""
    pull: Pull | None = None

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
    survey: Callable[[Heads, str], Surveyed]

    def epic(self, heads: Heads, epic_id: str, now: datetime, begun: frozenset[str]) -> EpicView:
        """One epic, on main or on a branch; raise NotFound.

        `begun` are the claims whose call is under way.
        """
        try:
            surveyed = self.survey(heads, epic_id)
        except NotFound:
            record = self.store.record(heads.ledger, epic_id)
            if not record.deliveries:
                raise
            return EpicView(id=epic_id, title=record.title, state=None, owner="", tasks=())
        epic, judged, where = surveyed.epic, surveyed.assessment, surveyed.where
        twins = self.index.problems(epic_id) if where.main_path else ()
        return EpicView(
            id=epic_id,
            title=epic.title if epic else surveyed.record.title,
            state=judged.state if judged else None,
            owner=epic.owner if epic else "",
            tasks=tuple(self._tasks(epic, surveyed.record, now, begun)) if epic else (),
            problems=tuple(dict.fromkeys((*surveyed.problems, *twins))),
            why=judged.why if judged else "",
            approvals=surveyed.approvals,
            branch=where.branch,
            pull=where.pull,
        )

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
            yield TaskView(
                id=task.id,
                status=post_status(task, (view.delivery for view in views), now, record.media),
                due=task.due,
                deliveries=tuple(views),
                media=tuple(_media(task, record)),
            )

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
            why_not = why_not or _unready(record, task)
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


def _media(task: Task, record: Record) -> Iterator[MediaView]:
    """What the last round found; what keeps nothing back counts as processed."""
    unready = {media.name: media for media in record.media if media.task == task.id}
    for name in dict.fromkeys(media.name for media in task.media):
        found = unready.get(name)
        if found is None:
            yield MediaView(name=name, status=MediaStatus.PROCESSED)
        else:
            yield MediaView(
                name=name, status=found.status, cause=str(found.cause), message=found.message
            )


def _unready(record: Record, task: Task) -> str:
    found = (f"media {m.status}: {m.name}" for m in record.media if m.task == task.id)
    return next(found, "")


def _why_not(held: Mark | None, at: datetime, now: datetime, policy: Policy, *, first: bool) -> str:
    if held:
        return f"held: {held.code}"
    return "overdue: will be held" if first and now - at > policy.grace else ""

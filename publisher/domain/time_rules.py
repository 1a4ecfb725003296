"""What is wrong about when deliveries go out; `now` is an argument (UTC)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from publisher.domain.epic import Blackout, Epic
from publisher.domain.findings import Finding
from publisher.domain.limits import Limits
from publisher.domain.rules import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """When a delivery goes out, and where: `place` is `platform:account`, `due` is UTC."""

    epic: str
    task: int
    task_id: str
    profile: str
    place: str
    due: datetime


def past_findings(epic: Epic, now: datetime) -> Iterator[Finding]:
    """Say once for an epic that its time has passed, then for tasks with an own one."""
    late = [i for i, task in enumerate(epic.tasks) if task.due is not None and task.due < now]
    hint = "Set a time that is still ahead when this is merged."
    if late and epic.schedule is not None and epic.schedule.utc < now:
        yield Finding(("schedule", "at"), Rule.PAST, "This time lies in the past.", hint)
    for index in late:
        due, schedule = epic.tasks[index].due, epic.schedule
        if schedule is None or schedule.utc >= now or due != schedule.utc:
            yield Finding(("tasks", index, "at"), Rule.PAST, "This time lies in the past.", hint)


def lead_findings(slot: Slot, limits: Limits, title: str, now: datetime) -> Iterator[Finding]:
    """Hold a time against a platform that schedules by itself."""
    if limits.scheduling != "real" or slot.due < now:
        return
    at, who = ("tasks", slot.task), f"{slot.profile} ({title})"
    ahead = (slot.due - now).total_seconds()
    if ahead < limits.lead:
        message = f"{who} wants content at least {_minutes(limits.lead)} ahead."
        yield Finding(at, Rule.LEAD, message, "Choose a later time.")
    if limits.horizon is not None and ahead > limits.horizon:
        message = f"{who} schedules at most {limits.horizon // 86400} days ahead."
        yield Finding(at, Rule.LEAD, message, "Choose an earlier time.")
    if limits.grain and slot.due.timestamp() % limits.grain:
        message = f"{who} sends every {_minutes(limits.grain)} only; this time is rounded."
        yield Finding(at, Rule.GRAIN, message, "Choose a time on that grid.")


def blackout_findings(slot: Slot, blackouts: Iterable[Blackout]) -> Iterator[Finding]:
    for blackout in blackouts:
        if blackout.start.utc <= slot.due < blackout.end.utc:
            why = f": {blackout.why}" if blackout.why else ""
            message = f"{slot.due:%Y-%m-%d %H:%M} UTC falls into a blackout{why}."
            hint = "Move the task, or allow it with a reason."
            yield Finding(("tasks", slot.task), Rule.BLACKOUT, message, hint)
            return


def clashes(slots: Iterable[Slot], within: timedelta) -> Iterator[tuple[Slot, Finding]]:
    """Find deliveries on one account that are no further apart than `within`."""
    by_place = defaultdict[str, list[Slot]](list)
    for slot in slots:
        by_place[slot.place].append(slot)
    for group in by_place.values():
        group.sort(key=lambda slot: (slot.due, slot.epic, slot.task))
        for first, second in pairwise(group):
            if second.due - first.due <= within:
                yield first, _clash(first, second)
                yield second, _clash(second, first)


def slots_of(epic: Epic, places: Mapping[str, str]) -> Sequence[Slot]:
    """Every delivery of the epic that has a time; `places` gives each known profile's place."""
    return [
        Slot(
            epic=epic.id,
            task=index,
            task_id=task.id,
            profile=profile,
            place=places[profile],
            due=task.due,
        )
        for index, task in enumerate(epic.tasks)
        for profile in task.profiles
        if task.due is not None and profile in places
    ]


def _clash(slot: Slot, other: Slot) -> Finding:
    apart = abs((slot.due - other.due).total_seconds())
    when = f"{_minutes(apart)} apart from" if apart else "at the same time as"
    message = f"On {slot.profile} this goes out {when} {other.epic}/{other.task_id}."
    return Finding(("tasks", slot.task), Rule.CLASH, message, "Move one of the two.")


def _minutes(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} minute{'' if minutes == 1 else 's'}"

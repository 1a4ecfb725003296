"""What Copydesk says in a pull request: one comment, one commit status, labels. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from publisher.domain.epic import Desk, Epic, Task
from publisher.domain.roles import names
from publisher.domain.standing import TaskApproval
from publisher.domain.walltime import zone_named
from publisher.ports import Pull
from publisher.usecases.editorial.survey import Surveyed


@dataclass(frozen=True, slots=True, kw_only=True)
class PullPage:
    """`text` is Markdown; `summary` fits a commit status (140 characters)."""

    approved: bool
    summary: str
    labels: tuple[str, ...]
    text: str
    head: str


def pull_page(
    pull: Pull, epics: Mapping[str, Surveyed], contested: Mapping[str, str], desk: Desk
) -> PullPage:
    """How the epics of one pull request stand, for everybody who looks at it."""
    standings = [s for surveyed in epics.values() for s in surveyed.approvals.values()]
    broken = [epic for epic, surveyed in epics.items() if surveyed.problems]
    done = sum(standing.complete for standing in standings)
    summary = f"{done} of {len(standings)} tasks approved"
    if broken:
        summary = f"{names(broken)} cannot be read"
    blocks = [
        block
        for epic, s in epics.items()
        for block in _epic(epic, s, contested.get(epic, ""), desk)
    ]
    return PullPage(
        approved=not broken and done == len(standings),
        summary=summary[:140],
        labels=(f"copydesk: {'draft' if pull.draft else 'review'}",),
        text="\n\n".join(blocks),
        head=pull.head,
    )


def _epic(epic_id: str, surveyed: Surveyed, contested: str, desk: Desk) -> Iterator[str]:
    epic = surveyed.proposed
    yield f"### {epic.title if epic else epic_id}"
    if surveyed.problems:
        yield "\n".join(f"- {problem}" for problem in surveyed.problems[:20])
    if contested:
        yield (
            f"**On hold:** {epic_id} is scheduled, and this pull request changes it. Nothing of it"
            " goes out until this is merged or closed."
        )
    if epic is None:
        return
    if not epic.tasks:
        yield "No task yet."
        return
    rows = (_row(task, surveyed.approvals.get(task.id), epic, desk) for task in epic.tasks)
    yield "\n".join(["| task | goes to | goes live | approved |", "|---|---|---|---|", *rows])
    missing = [s.missing for s in surveyed.approvals.values() if s.missing]
    if missing:
        yield "\n".join(f"- {sentence}" for sentence in missing)


def _row(task: Task, standing: TaskApproval | None, epic: Epic, desk: Desk) -> str:
    by = names(person.name for person in standing.by) if standing else ""
    mark = f"✅ {by}".strip() if standing and standing.complete else f"⏳ {by}".strip()
    zone = epic.schedule.zone if epic.schedule else desk.settings.timezone
    return f"| {task.id} | {', '.join(task.profiles)} | {_times(task.due, zone)} | {mark} |"


def _times(due: datetime | None, zone: str) -> str:
    if due is None:
        return "not scheduled"
    local = due.astimezone(zone_named(zone)).strftime("%Y-%m-%d %H:%M")
    return f"{local} {zone} ({due.strftime('%H:%M')} UTC)"

"""What Copydesk says in a pull request: one comment, one commit status, labels. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from publisher.domain.epic import Desk
from publisher.domain.preview import Preview, cards_of
from publisher.domain.roles import names
from publisher.ports import Pull
from publisher.usecases.editorial.survey import Surveyed
from publisher.usecases.pr_comment import LONGEST, pr_comment
from publisher.usecases.previewing import TABLES

_MOST_PROBLEMS = 20


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
        text="\n\n".join(blocks)[:LONGEST],
        head=pull.head,
    )


def _epic(epic_id: str, surveyed: Surveyed, contested: str, desk: Desk) -> Iterator[str]:
    """What its tasks will look like, what they lack, and whether they hold something up."""
    if contested:
        yield (
            f"**On hold:** {epic_id} is scheduled, and this pull request changes it. Nothing of it"
            " goes out until this is merged or closed."
        )
    epic = surveyed.proposed
    if epic is None:
        yield f"### {epic_id} cannot be read"
        yield "\n".join(f"- {problem}" for problem in surveyed.problems[:_MOST_PROBLEMS])
        return
    missing = {task: one.missing for task, one in surveyed.approvals.items()}
    yield pr_comment(
        Preview(
            epic=epic_id,
            path=epic.path,
            title=epic.title,
            zone=epic.schedule.zone if epic.schedule else desk.settings.timezone,
            cards=cards_of(epic, desk, {}, TABLES),
            problems=surveyed.problems,
            missing=missing,
        )
    )
    if not epic.tasks:
        yield "No task yet."

"""Lists of epics, as text and as JSON."""

from collections.abc import Sequence

import click

from publisher.domain.summary import Summary
from publisher.entrypoints.cli_options import coloured, shown_time


def print_summaries(found: Sequence[Summary], zone: str, more: str) -> None:
    """A line an epic; `more` says what to do when there is none."""
    width = max((len(summary.id) for summary in found), default=0)
    for summary in found:
        _print(summary, width, zone)
    if not found:
        click.echo(f"There is no such epic. {more}")


def _print(summary: Summary, width: int, zone: str) -> None:
    state = coloured(summary.state)
    why = summary.why if summary.state else f"{len(summary.problems)} problem(s)"
    facts = [summary.title, why, summary.owner]
    if summary.goes_out is not None:
        facts.append(shown_time(summary.goes_out, zone))
    if summary.pull is not None:
        facts.append(f"#{summary.pull}")
    told = "  ".join(fact for fact in facts if fact)
    click.echo(f"{summary.id:<{width}}  {state:<9}  {told}")
    for link in summary.links:
        click.echo(f"{'':<{width}}  {link}")


def summary_json(summary: Summary) -> dict[str, object]:
    """For programs."""
    return {
        "id": summary.id,
        "title": summary.title,
        "state": summary.state.value if summary.state else "broken",
        "why": summary.why,
        "owner": summary.owner,
        "branch": summary.branch,
        "pull_request": summary.pull,
        "goes_out": summary.goes_out,
        "links": summary.links,
        "approvals": {
            one.task: {"complete": one.complete, "by": one.by, "missing": one.missing}
            for one in summary.approvals
        },
        "problems": summary.problems,
    }

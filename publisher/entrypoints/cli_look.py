"""`status`, `plan` and `log`: looking, without changing anything."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from publisher.adapters.clock import utc_now
from publisher.config import Config, read_environment
from publisher.domain.errors import CopydeskError
from publisher.domain.media import MediaStatus
from publisher.domain.standing import TaskApproval
from publisher.domain.walltime import TimeProblem, parse_duration, parse_local, zone_named
from publisher.entrypoints.cli_options import (
    coloured,
    json_option,
    print_json,
    repo_option,
    shown_time,
)
from publisher.entrypoints.summaries import print_summaries, summary_json
from publisher.ports import Heads
from publisher.usecases.queries import DeliveryView, EpicView, MediaView, Planned
from publisher.wiring import App


def opened(repo: str) -> tuple[App, Heads]:
    """The application with its index caught up."""
    app = App(Config.from_env(read_environment(), repo))
    heads = app.store.sync(force=True)
    app.index.catch_up(heads)
    return app, heads


@click.command()
@click.argument("epic", required=False)
@repo_option
@json_option
def status(epic: str | None, repo: str, as_json: bool) -> None:
    """Where every epic is; with EPIC, each of its deliveries.

    Example: copydesk status spring-launch
    """
    app, heads = opened(repo)
    zone = app.index.desk.settings.timezone
    if epic is None:
        found = list(app.editorial.library.epics())
        if as_json:
            print_json({"epics": [summary_json(one) for one in found], "paused": _paused(app)})
        else:
            if _paused(app):
                click.secho("Paused: nothing goes out until `copydesk resume`.", fg="yellow")
            print_summaries(found, zone, "`copydesk new ID` begins one.")
        return
    view = app.queries.epic(heads, epic, utc_now(), _begun(app))
    if as_json:
        print_json(_epic_json(view))
    else:
        _print_epic(view, zone)


@click.command()
@click.option("--until", help="Only what goes out until then: a time, or a duration such as P7D.")
@click.option("--at", "revision", help="Plan another commit of main instead of the newest.")
@repo_option
@json_option
def plan(until: str | None, revision: str | None, repo: str, as_json: bool) -> None:
    """What would go out, and when. Nothing is changed and nothing is sent.

    Example: copydesk plan --until P7D
    """
    app, heads = opened(repo)
    now = utc_now()
    zone = app.index.desk.settings.timezone
    end = _until(until, now, zone)
    if revision is not None:
        planned = app.plan_at(revision, now, end)
    else:
        planned = app.queries.plan(heads, now, end)
    if as_json:
        print_json([_planned_json(item) for item in planned])
        return
    for item in planned:
        what = click.style(str(item.key), bold=True)
        why = click.style(f"  ({item.why_not})", fg="yellow") if item.why_not else ""
        click.echo(f"{shown_time(item.at, zone)}  {what}  {item.platform}{why}")
        click.echo(f"    {item.text[:100]}")
    if not planned:
        click.echo("Nothing is waiting to go out. Schedule an epic and merge it to main.")


@click.command()
@click.argument("epic")
@repo_option
@json_option
def log(epic: str, repo: str, as_json: bool) -> None:
    """The whole story of one epic: what people did, and what happened to it.

    Example: copydesk log spring-launch
    """
    app, heads = opened(repo)
    zone = app.index.desk.settings.timezone
    app.queries.epic(heads, epic, utc_now(), frozenset())
    events = app.story(heads, epic)
    if as_json:
        print_json(
            [
                {"at": e.at, "commit": e.commit, "who": e.who, "text": e.text, "detail": e.detail}
                for e in events
            ]
        )
        return
    for event in events:
        commit = click.style(event.commit[:8], fg="yellow")
        click.echo(f"{shown_time(event.at, zone)}  {commit}  {event.who}: {event.text}")
        for line in filter(None, event.detail.split("\n")):
            click.echo(f"    {line}")


def _begun(app: App) -> frozenset[str]:
    """Calls under way right now, if Redis is there to ask."""
    if not app.config.redis_url:
        return frozenset()
    try:
        return frozenset(app.gate.calling(app.gate.now() + timedelta(seconds=1)))
    except CopydeskError:
        return frozenset()


def _paused(app: App) -> bool:
    return app.index.desk.settings.paused


def _print_epic(view: EpicView, zone: str) -> None:
    why = f"  {view.why}" if view.why else ""
    click.echo(f"{click.style(view.title or view.id, bold=True)}  {coloured(view.state)}{why}")
    if view.branch:
        pull = f"  pull request #{view.pull.number} {view.pull.url}" if view.pull else ""
        click.echo(f"  on the branch {view.branch}{pull}".rstrip())
    for problem in view.problems:
        click.secho(f"  {problem}", fg="red")
    for standing in view.approvals.values():
        if standing.missing:
            click.secho(f"  {standing.missing}", fg="yellow")
    for task in view.tasks:
        click.echo(f"  {task.id}  {task.status.value}  {shown_time(task.due, zone)}")
        for media in task.media:
            _print_media(media)
        for item in task.deliveries:
            _print_delivery(item, zone)


def _print_media(media: MediaView) -> None:
    if media.status is MediaStatus.PROCESSED:
        return
    colour = "red" if media.status is MediaStatus.FAILED else "yellow"
    status = click.style(f"media {media.status}", fg=colour)
    click.echo(f"    {media.name}  {status}")
    click.echo(f"        {media.message}")


def _print_delivery(item: DeliveryView, zone: str) -> None:
    delivery = item.delivery
    words = [f"    {item.key.profile}", coloured(delivery.status)]
    words += [part.url or part.id for part in delivery.parts[:1]]
    if delivery.due and delivery.status.value == "failed_waiting_for_retry":
        words.append(f"again {shown_time(delivery.due, zone)}")
    click.echo("  ".join(words))
    if delivery.attempts and delivery.attempts[-1].fault and not delivery.removed:
        fault = delivery.attempts[-1].fault
        who = "" if fault.who == "nobody" else f" ({fault.who} must act)"
        click.echo(f"        {fault.message}{who}")
    for mark in filter(None, (delivery.held, delivery.cancelled, delivery.removed)):
        click.secho(f"        {mark.why}", fg="yellow")
    if delivery.held:
        name = f"{item.key.epic} {item.key.task}/{item.key.profile}"
        click.echo(f"        copydesk release {name}   or   copydesk cancel {name}")


def _epic_json(view: EpicView) -> dict[str, Any]:
    return {
        "id": view.id,
        "title": view.title,
        "state": view.state.value if view.state else "broken",
        "why": view.why,
        "branch": view.branch,
        "pull_request": view.pull.number if view.pull else None,
        "owner": view.owner,
        "problems": [str(problem) for problem in view.problems],
        "tasks": [
            {
                "id": task.id,
                "status": task.status.value,
                "due": task.due,
                "approval": _approval_json(view.approvals.get(task.id)),
                "media": [_media_json(item) for item in task.media],
                "platforms": [_delivery_json(item) for item in task.deliveries],
            }
            for task in view.tasks
        ],
    }


def _media_json(item: MediaView) -> dict[str, Any]:
    return {
        "media": item.name,
        "status": item.status.value,
        "cause": item.cause or None,
        "error_message": item.message or None,
    }


def _approval_json(standing: TaskApproval | None) -> dict[str, Any] | None:
    if standing is None:
        return None
    return {
        "complete": standing.complete,
        "by": [person.id for person in standing.by],
        "missing": standing.missing,
        "digest": standing.digest,
    }


def _delivery_json(item: DeliveryView) -> dict[str, Any]:
    delivery = item.delivery
    fault = delivery.attempts[-1].fault if delivery.attempts else None
    return {
        "profile_id": item.key.profile,
        "platform": item.platform,
        "status": delivery.status.value,
        "due": item.due,
        "permalink": delivery.parts[0].url if delivery.parts else None,
        "id": delivery.parts[0].id if delivery.parts else None,
        "attempts": len(delivery.attempts),
        "error": {"kind": fault.kind.value, "message": fault.message} if fault else None,
        "held": delivery.held.why if delivery.held else None,
        "removed_there": delivery.removed.at if delivery.removed else None,
        "claimed": delivery.claim is not None,
    }


def _planned_json(item: Planned) -> dict[str, Any]:
    return {
        "delivery": str(item.key),
        "at": item.at,
        "platform": item.platform,
        "text": item.text,
        "why_not": item.why_not,
    }


def _until(text: str | None, now: datetime, zone: str) -> datetime | None:
    if text is None:
        return None
    try:
        if text.upper().startswith("P"):
            return now + parse_duration(text)
        return parse_local(text).replace(tzinfo=zone_named(zone)).astimezone(UTC)
    except TimeProblem as problem:
        raise click.BadParameter(str(problem), param_hint="--until") from None

"""`schedule`, `unschedule`, `publish-now`, `hold`: from Review to going out."""

import click

from publisher.domain.read_through import ReadThrough
from publisher.entrypoints.cli_options import json_option, print_json, repo_option, shown_time
from publisher.entrypoints.cli_person import doing, opened, request_option, told, yes_option
from publisher.usecases.editorial.schedules import Times


@click.command()
@click.argument("epic")
@click.option("--at", default="", help="Wall-clock time, like 2026-12-01T09:00.")
@click.option("--timezone", default="", help="The zone of --at (default: the epic's, the team's).")
@click.option(
    "--after",
    multiple=True,
    metavar="TASK=PT2H",
    help="Let a task go out so long after the epic's time.",
)
@yes_option
@request_option
@repo_option
@json_option
def schedule(
    epic: str,
    at: str,
    timezone: str,
    after: tuple[str, ...],
    yes: bool,
    request: str | None,
    repo: str,
    as_json: bool,
) -> None:
    """Read EPIC through as it will appear, confirm, and merge it: Scheduled.

    Without --at the time that the epic proposes is taken.

    Example: copydesk schedule spring-launch --at 2026-12-01T09:00 --timezone Europe/Berlin
    """
    app = opened(repo)
    asked = doing(app, repo, request)
    times = Times(at=at, timezone=timezone, after=dict(_offset(pair) for pair in after))
    schedules = app.editorial.schedules
    whole = schedules.read(epic, times)
    if not as_json:
        show(whole, app.index.desk.settings.timezone)
    if not yes:
        click.confirm("Schedule exactly this?", abort=True, err=True)
    done = schedules.schedule(epic, asked, times, confirmed=whole.digest)
    told(app, done, as_json=as_json)


@click.command()
@click.argument("epic")
@request_option
@repo_option
@json_option
def unschedule(epic: str, request: str | None, repo: str, as_json: bool) -> None:
    """Take EPIC out of the schedule: Review. What is out stays out."""
    app = opened(repo)
    told(app, app.editorial.schedules.unschedule(epic, doing(app, repo, request)), as_json=as_json)


@click.command("publish-now")
@click.argument("epic")
@yes_option
@request_option
@repo_option
@json_option
def publish_now(epic: str, yes: bool, request: str | None, repo: str, as_json: bool) -> None:
    """Let EPIC go out now; tasks with an offset keep it. Everything must be approved."""
    app = opened(repo)
    asked = doing(app, repo, request)
    if not yes:
        show(app.editorial.schedules.read(epic), app.index.desk.settings.timezone)
        click.confirm("Publish it now?", abort=True, err=True)
    told(app, app.editorial.schedules.publish_now(epic, asked), as_json=as_json)


@click.command("read-through")
@click.argument("epic")
@repo_option
@json_option
def read_through(epic: str, repo: str, as_json: bool) -> None:
    """Show the whole EPIC as it will appear, in order of time. Changes nothing."""
    app = opened(repo)
    whole = app.editorial.schedules.read(epic)
    if as_json:
        print_json(_plain(whole))
    else:
        show(whole, app.index.desk.settings.timezone)


def show(whole: ReadThrough, zone: str) -> None:
    """The final read-through, on the terminal."""
    click.secho(whole.epic.title, bold=True)
    for item in whole.appearances:
        what = click.style(f"{item.task.id} on {item.profile.id}", bold=True)
        click.echo(f"\n{shown_time(item.at, zone)}  {what}  ({item.profile.platform})")
        if item.payload.subject:
            click.echo(f"    Subject: {item.payload.subject}")
        for number, part in enumerate(item.payload.parts):
            for line in part.text.splitlines():
                click.echo(f"  {'│' if number == 0 else '└'} {line}")
            for media in part.media:
                click.echo(f"    [{media.file}] {media.alt}")
    if not whole.appearances:
        click.echo("There is nothing in it yet.")
    click.echo()


def _plain(whole: ReadThrough) -> dict[str, object]:
    return {
        "epic": whole.epic.id,
        "title": whole.epic.title,
        "digest": whole.digest,
        "appearances": [
            {
                "task": item.task.id,
                "profile": item.profile.id,
                "platform": item.profile.platform,
                "at": item.at,
                "subject": item.payload.subject,
                "parts": [part.text for part in item.payload.parts],
            }
            for item in whole.appearances
        ],
    }


def _offset(pair: str) -> tuple[str, str]:
    task, equals, offset = pair.partition("=")
    if not equals:
        raise click.UsageError(f"--after {pair}: write TASK=DURATION, like reminder=PT2H.")
    return task, offset

"""What people decide: retry, release, cancel, resolve, pause, resume; and `check`."""

import asyncio

import click

from publisher.adapters.clock import utc_now
from publisher.domain.errors import CopydeskError, Unavailable
from publisher.entrypoints.cli_options import repo_option
from publisher.entrypoints.cli_person import doing, opened, request_option
from publisher.usecases.decide import Decided
from publisher.wiring import App


def _done(app: App, decided: Decided, word: str) -> None:
    """Say what was committed, and wake the workers if they can be reached from here."""
    for key in decided.keys:
        click.echo(f"{word}: {key}")
    if decided.again:
        click.echo("This was done before. Nothing was changed.")
    click.echo(f"Committed as {decided.commit[:10]}.")
    if app.config.redis_url:
        app.queue.wake_round()


@click.command()
@click.argument("epic")
@click.argument("delivery", required=False)
@request_option
@repo_option
def retry(epic: str, delivery: str | None, request: str | None, repo: str) -> None:
    """Try again what failed: DELIVERY (TASK/PROFILE, or one of the two), or all that failed.

    Example: copydesk retry spring-launch teaser/x-acme
    """
    app = opened(repo)
    asked = doing(app, repo, request)
    _done(app, app.decide.retry(epic, delivery, asked), "Will be tried again")


@click.command()
@click.argument("epic")
@click.argument("delivery", required=False)
@request_option
@repo_option
def hold(epic: str, delivery: str | None, request: str | None, repo: str) -> None:
    """Keep DELIVERY back, or all that waits, until release or cancel."""
    app = opened(repo)
    asked = doing(app, repo, request)
    _done(app, app.decide.hold(epic, delivery, asked), "Held")


@click.command()
@click.argument("epic")
@click.argument("delivery", required=False)
@request_option
@repo_option
def release(epic: str, delivery: str | None, request: str | None, repo: str) -> None:
    """Let held deliveries go out now: DELIVERY, or all that are held."""
    app = opened(repo)
    asked = doing(app, repo, request)
    _done(app, app.decide.release(epic, delivery, asked), "Released")


@click.command()
@click.argument("epic")
@click.argument("delivery", required=False)
@request_option
@repo_option
def cancel(epic: str, delivery: str | None, request: str | None, repo: str) -> None:
    """Never send DELIVERY, or all that are held. What is out already stays out."""
    app = opened(repo)
    asked = doing(app, repo, request)
    _done(app, app.decide.cancel(epic, delivery, asked), "Cancelled")


@click.command()
@click.argument("epic")
@click.argument("delivery")
@click.option("--live", "url", metavar="URL", help="It is live, at this address.")
@click.option("--not-live", is_flag=True, help="It is not live: it will be sent.")
@request_option
@repo_option
def resolve(
    epic: str,
    delivery: str,
    url: str | None,
    not_live: bool,
    request: str | None,
    repo: str,
) -> None:
    """Answer for a delivery that is unconfirmed, after looking at the account.

    Example: copydesk resolve spring-launch teaser/x-acme --live https://x.com/acme/status/1
    """
    if (url is None) == (not not_live):
        raise click.UsageError("Say either --live URL or --not-live.")
    app = opened(repo)
    asked = doing(app, repo, request)
    _done(app, app.decide.resolve(epic, delivery, url, asked), "Resolved")


@click.command()
@repo_option
def pause(repo: str) -> None:
    """Stop everything at once; nothing goes out until resume."""
    app = opened(repo)
    at_once = _gate_says(app, paused=True)
    try:
        decided = app.decide.pause(doing(app, repo, None), paused=True)
    except CopydeskError:
        if at_once:
            click.secho("Paused in Redis, but not in git:", fg="yellow", err=True)
        raise
    if at_once:
        app.gate.settle_pause(paused=True)
    click.echo(f"Paused, in git as {decided.commit[:10]}.")
    if not at_once:
        click.echo("Redis could not be reached from here: workers stop at their next round.")


@click.command()
@repo_option
def resume(repo: str) -> None:
    """Go on after a pause. First attempts that are overdue by now wait for a release."""
    app = opened(repo)
    decided = app.decide.pause(doing(app, repo, None), paused=False)
    if app.config.redis_url:
        app.gate.settle_pause(paused=False)
        app.queue.wake_round()
    click.echo(f"Going on, in git as {decided.commit[:10]}.")


@click.command()
@click.argument("epic")
@repo_option
def check(epic: str, repo: str) -> None:
    """Look whether what EPIC published is still there; mark what was removed on its platform."""
    app = opened(repo)
    gone = asyncio.run(app.verify(epic, utc_now()))
    for key in gone:
        click.secho(
            f"Removed there: {key}. It stays published and is never sent again.", fg="yellow"
        )
    if not gone:
        click.echo("Everything that can be looked up is still there.")


def _gate_says(app: App, *, paused: bool) -> bool:
    """Shut the gate at once; False when there is no Redis to ask."""
    if not app.config.redis_url:
        return False
    try:
        app.gate.pause_now(paused=paused)
    except Unavailable:
        return False
    return True

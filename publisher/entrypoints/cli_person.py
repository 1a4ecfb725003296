"""Who is at the keyboard, as people.yaml on main knows them, and what they ask for."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import uuid4

import click

from publisher.adapters.clock import utc_now
from publisher.config import Config, read_environment
from publisher.domain.epic import Person
from publisher.domain.roles import person_of
from publisher.entrypoints.cli_options import person, print_json
from publisher.usecases.editorial.doing import Doing, Done
from publisher.usecases.editorial.editing import too_late
from publisher.wiring import App

F = TypeVar("F", bound=Callable[..., Any])

request_option: Callable[[F], F] = click.option(
    "--request",
    metavar="ID",
    help="A name for this request: the same one again is carried out once.",
)
yes_option: Callable[[F], F] = click.option(
    "--yes", "-y", is_flag=True, help="Do not ask; what is voided is said all the same."
)


def opened(repo: str) -> App:
    return App(Config.from_env(read_environment(), repo))


def doing(app: App, repo: str, request: str | None) -> Doing:
    """The request of whoever git says is here; people unknown to main are refused later on."""
    name, email = person(repo)
    known = person_of(app.store.desk(app.store.sync().main).people, email=email)
    who = known or Person(id="", name=name, email=email)
    return Doing(who=who, request=request or uuid4().hex, at=utc_now())


def told(app: App, done: Done, *, as_json: bool = False) -> None:
    """Say what was done, and wake the workers if they can be reached from here."""
    if as_json:
        print_json(
            {
                "epic": done.epic,
                "commit": done.commit,
                "branch": done.branch,
                "pull_request": done.pull.number if done.pull else None,
                "url": done.pull.url if done.pull else "",
                "again": done.again,
                "too_late": [str(key) for key in done.too_late],
                "message": done.words,
            }
        )
    else:
        click.echo(done.words)
        if done.too_late:
            click.secho(too_late(done.too_late), fg="yellow")
        link = f"  {done.pull.url}" if done.pull and done.pull.url else ""
        if done.commit:
            click.echo(f"Committed as {done.commit[:10]}{link}")
    if app.config.redis_url:
        app.queue.wake_round()

"""Options and small outputs that several commands share."""

import json
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from publisher.domain.delivery import DeliveryStatus
from publisher.domain.states import EpicState

F = TypeVar("F", bound=Callable[..., Any])

repo_option: Callable[[F], F] = click.option(
    "--repo",
    envvar="COPYDESK_REPO",
    default=".",
    show_default=True,
    help="The content repository: a folder or a URL.",
)
json_option: Callable[[F], F] = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON for programs."
)

COLOURS = {
    DeliveryStatus.PUBLISHED: "green",
    DeliveryStatus.FAILED: "red",
    DeliveryStatus.UNCONFIRMED: "red",
    DeliveryStatus.WAITING: "yellow",
    DeliveryStatus.PROCESSING: "cyan",
    EpicState.PUBLISHED: "green",
    EpicState.ERROR: "red",
    EpicState.SCHEDULED: "cyan",
}


def print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def coloured(status: DeliveryStatus | EpicState | None) -> str:
    """A state in its colour; click drops colours where there is no terminal."""
    return (
        click.style(status.value, fg=COLOURS.get(status))
        if status
        else click.style("broken", fg="red")
    )


def shown_time(time: datetime | None, zone: str) -> str:
    """A time in the team's zone, with the zone's name."""
    if time is None:
        return "not scheduled"
    return time.astimezone(ZoneInfo(zone)).strftime("%a %d %b %Y %H:%M:%S %Z")


def person(repo: str) -> tuple[str, str]:
    """Who is at the keyboard, as git knows them."""
    where = repo if Path(repo).is_dir() else "."
    found = []
    for name in ("user.name", "user.email"):
        asked = subprocess.run(  # noqa: S603 - fixed words
            ["git", "-C", where, "config", name],  # noqa: S607 - git is on the PATH
            capture_output=True,
            text=True,
            check=False,
        )
        found.append(asked.stdout.strip())
    if not all(found):
        raise click.UsageError(
            "git does not know who you are. Run `git config --global user.name` and"
            " `git config --global user.email` once: decisions are commits in your name."
        )
    return found[0], found[1]


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)

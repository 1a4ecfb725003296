"""`list` and `calendar`: everything there is, and when it goes out."""

from datetime import date
from pathlib import Path

import click

from publisher.adapters.clock import utc_now
from publisher.domain.calendar import Calendar, GoLive
from publisher.domain.epic import Settings
from publisher.domain.states import EpicState
from publisher.domain.walltime import TimeProblem, zone_named
from publisher.entrypoints.calendar_text import month_text, week_text
from publisher.entrypoints.cli_options import json_option, print_json, repo_option
from publisher.entrypoints.cli_person import opened
from publisher.entrypoints.summaries import print_summaries, summary_json
from publisher.usecases.editorial.library import Wanted

STATES = [state.value.lower() for state in EpicState]

state_option = click.option(
    "--state", type=click.Choice(STATES, case_sensitive=False), help="Only epics in this state."
)
owner_option = click.option("--owner", default="", help="Only epics of this owner.")
find_option = click.option("--find", "words", default="", help="Only what has these words.")


@click.command("list")
@state_option
@owner_option
@find_option
@repo_option
@json_option
def list_(state: str | None, owner: str, words: str, repo: str, as_json: bool) -> None:
    """Every epic, on main and on branches, with its state; published ones with their links.

    Example: copydesk list --state review --owner ana
    """
    app = opened(repo)
    wanted = Wanted(state=_state(state), owner=owner, words=words)
    found = list(app.editorial.library.epics(wanted))
    if as_json:
        print_json([summary_json(summary) for summary in found])
        return
    zone = app.index.desk.settings.timezone
    looked = bool(state or owner or words)
    more = "Leave the options out to see all." if looked else "`copydesk new ID` begins one."
    print_summaries(found, zone, more)


@click.command()
@click.option("--month", metavar="YYYY-MM", help="A month (default: this one).")
@click.option("--week", metavar="YYYY-MM-DD", help="The week of this day, with every entry.")
@click.option("--timezone", "zone", help="The zone of the calendar (default: the team's).")
@click.option("--ics", type=click.Path(path_type=Path), help="Write all to a calendar file.")
@state_option
@owner_option
@repo_option
def calendar(
    month: str | None,
    week: str | None,
    zone: str | None,
    ics: Path | None,
    state: str | None,
    owner: str,
    repo: str,
) -> None:
    """What goes out when: a month, a week, or a file for calendar programs.

    Two tasks close to each other on one profile, and what falls into a blackout, are marked.

    Example: copydesk calendar --week 2026-12-01 --timezone America/New_York
    """
    app = opened(repo)
    entries = list(app.editorial.library.calendar(Wanted(state=_state(state), owner=owner)))
    settings = app.index.desk.settings
    if ics is not None:
        _write_ics(ics, entries, settings)
        return
    try:
        info = zone_named(zone or settings.timezone)
    except TimeProblem as problem:
        raise click.BadParameter(str(problem), param_hint="--timezone") from None
    whole = Calendar(
        zone=info,
        entries=tuple(entries),
        blackouts=settings.blackouts,
        clash_within=settings.clash_within,
    )
    today = utc_now().astimezone(info).date()
    if week:
        lines = week_text(whole, _day(week), today)
    else:
        first = _day(f"{month}-01") if month else today
        lines = month_text(whole, first.year, first.month, today)
    for line in lines:
        click.echo(line)


def _write_ics(path: Path, entries: list[GoLive], settings: Settings) -> None:
    from publisher.files.ics import render_ics  # noqa: PLC0415 - only here

    data = render_ics(
        entries, repository=settings.id, stamp=utc_now(), blackouts=settings.blackouts
    )
    path.write_bytes(data)
    click.echo(f"Wrote {len(entries)} entries to {path}.")


def _state(word: str | None) -> EpicState | None:
    return next((state for state in EpicState if word and state.value.lower() == word), None)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"“{text}” is no day. Write it like 2026-12-01.") from None

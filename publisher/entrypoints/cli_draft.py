"""`new`, `edit`, `duplicate`, `request-review`, `close`: drafts, from an idea to Review."""

from dataclasses import replace
from pathlib import Path

import click

from publisher.adapters.clock import utc_now
from publisher.domain.errors import CopydeskError
from publisher.entrypoints.cli_options import json_option, repo_option
from publisher.entrypoints.cli_person import doing, opened, request_option, told, yes_option
from publisher.files.epic_edit import new_epic, with_body
from publisher.usecases.editorial.doing import Done
from publisher.usecases.editorial.drafts import EPICS
from publisher.usecases.editorial.editing import Edit, NeedsConfirmation, Rewrite, replacing
from publisher.wiring import App

media_option = click.option(
    "--media",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file to put into the epic's media folder; may be given several times.",
)
file_option = click.option(
    "--file",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take the text of epic.yaml from this file.",
)


@click.command()
@click.argument("epic")
@click.option("--title", help="What the team calls it; made from the id unless given.")
@click.option("--owner", help="Who answers for it: an id from people.yaml (default: you).")
@click.option("--brief", default="", help="Why, for whom, what good looks like.")
@file_option
@media_option
@request_option
@repo_option
@json_option
def new(
    epic: str,
    title: str | None,
    owner: str | None,
    brief: str,
    file: Path | None,
    media: tuple[Path, ...],
    request: str | None,
    repo: str,
    as_json: bool,
) -> None:
    """Begin an epic: a branch epic/EPIC with a draft pull request.

    Example: copydesk new spring-launch --title "Spring launch"
    """
    app = opened(repo)
    asked = doing(app, repo, request)
    if file is not None:
        data = file.read_bytes()
    else:
        folder = f"{EPICS}/{asked.at.year}/{epic}"
        named = title or epic.replace("-", " ").capitalize()
        data = new_epic(folder, title=named, owner=owner or asked.who.id, brief=brief)
    done = app.editorial.drafts.new(epic, data, asked, _attached(media))
    told(app, done, as_json=as_json)


@click.command()
@click.argument("epic")
@file_option
@click.option("--task", help="The task whose text --body replaces.")
@click.option("--body", help="The new text of --task.")
@media_option
@yes_option
@request_option
@repo_option
@json_option
def edit(
    epic: str,
    file: Path | None,
    task: str | None,
    body: str | None,
    media: tuple[Path, ...],
    yes: bool,
    request: str | None,
    repo: str,
    as_json: bool,
) -> None:
    """Edit EPIC: in your editor, from a file, or one task's text. It is a draft again.

    What is out stays out; approvals of what changes are void, and a scheduled epic is taken out of
    the schedule first. You are asked before.

    Example: copydesk edit spring-launch --task teaser --body "Spring is here."
    """
    if (task is None) != (body is None):
        raise click.UsageError("--task and --body go together.")
    app = opened(repo)
    asked = doing(app, repo, request)
    written, rewrite = _written(app, epic, file, task, body)
    wanted = Edit(epic=epic, doing=asked, rewrite=rewrite, media=_attached(media), confirmed=yes)
    try:
        done = _edited(app, wanted)
    except (CopydeskError, click.Abort):
        _keep(app, epic, written)
        raise
    told(app, done, as_json=as_json)


@click.command()
@click.argument("epic")
@click.argument("copy")
@click.option("--title", default="", help="The copy's title.")
@request_option
@repo_option
@json_option
def duplicate(
    epic: str, copy: str, title: str, request: str | None, repo: str, as_json: bool
) -> None:
    """Begin COPY as a draft with everything that EPIC has, but its times.

    Example: copydesk duplicate spring-launch summer-launch
    """
    app = opened(repo)
    done = app.editorial.drafts.duplicate(epic, copy, doing(app, repo, request), title)
    told(app, done, as_json=as_json)


@click.command("request-review")
@click.argument("epic")
@request_option
@repo_option
@json_option
def request_review(epic: str, request: str | None, repo: str, as_json: bool) -> None:
    """Ask for the approvals of EPIC: its pull request becomes ready."""
    app = opened(repo)
    done = app.editorial.drafts.request_review(epic, doing(app, repo, request))
    told(app, done, as_json=as_json)


@click.command()
@click.argument("epic")
@request_option
@repo_option
@json_option
def close(epic: str, request: str | None, repo: str, as_json: bool) -> None:
    """Give the draft EPIC up. Its branch stays, so nothing is lost."""
    app = opened(repo)
    told(app, app.editorial.drafts.close(epic, doing(app, repo, request)), as_json=as_json)


def _written(
    app: App, epic: str, file: Path | None, task: str | None, body: str | None
) -> tuple[bytes, Rewrite]:
    """What somebody typed in their editor (empty: nothing that could be lost), and the edit."""
    if task is not None and body is not None:
        return b"", lambda now: with_body(now, task, body)
    _where, base = app.editorial.editing.text(app.editorial.desk.attempt.fresh(), epic)
    if file is not None:
        return b"", replacing(base, file.read_bytes())
    text = click.edit(base.decode(), extension=".yaml")
    if text is None:
        click.echo("Nothing was written, so nothing was changed.", err=True)
        raise click.Abort
    return text.encode(), replacing(base, text.encode())


def _edited(app: App, wanted: Edit) -> Done:
    """Ask before anything is void."""
    try:
        return app.editorial.editing.edit(wanted)
    except NeedsConfirmation as effect:
        click.echo(str(effect), err=True)
        click.confirm("Go on?", abort=True, err=True)
        return app.editorial.editing.edit(replace(wanted, confirmed=True))


def _keep(app: App, epic: str, text: bytes) -> None:
    """Whatever went wrong, what somebody has typed is in a file."""
    if text:
        stamp = utc_now().strftime("%Y%m%dT%H%M%S")
        path = app.config.state / "kept" / f"{epic}-{stamp}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        click.echo(f"Your text is kept: copydesk edit {epic} --file {path}", err=True)


def _attached(media: tuple[Path, ...]) -> dict[str, bytes | None]:
    return {f"media/{path.name}": path.read_bytes() for path in media}

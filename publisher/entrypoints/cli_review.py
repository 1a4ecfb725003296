"""`approve`, `withdraw`, `request-changes`: what people say about tasks."""

import click

from publisher.domain.approvals import EntryKind
from publisher.entrypoints.cli_options import json_option, repo_option
from publisher.entrypoints.cli_person import doing, opened, request_option, told
from publisher.usecases.editorial.words import Word


@click.command()
@click.argument("epic")
@click.argument("tasks", nargs=-1)
@request_option
@repo_option
@json_option
def approve(
    epic: str, tasks: tuple[str, ...], request: str | None, repo: str, as_json: bool
) -> None:
    """Approve TASKS of EPIC as they are now; without TASKS all that you may approve.

    The approval is bound to the content: whoever changes a task voids it.

    Example: copydesk approve spring-launch teaser
    """
    _say(EntryKind.APPROVE, epic, tasks, "", request, repo, as_json=as_json)


@click.command()
@click.argument("epic")
@click.argument("tasks", nargs=-1)
@request_option
@repo_option
@json_option
def withdraw(
    epic: str, tasks: tuple[str, ...], request: str | None, repo: str, as_json: bool
) -> None:
    """Take your approval of TASKS of EPIC back, for good."""
    _say(EntryKind.WITHDRAW, epic, tasks, "", request, repo, as_json=as_json)


@click.command("request-changes")
@click.argument("epic")
@click.argument("text")
@click.option("--task", "tasks", multiple=True, help="Only about this task; may be repeated.")
@request_option
@repo_option
@json_option
def request_changes(
    epic: str,
    text: str,
    tasks: tuple[str, ...],
    request: str | None,
    repo: str,
    as_json: bool,
) -> None:
    """Say what must change in EPIC before you approve it: a comment, and no approval until then.

    Example: copydesk request-changes spring-launch "The price is missing." --task teaser
    """
    if not text.strip():
        raise click.UsageError("Say what should change.")
    _say(EntryKind.CHANGES, epic, tasks, text, request, repo, as_json=as_json)


def _say(
    kind: EntryKind,
    epic: str,
    tasks: tuple[str, ...],
    text: str,
    request: str | None,
    repo: str,
    *,
    as_json: bool,
) -> None:
    app = opened(repo)
    word = Word(kind=kind, epic=epic, doing=doing(app, repo, request), tasks=tasks, text=text)
    told(app, app.editorial.words.say(word), as_json=as_json)

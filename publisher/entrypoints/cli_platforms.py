"""`platforms`: where Copydesk can publish, and what each platform can do."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from publisher.entrypoints.cli_options import json_option, print_json
from publisher.entrypoints.platform_page import index_of, page_of
from publisher.files.words import did_you_mean
from publisher.platforms import find_all
from publisher.usecases.platform_cards import PlatformCard, cards_of


@click.command()
@click.argument("name", required=False)
@click.option(
    "--write",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write all pages as Markdown into this folder instead.",
)
@json_option
def platforms(name: str | None, folder: Path | None, as_json: bool) -> None:
    """Every platform; with NAME, all about one: limits, rights, credentials, lost answers.

    Example: copydesk platforms bluesky
    """
    cards = {card.name: card for card in cards_of(find_all())}
    if name is not None and name not in cards:
        hint = did_you_mean(name, cards, f"There are: {', '.join(cards)}.")
        raise click.UsageError(f"There is no platform “{name}”. {hint}")
    chosen = list(cards.values()) if name is None else [cards[name]]
    if folder is not None:
        _write(folder, list(cards.values()))
    elif as_json:
        print_json([_json(card) for card in chosen])
    elif name is None:
        _list(chosen)
    else:
        click.echo(page_of(chosen[0]).partition("\n\n")[2], nl=False)


def _list(cards: Iterable[PlatformCard]) -> None:
    for card in cards:
        click.echo(f"{click.style(f'{card.name:<12}', bold=True)} {card.about.summary}")
        needs = ", ".join(card.about.secret_names) or "no secret"
        click.echo(f"{'':<12} {card.traits.safety.value}; needs {needs}")
        click.echo(f"{'':<12} media: {card.about.media}")
        click.echo(f"{'':<12} threads: {card.about.threads}")
        click.echo(f"{'':<12} scheduling: {card.about.scheduling}")
        click.echo(f"{'':<12} answer lost: {card.lost}")
    click.echo("`copydesk platforms NAME` says all about one.")


def _write(folder: Path, cards: list[PlatformCard]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for card in cards:
        (folder / f"{card.name}.md").write_text(page_of(card), encoding="utf-8")
    (folder / "README.md").write_text(index_of(cards), encoding="utf-8")
    click.echo(f"{len(cards)} page(s) written to {folder}.")


def _json(card: PlatformCard) -> dict[str, Any]:
    """Everything on the card; times in seconds."""
    about = asdict(card.about)
    about["refusals"] = [
        {"kind": each.kind.value, "status": each.status, "code": each.code, "says": each.says}
        for each in card.about.refusals
    ]
    example = card.about.example
    about["example"] = {"account": example.account, "options": example.options} if example else {}
    return {
        "name": card.name,
        "safety": card.traits.safety.value,
        "can_look_up": card.traits.can_look_up,
        "settle": card.traits.settle.total_seconds(),
        "key_memory": card.traits.key_memory.total_seconds(),
        "deletes": card.deletes,
        "edits": card.edits,
        **about,
        "lost": card.lost,
    }

"""`preview`: what an epic will look like, as a page, as pictures, or as the comment on a PR."""

import re
import tempfile
import webbrowser
from base64 import b64encode
from pathlib import Path

import click

from publisher.domain.epic import Desk, Epic
from publisher.domain.errors import NotFound
from publisher.domain.preview import CardMedia, Preview

_THUMBNAIL = (480, 480)


@click.command()
@click.argument("epic")
@click.option("--repo", default=".", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--open", "show", is_flag=True, help="Show the page in the browser.")
@click.option("--output", type=click.Path(path_type=Path), help="Where the page goes.")
@click.option("--png", type=click.Path(path_type=Path), help="A folder for one picture a profile.")
@click.option("--markdown", is_flag=True, help="Print what the pull request's comment would say.")
def preview(
    epic: str, repo: Path, show: bool, output: Path | None, png: Path | None, markdown: bool
) -> None:
    """Show what EPIC (its id, or its folder) will look like on every profile.

    Example: copydesk preview spring-launch --open
    """
    found, root = _preview(epic, repo.resolve())
    if markdown:
        from publisher.usecases.pr_comment import pr_comment  # noqa: PLC0415 - for this only

        click.echo(pr_comment(found))
        return
    folder = root / found.path
    if png is not None:
        _draw(found, folder, png)
    if png is None or show or output is not None:
        file = output or Path(tempfile.mkdtemp(prefix="copydesk-")) / f"{found.epic}.html"
        _write_page(found, folder, file)
        if show:
            webbrowser.open(file.resolve().as_uri())


def _preview(name: str, start: Path) -> tuple[Preview, Path]:
    from publisher.adapters.clock import utc_now  # noqa: PLC0415 - keeps --help fast
    from publisher.adapters.content_files import DiskFiles  # noqa: PLC0415 - the same
    from publisher.files.folder import check_folder  # noqa: PLC0415 - the same
    from publisher.usecases.previewing import preview_of  # noqa: PLC0415 - the same
    from publisher.usecases.validation import Circumstances, validate  # noqa: PLC0415 - the same

    root = next((one for one in (start, *start.parents) if (one / "content").is_dir()), None)
    if root is None:
        raise click.UsageError(f"{start} is no content repository and in none.")
    checked, files = check_folder(root), DiskFiles(root)
    if checked.desk is None:
        raise click.UsageError("The settings cannot be read: `copydesk validate` says why.")
    epic = _named(name, checked.epics, root)
    problems = validate(checked, files, Circumstances(now=utc_now()))
    desk: Desk = checked.desk
    return preview_of(epic, desk, files, problems), root


def _named(name: str, epics: tuple[Epic, ...], root: Path) -> Epic:
    from publisher.files.words import did_you_mean  # noqa: PLC0415 - keeps --help fast

    path = Path(name).resolve()
    folder = path.parent if path.name == "epic.yaml" else path
    for epic in epics:
        if epic.id == name or root / epic.path == folder:
            return epic
    hint = did_you_mean(
        name, [epic.id for epic in epics], "`copydesk validate` checks all of them."
    )
    raise NotFound(f"There is no epic “{name}” that can be read. {hint}")


def _draw(preview: Preview, folder: Path, into: Path) -> None:
    from publisher.adapters.preview_cards import card_png  # noqa: PLC0415 - needs Pillow
    from publisher.adapters.preview_pictures import thumbnail  # noqa: PLC0415 - the same
    from publisher.usecases.pr_comment import go_live  # noqa: PLC0415 - the same

    into.mkdir(parents=True, exist_ok=True)
    for card in preview.cards:
        name = re.sub(r"[^A-Za-z0-9_-]", "-", f"{card.task}-{card.profile}")
        when = go_live(card.due, preview.zone)
        data = card_png(card, when, lambda media, size: thumbnail(folder, media, size))
        (into / f"{name}.png").write_bytes(data)
        click.echo(f"{into / name}.png")


def _write_page(preview: Preview, folder: Path, file: Path) -> None:
    from publisher.adapters.preview_pictures import as_jpeg, thumbnail  # noqa: PLC0415 - Pillow
    from publisher.entrypoints.reports.preview_html import preview_page  # noqa: PLC0415 - the same

    def address(media: CardMedia) -> str:
        picture = thumbnail(folder, media, _THUMBNAIL)
        if picture is None:
            return ""
        return f"data:image/jpeg;base64,{b64encode(as_jpeg(picture)).decode()}"

    file.write_text(preview_page(preview, address), encoding="utf-8")
    click.echo(str(file))

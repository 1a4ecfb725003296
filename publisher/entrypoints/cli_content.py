"""`init`: a content repository to begin with."""

import re
from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--id", "repository", help="The repository's id; made from the folder's name.")
def init(folder: Path, repository: str | None) -> None:
    """Make a content repository in FOLDER, with an example epic to begin with.

    Example: copydesk init my-content
    """
    from publisher.adapters.new_repository import make_repository  # noqa: PLC0415 - needs git

    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    made = make_repository(folder, repository or name or "content")
    click.echo(f"Made {folder} with {made} files, as a git repository with one commit.")
    click.echo("Next:")
    click.echo(f"  copydesk validate {folder}")
    click.echo(f"  copydesk plan --repo {folder}")
    click.echo(f"  copydesk up --repo {folder}")

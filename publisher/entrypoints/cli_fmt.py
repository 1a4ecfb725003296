"""`fmt`: spaces and line ends of content files in normal form, and nothing else."""

import os
from collections.abc import Iterator
from pathlib import Path

import click

from publisher.domain.errors import ContentError
from publisher.files.desk_files import PEOPLE, PROFILES, SETTINGS

_NAMES = frozenset({"epic.yaml", *(Path(name).name for name in (SETTINGS, PEOPLE, PROFILES))})


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--check", is_flag=True, help="Change nothing; end with 1 when something would.")
def fmt(paths: tuple[Path, ...], check: bool) -> None:
    """Bring the YAML files that people write into normal form; default: all below content/.

    Only trailing spaces, line ends, a byte order mark and the last line are touched. Comments,
    order, quotes and every value stay. A tab that indents is told, not guessed at.

    Example: copydesk fmt --check
    """
    from publisher.files.yaml_format import formatted  # noqa: PLC0415 - keeps --help fast

    changed, broken = 0, 0
    for file in sorted(set(_files(paths or (Path("content"),)))):
        data = file.read_bytes()
        try:
            new = formatted(data, str(file))
        except ContentError as error:
            broken += 1
            for problem in error.problems:
                click.secho(str(problem), fg="red", err=True)
            continue
        if new != data:
            changed += 1
            click.echo(f"{'would change' if check else 'changed'} {file}")
            if not check:
                file.write_bytes(new)
    if broken or (check and changed):
        click.get_current_context().exit(1)


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Yield the files that are named, and those of people below folders; never behind a link."""
    for path in paths:
        if not path.exists():
            raise click.UsageError(f"There is no {path}. Run this in a content repository.")
        if not path.is_dir():
            yield path
            continue
        for folder, _names, files in os.walk(path):
            found = (Path(folder, name) for name in files if name in _NAMES)
            yield from (file for file in found if not file.is_symlink())

"""`init` and `validate`: content files, without git, Redis or the network."""

import re
from pathlib import Path

import click

from publisher.domain.epic import Desk
from publisher.domain.problems import Problem
from publisher.entrypoints.cli_options import json_option, print_json
from publisher.files.desk_files import PROFILES
from publisher.files.yaml_text import read_yaml


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


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@json_option
def validate(paths: tuple[Path, ...], as_json: bool) -> None:
    """Check PATHS (default: this content repository), and name every problem with its place.

    Example: copydesk validate content/epics/2026/spring-launch/epic.yaml
    """
    from publisher.files.folder import check_folder  # noqa: PLC0415 - keeps --help fast

    root, inside = _root(paths)
    if root is None:
        raise click.UsageError(
            f"{paths[0] if paths else 'This folder'} is no content repository and in none."
            " `copydesk init FOLDER` makes one."
        )
    checked = check_folder(root, inside)
    problems = (
        checked.problems if inside else (*checked.problems, *_of_platforms(root, checked.desk))
    )
    if as_json:
        print_json({"epics": len(checked.epics), "problems": [_json(p) for p in problems]})
    else:
        for problem in problems:
            click.secho(str(problem), fg="red", err=True)
        bad = len(problems)
        good = f"{len(checked.epics)} epic(s) are fine"
        click.echo(f"{good}, {bad} problem(s)." if bad else f"{good}.")
    if problems:
        click.get_current_context().exit(1)


def _of_platforms(root: Path, desk: Desk | None) -> list[Problem]:
    """What the platforms say of profiles, policy and roles, each at its own place in the file."""
    if desk is None:
        return []
    from publisher.platforms import find_all  # noqa: PLC0415 - not needed for a single file
    from publisher.usecases.profiles import policy_faults, profile_faults  # noqa: PLC0415 - so too

    platforms = find_all()
    rows = {name: row for row, name in enumerate(desk.profiles)}
    return [
        *(
            _placed(root, PROFILES, ("profiles", rows[name], "platform"), f"{name}: {why}")
            for name, why in profile_faults(desk, platforms)
        ),
        *(
            _placed(root, fault.path, fault.pointer, fault.message, fault.hint)
            for fault in policy_faults(desk, platforms)
        ),
    ]


def _placed(
    root: Path, path: str, pointer: tuple[str | int, ...], message: str, hint: str = ""
) -> Problem:
    document = read_yaml((root / path).read_bytes(), path)
    return document.problem(pointer, message, hint, key=path != PROFILES)


def _root(paths: tuple[Path, ...]) -> tuple[Path | None, tuple[Path, ...]]:
    """The content repository that the paths are in, and those that are not its root."""
    for path in paths or (Path(),):
        if not path.exists():
            raise click.UsageError(f"There is no {path}.")
        for folder in (path.resolve(), *path.resolve().parents):
            if (folder / "content").is_dir() and folder.is_dir():
                return folder, tuple(p for p in paths if p.resolve() != folder)
    if len(paths) == 1 and paths[0].is_file():
        return paths[0].resolve().parent, paths
    return None, paths


def _json(problem: Problem) -> dict[str, object]:
    return {
        "path": problem.path,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "hint": problem.hint,
    }

"""`validate` and `explain`: every problem in content files, without Redis or the network."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import click

from publisher.domain.problems import Problem, errors_of
from publisher.domain.rules import Rule

FORMATS = ("text", "json", "github", "sarif")


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "shape",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="For people, for programs, as GitHub annotations, or as SARIF 2.1.0.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--base", metavar="REV", help="Show only what changed since REV, as a pull request.")
@click.option(
    "--summary",
    envvar="GITHUB_STEP_SUMMARY",
    type=click.Path(path_type=Path),
    help="With --format github: a file that gets all of it as Markdown.",
)
@click.option("--strict", is_flag=True, help="Warnings and hints count as problems too.")
def validate(
    paths: tuple[Path, ...],
    shape: str,
    as_json: bool,
    base: str | None,
    summary: Path | None,
    strict: bool,
) -> None:
    """Check PATHS (default: this content repository), and name every problem with its place.

    Ends with 1 when a problem keeps an epic from going out, and 2 when it could not run.

    Example: copydesk validate content/epics/2026/spring-launch/epic.yaml
    """
    root, inside = _root(paths)
    if root is None:
        raise click.UsageError(
            f"{paths[0] if paths else 'This folder'} is no content repository and in none."
            " `copydesk init FOLDER` makes one."
        )
    from publisher.entrypoints.checking import check_changes, check_paths  # noqa: PLC0415 - lean

    if base is not None and inside:
        raise click.UsageError("Give either PATHS or --base, not both.")
    epics, problems = check_paths(root, inside) if base is None else check_changes(root, base)
    _print("json" if as_json else shape, root, epics, problems)
    if shape == "github" and summary is not None:
        _append(summary, epics, problems)
    if problems if strict else errors_of(problems):
        click.get_current_context().exit(1)


@click.command()
@click.argument("rule", required=False)
def explain(rule: str | None) -> None:
    """Say why RULE exists and how to mend what breaks it; without RULE list them all.

    Example: copydesk explain CD504
    """
    from publisher.files.rule_book import rule_book  # noqa: PLC0415 - for this command only
    from publisher.files.words import did_you_mean  # noqa: PLC0415 - the same

    if rule is None:
        for entry in rule_book().values():
            click.echo(f"{entry.rule}  {entry.rule.severity:<8} {entry.title}")
        return
    name = rule.strip().upper()
    if name not in {str(one) for one in Rule}:
        hint = did_you_mean(name, Rule, "`copydesk explain` lists them all.")
        raise click.UsageError(f"There is no rule {rule}. {hint}")
    click.echo(str(rule_book()[Rule(name)]))


def _print(shape: str, root: Path, epics: int, problems: Sequence[Problem]) -> None:
    match shape:
        case "json":
            from publisher.entrypoints.cli_options import print_json  # noqa: PLC0415 - one of 4
            from publisher.entrypoints.reports.json import json_report  # noqa: PLC0415

            print_json(json_report(epics, problems))
        case "sarif":
            from publisher.entrypoints.cli_options import print_json  # noqa: PLC0415
            from publisher.entrypoints.reports.sarif import sarif_report  # noqa: PLC0415

            print_json(sarif_report(problems))
        case "github":
            from publisher.entrypoints.reports.github import annotations  # noqa: PLC0415
            from publisher.entrypoints.reports.text import summary  # noqa: PLC0415

            for line in (*annotations(problems), summary(epics, problems)):
                click.echo(line)
        case _:
            from publisher.entrypoints.reports.text import summary, text_report  # noqa: PLC0415

            for block in text_report(problems, _lines_below(root)):
                click.echo(block + "\n")
            click.echo(summary(epics, problems))


def _append(file: Path, epics: int, problems: Sequence[Problem]) -> None:
    from publisher.entrypoints.reports.github import step_summary  # noqa: PLC0415 - for one of 4

    with file.open("a", encoding="utf-8") as stream:
        stream.write(step_summary(epics, problems))


def _lines_below(root: Path) -> Callable[[str], Sequence[str]]:
    @cache
    def lines(path: str) -> Sequence[str]:
        try:
            return (root / path).read_bytes().decode(errors="replace").lstrip("\ufeff").splitlines()
        except OSError:
            return ()

    return lines


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

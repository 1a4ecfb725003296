"""`doctor`: is everything as it must be, and if not, how to mend it."""

import click

from publisher.entrypoints.cli_options import json_option, print_json, repo_option
from publisher.entrypoints.cli_person import opened
from publisher.usecases.doctor import examined
from publisher.wiring.checks import checks_of


@click.command()
@repo_option
@json_option
def doctor(repo: str, as_json: bool) -> None:
    """Look at git, the forge's rules, keys, people, profiles and Redis; say how to mend each fault.

    Exit code 1 when anything is wrong.
    """
    found = list(examined(checks_of(opened(repo))))
    if as_json:
        print_json([{"name": one.name, "faults": one.faults} for one in found])
    else:
        for one in found:
            mark = click.style("✗", fg="red") if one.faults else click.style("✓", fg="green")
            click.echo(f"{mark} {one.name}")
            for fault in one.faults:
                click.echo(f"    {fault}")
    if any(one.faults for one in found):
        click.get_current_context().exit(1)

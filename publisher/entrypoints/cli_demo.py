"""`copydesk demo`: the main job, for real, in a temporary folder."""

import tempfile
from pathlib import Path

import click


@click.command()
@click.option("--keep", is_flag=True, help="Leave it running for a look, until Ctrl-C.")
def demo(keep: bool) -> None:
    """Show an epic go from Scheduled to Published on three profiles, with trouble on the way.

    Everything is real and stays on this machine: a git repository, a Redis, workers and the
    sandbox network. Exit code 0 only if what it shows is true.
    """
    from publisher.entrypoints.demo_stage import Stage  # noqa: PLC0415 - keeps --help fast
    from publisher.entrypoints.demo_story import Story  # noqa: PLC0415 - the same

    with (
        tempfile.TemporaryDirectory(prefix="copydesk-demo-") as folder,
        Stage(Path(folder)) as stage,
    ):
        story = Story(stage, click.echo)
        faults = story.tell()
        if keep:
            story.wait_for_a_look()
    for fault in faults:
        click.secho(f"Not as promised: {fault}", fg="red", err=True)
    if faults:
        click.get_current_context().exit(1)

"""`round`, `worker`, `up` and `sandbox`: what runs."""

import asyncio
import sys
from contextlib import suppress

import click

from publisher.config import Config, read_environment
from publisher.entrypoints.cli_options import json_option, print_json, repo_option
from publisher.entrypoints.logs import set_up_logging


@click.command("round")
@repo_option
@json_option
def round(repo: str, as_json: bool) -> None:  # noqa: A001 - the command's name
    """Run one round now: sync, drain, recover, plan, commit, hand out.

    Exit code 0 when it ran, 1 when something kept it back.
    """
    from publisher.wiring import App  # noqa: PLC0415 - keeps --help fast

    app = App(Config.from_env(read_environment(), repo))
    report = app.keep_round(force=True)
    if report is None:
        click.echo("Another process is in the middle of a round: nothing to do.")
        return
    if as_json:
        print_json(
            {
                "looked_at": report.looked_at,
                "reported": report.reported,
                "claimed": report.claimed,
                "commit": report.commit,
                "trouble": report.trouble,
            }
        )
    else:
        click.echo(
            f"Looked at {report.looked_at} epic(s), took {report.claimed} claim(s),"
            f" wrote {report.reported} report(s)."
        )
    if report.trouble:
        click.secho(report.trouble, fg="yellow", err=True)
        click.get_current_context().exit(1)


@click.command()
@repo_option
@click.option("--deliverers", default=2, show_default=True, help="Delivery workers to start.")
@click.option(
    "--deliveries-only", is_flag=True, help="Only carry deliveries (started by a leader)."
)
@click.option("--leader", default=0, hidden=True)
@click.option("--if-rounds-stopped", is_flag=True, help="End at once if rounds are kept already.")
def worker(
    repo: str, deliverers: int, deliveries_only: bool, leader: int, if_rounds_stopped: bool
) -> None:
    """Run a worker on this machine, against REDIS_URL. Start as many as you like, anywhere."""
    from publisher.entrypoints.worker import deliver, lead  # noqa: PLC0415 - keeps --help fast
    from publisher.wiring import App  # noqa: PLC0415 - the same

    config = Config.from_env(read_environment(), repo)
    set_up_logging(config.log_level)
    app = App(config)
    with suppress(KeyboardInterrupt):  # Ctrl-C reaches the whole group; `up` says the last word
        if deliveries_only:
            deliver(app, deliverers, leader)
        else:
            lead(app, deliverers, only_if_stopped=if_rounds_stopped)


@click.command()
@repo_option
@click.option("--deliverers", default=2, show_default=True, help="Delivery workers to start.")
def up(repo: str, deliverers: int) -> None:
    """Start everything on this machine: workers, and a Redis of its own without REDIS_URL.

    Ctrl-C stops it cleanly: calls under way are finished, the rest is given back.
    """
    from publisher.entrypoints.up import run_everything  # noqa: PLC0415 - keeps --help fast

    config = Config.from_env(read_environment(), repo)
    set_up_logging(config.log_level)
    run_everything(config, deliverers)


@click.command()
@click.option("--port", default=8400, show_default=True, help="0 takes a free one.")
def sandbox(port: int) -> None:
    """Run the sandbox on 127.0.0.1: a social network of your own, with a timeline page."""
    from publisher.sandbox.server import serve  # noqa: PLC0415 - keeps --help fast

    def ready(at: int) -> None:
        click.echo(f"sandbox on http://127.0.0.1:{at}")
        sys.stdout.flush()

    with suppress(KeyboardInterrupt):
        asyncio.run(serve("127.0.0.1", port, ready))


@click.command()
@repo_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8500, show_default=True, help="0 takes a free one.")
def hooks(repo: str, host: str, port: int) -> None:
    """Listen for GitHub's webhooks (POST /github), signed with GITHUB_WEBHOOK_SECRET.

    They only spare waiting for the next poll; put a proxy with TLS in front.
    """
    from publisher.entrypoints.forge_hooks import serve  # noqa: PLC0415 - keeps --help fast
    from publisher.wiring import App  # noqa: PLC0415 - the same

    config = Config.from_env(read_environment(), repo)
    set_up_logging(config.log_level)
    app = App(config)

    def ready(at: int) -> None:
        click.echo(f"hooks on http://{host}:{at}/github")
        sys.stdout.flush()

    with suppress(KeyboardInterrupt):
        asyncio.run(serve(config.webhook_secret, app.tell_moved, host, port, ready))

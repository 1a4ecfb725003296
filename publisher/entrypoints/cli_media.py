"""`pin`, `media-url` and `media-server`: media that lie at an address, and addresses of ours."""

from pathlib import Path

import click
from aiohttp import web

from publisher.adapters.clock import utc_now
from publisher.adapters.media_links import media_route
from publisher.adapters.media_probe import probe_file
from publisher.adapters.media_store import hash_of
from publisher.config import Config, read_environment
from publisher.domain.media import Probe, Unusable
from publisher.entrypoints.cli_options import json_option, print_json, repo_option
from publisher.entrypoints.cli_person import doing, opened
from publisher.files.media_lock import Pin
from publisher.wiring import App


@click.command()
@click.argument("epic")
@click.option("--again", is_flag=True, help="Also fetch what is pinned already.")
@repo_option
@json_option
def pin(epic: str, again: bool, repo: str, as_json: bool) -> None:
    """Fetch the addresses in EPIC's media and pin what they hold.

    Exactly those bytes go out, whatever the addresses hold later.

    Example: copydesk pin spring-launch
    """
    app = opened(repo)
    _done, pinned = app.editorial.pinning.pin(epic, doing(app, repo, None), again=again)
    if as_json:
        print_json([_json(item) for item in pinned.pins])
    else:
        for item in pinned.pins:
            _print(item)
        if not pinned.pins:
            click.echo(f"{epic} has no media at an address.")
    if pinned.failed:
        click.get_current_context().exit(1)


@click.command("media-url")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@repo_option
def media_url(file: Path, repo: str) -> None:
    """Keep FILE in the media store and print a public address of it that is good for a day.

    Example: copydesk media-url media/hero.jpg
    """
    app = App(Config.from_env(read_environment(), repo))
    links, found = app.media.links, probe_file(file)
    if not isinstance(found, Probe):
        raise click.UsageError(f"{file}: {found.message}")
    sha256 = hash_of(file)
    app.media.kept.keep(sha256, file)
    click.echo(links.url(sha256, found.content_type, utc_now()))


@click.command("media-server")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8500, show_default=True, help="The port to listen on.")
@repo_option
def media_server(host: str, port: int, repo: str) -> None:
    """Serve media links, for platforms that fetch media themselves.

    Example: copydesk media-server --port 8500
    """
    app = App(Config.from_env(read_environment(), repo))
    served = web.Application()
    served.add_routes([media_route(app.media.links, app.media.kept, utc_now)])
    web.run_app(served, host=host, port=port, print=click.echo)


def _print(item: Pin) -> None:
    if isinstance(item.found, Unusable):
        click.secho(f"{item.url}  failed: {item.found.fault.message}", fg="red")
    else:
        probe = item.found.probe
        click.echo(f"{item.url}  {probe.content_type}, {probe.size} bytes, {item.found.sha256}")


def _json(item: Pin) -> dict[str, object]:
    failed = item.found.fault if isinstance(item.found, Unusable) else None
    return {
        "url": item.url,
        "fetched_at": item.at,
        "sha256": None if isinstance(item.found, Unusable) else item.found.sha256,
        "cause": failed.cause.value if failed else None,
        "error_message": failed.message if failed else None,
    }

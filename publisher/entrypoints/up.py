"""`copydesk up`: one command that starts, watches and cleanly stops everything on one machine."""

import fcntl
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from urllib.parse import urlsplit

import click

from publisher.adapters.embedded import EmbeddedValkey
from publisher.config import Config
from publisher.domain.errors import Refused
from publisher.entrypoints.pulse import Children
from publisher.wiring import App

_WATCH = 0.5
_STOP_WITHIN = 35.0
SANDBOX = "http://127.0.0.1:8400"


def run_everything(config: Config, deliverers: int) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP; whatever dies meanwhile is started again."""
    stop = _told_to_stop()
    config.state.mkdir(parents=True, exist_ok=True)
    with _only_one(config), _embedded(config) as embedded:
        if embedded is not None:
            config = config.with_redis(embedded.url)
        app = App(config)
        everything = [
            Children(["worker", "--repo", config.repo, "--deliverers", str(deliverers)], 1)
        ]
        sandbox = _sandbox_wanted(app)
        if sandbox:
            everything.append(Children(["sandbox", "--port", str(sandbox)], 1))
        if config.environ.get("GITHUB_WEBHOOK_SECRET"):
            everything.append(Children(["hooks", "--repo", config.repo], 1))
        os.environ["REDIS_URL"] = config.redis_url  # noqa: TID251 - handed to the children
        _greet(app, config, embedded, sandbox)
        try:
            while not stop.is_set():
                if embedded is not None and not embedded.running:
                    embedded.start()
                for children in everything:
                    children.keep()
                stop.wait(_WATCH)
        finally:
            click.echo("Stopping: calls under way are finished first.")
            if embedded is not None:
                app.stop_workers()
            for children in everything:
                children.stop(_STOP_WITHIN)
    click.echo("Stopped.")


@contextmanager
def _embedded(config: Config) -> Iterator[EmbeddedValkey | None]:
    """A Redis of our own unless one is named; it ends with us, also when the start goes wrong."""
    if config.redis_url:
        yield None
        return
    embedded = EmbeddedValkey(config.state / "valkey")
    try:
        embedded.start()
        yield embedded
    finally:
        embedded.stop()


def _told_to_stop() -> threading.Event:
    """Set by the signals; a closed terminal is one of them, unless `nohup` was asked for."""
    stop = threading.Event()

    def stopped(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stopped)
    return stop


def _greet(app: App, config: Config, embedded: EmbeddedValkey | None, sandbox: int) -> None:
    click.echo(f"Copydesk serves {app.repository} from {config.repo}")
    click.echo(f"  Redis    {'embedded, ' if embedded else ''}{config.redis_url}")
    if sandbox:
        click.echo(f"  Sandbox  http://127.0.0.1:{sandbox}")
    click.echo("  Ctrl-C stops it.  REDIS_URL and COPYDESK_STATE for other terminals:")
    click.echo(f"  export REDIS_URL={config.redis_url} COPYDESK_STATE={config.state}")


def _sandbox_wanted(app: App) -> int:
    """The port of the sandbox that profiles name on this machine, if nobody serves it yet."""
    desk = app.store.desk(app.store.sync().main)
    for profile in desk.profiles.values():
        if profile.platform != "sandbox":
            continue
        server = urlsplit(str(profile.options.get("server", SANDBOX)))
        if server.hostname in {"127.0.0.1", "localhost"} and server.port:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", server.port)) != 0:
                    return server.port
    return 0


@contextmanager
def _only_one(config: Config) -> Iterator[None]:
    path = config.state / "up.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refused(f"`copydesk up` already serves {config.repo} on this machine.") from None
        try:
            yield
        finally:
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_UN)

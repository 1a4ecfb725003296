"""Run the sandbox: python -m publisher.sandbox --port N [--host 127.0.0.1]."""

import argparse
import asyncio
import contextlib
import resource
import sys

from publisher.sandbox.server import serve

DESCRIPTION = "A small local social network to publish to, which can be told to misbehave."


def _allow_many_connections() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> int:
    """Read the options, serve until told to stop, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m publisher.sandbox", description=DESCRIPTION)
    parser.add_argument("--port", type=int, required=True, help="0 picks a free port")
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args()
    shown = f"[{options.host}]" if ":" in options.host else options.host
    _allow_many_connections()

    def ready(port: int) -> None:
        sys.stdout.write(f"sandbox on http://{shown}:{port}\n")
        sys.stdout.flush()

    try:
        asyncio.run(serve(options.host, options.port, ready))
    except (OSError, OverflowError) as error:
        sys.stderr.write(f"sandbox: cannot listen on {shown}:{options.port}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

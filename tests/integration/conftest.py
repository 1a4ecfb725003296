"""One Valkey and one sandbox for all tests; a repository of its own for each."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from publisher.adapters import near_forge
from publisher.adapters.embedded import EmbeddedValkey
from publisher.usecases import carrier
from tests.integration.network import Network, running_network
from tests.integration.people import git
from tests.integration.world import World, make_template, new_world

IN_MEMORY = Path("/dev/shm")


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A folder for everything, in memory where there is such a place: git writes many files."""
    place = IN_MEMORY if IN_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="copydesk-tests-", dir=place) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def network_process() -> Iterator[Network]:
    with running_network() as network:
        yield network


@pytest.fixture(scope="session")
def valkey(home: Path) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(home / "valkey")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def template(home: Path, network_process: Network) -> Path:
    return make_template(home, network_process)


@pytest.fixture
def network(network_process: Network) -> Network:
    network_process.reset()
    return network_process


@pytest.fixture
def empty_redis(valkey: EmbeddedValkey) -> Iterator["redis.Redis"]:
    client = redis.Redis.from_url(valkey.url, decode_responses=True)
    client.flushall()
    yield client
    client.close()


@pytest.fixture(autouse=True)
def carriers_do_not_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    """A carrier waits a second for more work before it ends; here nothing more comes."""
    monkeypatch.setattr(carrier, "LINGER", 0.03)


@pytest.fixture
def make_world(
    home: Path,
    template: Path,
    network: Network,
    valkey: EmbeddedValkey,
    empty_redis: "redis.Redis",
) -> Iterator[Callable[[str], World]]:
    made: list[World] = []

    def make(repository: str) -> World:
        folder = Path(tempfile.mkdtemp(prefix=f"{repository}-", dir=home))
        made.append(new_world(folder, template, network, valkey.url, repository))
        return made[-1]

    yield make
    for world in made:
        world.close()
        shutil.rmtree(world.folder)


@pytest.fixture
def world(make_world: Callable[[str], World]) -> World:
    return make_world("acme")


@pytest.fixture(params=["near", "git"])
def both_ways(world: World, request: pytest.FixtureRequest) -> None:
    """The test runs twice: we move the objects of a plain forge ourselves, or git does it."""
    if request.param == "git":
        git(world.remote, "config", "receive.autogc", "false")
    assert (near_forge.plain(world.remote) is not None) == (request.param == "near")

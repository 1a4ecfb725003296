"""A team with roles, an approval policy, and the forge that needs no server."""

from collections.abc import Callable, Iterator

import pytest

from tests.editorial.team import Team, hire
from tests.integration.conftest import (
    carriers_do_not_linger,
    empty_redis,
    home,
    make_world,
    network,
    network_process,
    template,
    valkey,
    world,
)
from tests.integration.world import World

__all__ = [
    "carriers_do_not_linger",
    "empty_redis",
    "home",
    "make_world",
    "network",
    "network_process",
    "template",
    "valkey",
    "world",
]


@pytest.fixture
def team(world: World) -> Team:
    return hire(world)


@pytest.fixture
def make_team(make_world: Callable[[str], World]) -> Iterator[Callable[[str], Team]]:
    """Teams whose settings differ: the argument is the approval policy, as YAML."""
    made = iter(range(100))

    def make(policy: str) -> Team:
        return hire(make_world(f"acme-{next(made)}"), policy)

    return make

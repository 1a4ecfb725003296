"""Fixtures: the servers of every platform, each started when a test first needs it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager

import pytest

from publisher.adapters.http import AiohttpHttp
from tests.contract.world import HASTY, PATIENT, Desk, Stage, start_of

Open = Callable[[str], AbstractAsyncContextManager[Desk]]


@pytest.fixture(scope="session")
def stages() -> Iterator[Callable[[str], Stage]]:
    with ExitStack() as stack:
        running: dict[str, Stage] = {}

        def stage(platform: str) -> Stage:
            if platform not in running:
                running[platform] = stack.enter_context(start_of(platform)())
            return running[platform]

        yield stage


@pytest.fixture
def open_desk(stages: Callable[[str], Stage]) -> Open:
    """Open a fresh account in the world of a variant such as `sandbox:blind`."""

    @asynccontextmanager
    async def opened(variant: str) -> AsyncIterator[Desk]:
        platform, _, kind = variant.partition(":")
        async with (
            stages(platform).world(kind) as world,
            AiohttpHttp(PATIENT) as http,
            AiohttpHttp(HASTY) as hasty,
        ):
            yield Desk(world, http, hasty)

    return opened

"""A carrier put together: its own connections, for as long as it carries."""

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from publisher.adapters.clock import boot_clock
from publisher.adapters.http import AiohttpHttp
from publisher.adapters.redis_lane import RedisLane
from publisher.usecases.carrier import Carrier, Carrying
from publisher.wiring.connections import connected_async

if TYPE_CHECKING:
    from publisher.wiring.app import App


async def carried(app: "App", caller: str) -> None:
    """Carry what is handed out, until nothing is left; SIGUSR1 gives the rest back."""
    stop = asyncio.Event()
    with suppress(ValueError, RuntimeError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, stop.set)
    timing = app.config.timing
    client = connected_async(app.config.redis_url)
    lane = RedisLane(client, app.repository, caller, timing.lease, timing.call_budget)
    try:
        async with AiohttpHttp(timing) as http:
            carrying = Carrying(
                lane=lane,
                contents=app.media.contents,
                platforms=app.platforms,
                secrets=app.secrets,
                http=http,
                timing=timing,
                boot=boot_clock,
                wake_round=app.queue.wake_round,
            )
            await Carrier(carrying).run(stop)
    finally:
        await client.aclose()

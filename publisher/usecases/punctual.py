"""An Http that refuses to begin a dangerous request too late after the gate."""

from collections.abc import Callable, Mapping

from publisher.ports import Http, HttpAnswer, NotSent


class PunctualHttp:
    """A process may be stopped between the gate and the call; this is the last look at the clock.

    `boot` is a clock in seconds that goes on while the process or the machine sleeps.
    """

    def __init__(self, http: Http, boot: Callable[[], float]) -> None:
        self._http, self._boot = http, boot
        self._deadline: float | None = None

    def send_before(self, deadline: float) -> None:
        """The next request must begin by then; those after it are free again."""
        self._deadline = deadline

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> HttpAnswer:
        deadline, self._deadline = self._deadline, None
        if deadline is not None and self._boot() > deadline:
            raise NotSent("this process was stopped for too long between the gate and the call")
        return await self._http.send(method, url, headers=headers, body=body)

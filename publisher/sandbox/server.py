"""The sandbox's HTTP server: the network's own API, its faults, and how it is run."""

import asyncio
import contextlib
import hashlib
import re
import signal
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from publisher.sandbox import answers
from publisher.sandbox.control import Control
from publisher.sandbox.faults import ACCEPTING, DROPS, WAITS_BEFORE, Fault, Kind, Step
from publisher.sandbox.model import Call, Plays, Refused, Upload
from publisher.sandbox.network import Network, base36
from publisher.sandbox.shapes import draft_from, object_from, query_from
from publisher.sandbox.views import Views

MOST_BYTES = 64 * 1024 * 1024
LARGE = 1024 * 1024
BACKLOG = 2048
MIME = re.compile(r"[\w.+-]+/[\w.+-]+")
BEARER = re.compile(r"bearer\s+\S", re.IGNORECASE)
CONTAINERS_FIRST = "This platform publishes through /containers and /containers/{id}/publish."
NO_CONTAINERS = "Only accounts that play checkable have containers."

Act = Callable[[], web.Response]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def base_of(request: web.Request) -> str:
    """Return this server's address as the client wrote it, without a slash at the end."""
    return f"{request.scheme}://{request.host}"


def _require_bearer(request: web.Request) -> None:
    if not BEARER.match(request.headers.get("Authorization", "")):
        message = "Send an access token as Authorization: Bearer <anything>."
        raise Refused(401, "unauthorized", message)


def _require_containers(call: Call) -> None:
    if call.plays is not Plays.CHECKABLE:
        raise Refused(404, "not_found", NO_CONTAINERS)


def _upload(request: web.Request, data: bytes) -> Upload:
    kind = request.content_type.lower()
    kind = kind if MIME.fullmatch(kind) else "application/octet-stream"
    name = request.headers.get("X-File-Name", "")
    return Upload(data, kind, name, hashlib.sha256(data).hexdigest())


class Api:
    """The handlers under /{plays}/{account}/, each of which counts its request first."""

    def __init__(self, network: Network, clock: Callable[[], float]) -> None:
        """Serve `network`; `clock` returns unix seconds."""
        self.network = network
        self.clock = clock

    def routes(self) -> list[web.RouteDef]:
        """List the API's routes."""
        root = "/{plays}/{account}"
        return [
            web.post(root + "/posts", self.publish),
            web.get(root + "/posts", self.listing, allow_head=False),
            web.post(root + "/media", self.add_media),
            web.post(root + "/containers", self.add_container),
            web.post(root + "/containers/{id}/publish", self.publish_container),
            web.get(root + "/containers/{id}", self.look_up_container, allow_head=False),
            web.get(root + "/posts/{id}", self.look_up, allow_head=False),
            web.delete(root + "/posts/{id}", self.delete),
        ]

    async def publish(self, request: web.Request) -> web.Response:
        """Create a post: the dangerous call."""
        call = self._open(request, Step.PUBLISH)
        if call.plays is Plays.CHECKABLE:
            raise Refused(405, "method_not_allowed", CONTAINERS_FIRST, allow="GET")
        _require_bearer(request)
        draft = draft_from(object_from(await request.read()))

        def act() -> web.Response:
            post, created = self.network.publish(call, draft, self.clock())
            return answers.json_answer(
                answers.short_post(post, base_of(request)), 201 if created else 200
            )

        return await self._answer(request, Step.PUBLISH, draft.text, act)

    async def publish_container(self, request: web.Request) -> web.Response:
        """Publish a container, once: the dangerous call of a checkable platform."""
        call = self._open(request, Step.PUBLISH)
        _require_containers(call)
        _require_bearer(request)
        await request.read()
        container = self.network.container(call.account, request.match_info["id"])

        def act() -> web.Response:
            post = self.network.publish_container(call, container, self.clock())
            return answers.json_answer(answers.short_post(post, base_of(request)), 201)

        return await self._answer(request, Step.PUBLISH, container.draft.text, act)

    async def add_container(self, request: web.Request) -> web.Response:
        """Prepare a post nobody sees yet."""
        call = self._open(request, Step.PREPARE)
        _require_containers(call)
        _require_bearer(request)
        draft = draft_from(object_from(await request.read()))

        def act() -> web.Response:
            return answers.json_answer({"id": self.network.add_container(call, draft).id}, 201)

        return await self._answer(request, Step.PREPARE, draft.text, act)

    async def add_media(self, request: web.Request) -> web.Response:
        """Store a file."""
        call = self._open(request, Step.PREPARE)
        data = await request.read()
        if len(data) < LARGE:
            upload = _upload(request, data)
        else:
            upload = await asyncio.to_thread(_upload, request, data)

        def act() -> web.Response:
            media = self.network.add_media(call.account, upload)
            shown = {"id": media.id, "sha256": media.sha256, "size": len(media.data)}
            return answers.json_answer(shown, 201)

        return await self._answer(request, Step.PREPARE, None, act)

    async def look_up_container(self, request: web.Request) -> web.Response:
        """Tell whether a container was published, and as which post."""
        call = self._open(request, Step.LOOK_UP)
        _require_containers(call)
        container = self.network.container(call.account, request.match_info["id"])

        def act() -> web.Response:
            return answers.json_answer(answers.container_answer(container, base_of(request)))

        return await self._answer(request, Step.LOOK_UP, container.draft.text, act)

    async def listing(self, request: web.Request) -> web.Response:
        """List an account's posts, newest first."""
        call = self._open(request, Step.LOOK_UP)

        def act() -> web.Response:
            query = query_from(request.query)
            posts = self.network.listing(call.plays, call.account, query, self.clock())
            base = base_of(request)
            return answers.json_answer({"data": [answers.full_post(p, base) for p in posts]})

        return await self._answer(request, Step.LOOK_UP, None, act)

    async def look_up(self, request: web.Request) -> web.Response:
        """Show one post."""
        call = self._open(request, Step.LOOK_UP)
        post_id = request.match_info["id"]
        known = self.network.posts.get(post_id)

        def act() -> web.Response:
            post = self.network.look_up(call.plays, call.account, post_id)
            return answers.json_answer(answers.full_post(post, base_of(request)))

        return await self._answer(request, Step.LOOK_UP, known.text if known else None, act)

    async def delete(self, request: web.Request) -> web.Response:
        """Mark one post as deleted."""
        call = self._open(request, Step.DELETE)
        self.network.delete(call.plays, call.account, request.match_info["id"])
        return web.Response(status=204)

    def _open(self, request: web.Request, step: Step) -> Call:
        received_at = self.clock()
        plays, account = request.match_info["plays"], request.match_info["account"]
        self.network.count(account, step)
        if plays not in Plays.__members__.values():
            message = f"No platform plays {plays!r}; there are {', '.join(Plays)}."
            raise Refused(404, "not_found", message)
        key = request.headers.get("Idempotency-Key") or None
        return Call(Plays(plays), account, key, received_at)

    async def _answer(
        self, request: web.Request, step: Step, text: str | None, act: Act
    ) -> web.Response:
        account = request.match_info["account"]
        fault = self.network.take_fault(step, account, text)
        latency = self.network.settings(account).latency if step is Step.PUBLISH else 0.0
        if fault is None:
            answer = self._attempt(request, act)
        else:
            answer = await self._faulted(request, fault, act)
        if latency:
            await asyncio.sleep(latency)
        if fault is not None and fault.kind is Kind.HANG_AFTER_ACCEPT:
            await asyncio.sleep(fault.wait())
        if fault is not None and fault.kind in DROPS and request.transport is not None:
            request.transport.close()
        return answer

    async def _faulted(self, request: web.Request, fault: Fault, act: Act) -> web.Response:
        if fault.kind in WAITS_BEFORE:
            await asyncio.sleep(fault.wait())
        if fault.kind is Kind.HANG_BEFORE_ACCEPT and _gone(request):
            return web.Response(status=408)
        if fault.kind not in ACCEPTING:
            return answers.fault_answer(fault, self.clock())
        answer = self._attempt(request, act)
        return answers.cut_short(answer) if fault.kind is Kind.MALFORMED_JSON else answer

    def _attempt(self, request: web.Request, act: Act) -> web.Response:
        try:
            return act()
        except Refused as refused:
            return answers.refusal(refused, base_of(request))


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


@web.middleware
async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every refusal, the framework's own ones too, into JSON with one sentence."""
    try:
        return await handler(request)
    except Refused as refused:
        return answers.refusal(refused, base_of(request))
    except web.HTTPRequestEntityTooLarge:
        message = f"The body is larger than {MOST_BYTES} bytes."
        return answers.json_answer({"error": "too_large", "message": message}, 413)
    except web.HTTPMethodNotAllowed as error:
        allow = ", ".join(sorted(error.allowed_methods))
        message = f"{request.method} does not work here; {allow} would."
        known = Refused(405, "method_not_allowed", message, allow=allow)
        return answers.refusal(known, base_of(request))
    except web.HTTPNotFound:
        message = "There is nothing at this address; open / for the timeline."
        return answers.json_answer({"error": "not_found", "message": message}, 404)


Clock = Callable[[], float]
WALL: Clock = time.time  # noqa: TID251 - the sandbox stands alone: this is where it reads the time


def build_app(network: Network, clock: Clock = WALL) -> web.Application:
    """Build the application around `network`; `clock` returns unix seconds."""
    app = web.Application(client_max_size=MOST_BYTES, middlewares=[refusals])
    views = Views(network, clock)
    app.add_routes(Control(network).routes())
    app.add_routes(views.routes())
    app.add_routes(Api(network, clock).routes())
    app.on_shutdown.append(views.stop)
    return app


async def serve(host: str, port: int, ready: Callable[[int], None] | None = None) -> None:
    """Serve until SIGTERM, SIGINT or cancellation; `ready` is told the port, 0 picks a free one."""
    network = Network(prefix=base36(int(WALL())))
    runner = web.AppRunner(build_app(network), access_log=None, shutdown_timeout=0.5)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(ValueError, RuntimeError):  # not in the main thread
            loop.add_signal_handler(number, stop.set)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=BACKLOG).start()
        if ready is not None:
            ready(int(runner.addresses[0][1]))
        await stop.wait()
    finally:
        await runner.cleanup()

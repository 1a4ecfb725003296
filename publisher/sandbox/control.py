"""The control side of the sandbox: arming faults, changing accounts, counting, resetting."""

from aiohttp import web

from publisher.sandbox import answers
from publisher.sandbox.model import Settings
from publisher.sandbox.network import Network
from publisher.sandbox.shapes import fault_from, object_from, settings_from


def _settings_answer(settings: Settings) -> web.Response:
    return answers.json_answer(
        {"lag": settings.lag, "key_memory": settings.key_memory, "latency": settings.latency}
    )


class Control:
    """The handlers under /control/, which are never counted and never struck by faults."""

    def __init__(self, network: Network) -> None:
        """Control `network`."""
        self.network = network

    def routes(self) -> list[web.RouteDef]:
        """List the control routes."""
        return [
            web.post("/control/faults", self.arm),
            web.get("/control/faults", self.armed),
            web.delete("/control/faults", self.disarm),
            web.put("/control/accounts/{account}", self.set_account),
            web.put("/control/defaults", self.set_defaults),
            web.get("/control/posts", self.posts),
            web.get("/control/counts", self.counts),
            web.delete("/control/everything", self.reset),
        ]

    async def arm(self, request: web.Request) -> web.Response:
        """Arm one fault."""
        fault = self.network.arm(fault_from(object_from(await request.read())))
        return answers.json_answer(answers.control_fault(fault), 201)

    async def armed(self, _request: web.Request) -> web.Response:
        """List the faults that can still strike, oldest first."""
        faults = self.network.faults.armed()
        return answers.json_answer({"data": [answers.control_fault(fault) for fault in faults]})

    async def disarm(self, _request: web.Request) -> web.Response:
        """Disarm every fault."""
        self.network.disarm()
        return web.Response(status=204)

    async def set_account(self, request: web.Request) -> web.Response:
        """Change the settings of one account, named or new."""
        account = request.match_info["account"]
        asked = object_from(await request.read())
        settings = settings_from(asked, self.network.settings(account))
        self.network.set_account(account, settings)
        return _settings_answer(settings)

    async def set_defaults(self, request: web.Request) -> web.Response:
        """Change the settings of every account that was never named."""
        asked = object_from(await request.read())
        settings = settings_from(asked, self.network.defaults)
        self.network.set_defaults(settings)
        return _settings_answer(settings)

    async def posts(self, _request: web.Request) -> web.Response:
        """List every post ever created, oldest first, deleted and lagging ones included."""
        posts = self.network.posts.values()
        return answers.json_answer({"data": [answers.control_post(post) for post in posts]})

    async def counts(self, _request: web.Request) -> web.Response:
        """Tell how many requests and posts there were, in all and per account."""
        return answers.json_answer(self.network.counts())

    async def reset(self, _request: web.Request) -> web.Response:
        """Forget everything."""
        self.network.reset()
        return web.Response(status=204)

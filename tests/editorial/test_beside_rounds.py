"""What the leading worker does beside its rounds, as a process of its own."""

import hashlib
import hmac
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from publisher.domain.states import EpicState
from tests.editorial.team import LAUNCH, Team
from tests.editorial.test_pulls import comments, proposal
from tests.integration.test_up import ROOT, environ
from tests.integration.world import ago, task, waiting

SECRET = "It's a Secret to Everybody"
GIVES_UP_AFTER = 30.0


@contextmanager
def running(team: Team, *words: str) -> Iterator["subprocess.Popen[str]"]:
    environment = {
        **environ(team.world),
        "REDIS_URL": team.world.redis_url,
        "GITHUB_WEBHOOK_SECRET": SECRET,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "publisher", *words, "--repo", str(team.world.remote)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(GIVES_UP_AFTER)
        assert process.stdout is not None
        process.stdout.close()


def test_a_leading_worker_watches_pull_requests_by_itself(team: Team) -> None:
    team.scheduled(task("teaser", "x"), due=ago(-1))
    pull = proposal(team)

    with (
        running(team, "worker", "--deliverers", "1"),
        waiting("a word in the pull request", GIVES_UP_AFTER) as wait,
    ):
        while not comments(team, pull.number):
            wait()
        assert team.world.network.posts() == []
        team.app.forge.close(pull.number)
        while team.state() is not EpicState.PUBLISHED:
            wait()

    assert team.world.network.texts() == ["Text of teaser."]


def test_a_signed_delivery_tells_that_the_forge_has_moved(team: Team) -> None:
    team.draft(epic=LAUNCH)
    body = b'{"zen": "Speak like a human."}'
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    with running(team, "hooks", "--port", "0") as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]

        def deliver(signed: str) -> int:
            headers = {
                "X-Hub-Signature-256": f"sha256={signed}",
                "X-GitHub-Event": "push",
                "X-GitHub-Delivery": "one",
            }
            try:
                with urlopen(Request(url, body, headers), timeout=GIVES_UP_AFTER) as answer:
                    return int(answer.status)
            except HTTPError as error:
                return error.code

        assert (deliver("0" * 64), team.app.forge_moved()) == (401, False)
        assert (deliver(signature), team.app.forge_moved()) == (204, True)
        assert team.app.forge_moved() is False

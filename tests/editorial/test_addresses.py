"""Media that lie at an address: approvers see the bytes that will go out, whatever comes later."""

import hashlib

import pytest

from publisher.domain.errors import Refused
from publisher.domain.states import EpicState
from tests.editorial.team import LAUNCH, Team, hire
from tests.integration.test_media import Web, near, web
from tests.integration.world import World, ago, task
from tests.media.servers import answer
from tests.pictures import BLUE, RED, picture

__all__ = ["near", "web"]


@pytest.fixture
def drafted(near: World, web: Web) -> Team:
    """A draft whose only task has a picture at an address."""
    web.answers["/a.png"] = answer(picture(colour=RED))
    team = hire(near)
    team.draft(task("teaser", "x", media=[{"url": f"{web.url}/a.png", "alt": "A"}]))
    return team


def test_asking_for_a_review_pins_what_addresses_hold(drafted: Team, web: Web) -> None:
    drafted.app.editorial.drafts.request_review(LAUNCH, drafted.doing("ana"))
    web.answers["/a.png"] = answer(picture(colour=BLUE))
    drafted.approve("bo")
    drafted.schedule(ago(0))
    drafted.world.run()

    (post,) = drafted.world.network.posts()
    assert post["media"][0]["sha256"] == hashlib.sha256(picture(colour=RED)).hexdigest()
    assert "Ana Silva|Copydesk|pin: launch" in drafted.log("main")
    assert drafted.state() is EpicState.PUBLISHED


def test_nobody_approves_what_nobody_has_fetched(drafted: Team) -> None:
    with pytest.raises(Refused, match="copydesk pin launch"):
        drafted.approve("bo")


def test_other_bytes_at_the_address_void_the_approval(drafted: Team, web: Web) -> None:
    editorial = drafted.app.editorial
    editorial.pinning.pin(LAUNCH, drafted.doing("ana"))
    drafted.approve("bo")
    web.answers["/a.png"] = answer(picture(colour=BLUE))
    editorial.pinning.pin(LAUNCH, drafted.doing("ana"), again=True)

    assert not drafted.survey().approvals["teaser"].complete

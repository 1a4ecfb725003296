"""What was prepared before something went wrong is not made again, and never mixed up."""

import pytest

from publisher.domain.delivery import DeliveryStatus
from tests.integration.world import SPRING, World, task
from tests.pictures import BLUE, RED, picture

PICTURES = {"media/a.png": picture(colour=RED), "media/b.png": picture(colour=BLUE)}
MEDIA = [{"file": name, "alt": f"Alt of {name}"} for name in PICTURES]


@pytest.fixture
def pictures(world: World) -> World:
    for name, data in PICTURES.items():
        world.people.write(f"{SPRING}/{name}", data)
    return world


def test_a_preparation_that_stopped_goes_on_where_it_stopped(pictures: World) -> None:
    world = pictures
    world.network.arm("unavailable", step="prepare", contains="Text of teaser.")
    world.epic(task("teaser", "insta", media=MEDIA))
    world.run_until(lambda: world.status("teaser/insta") is DeliveryStatus.PUBLISHED)
    assert len(world.network.posts()) == 1
    assert world.network.requests("prepare") == len(PICTURES) + 2
    assert not world.delivery("teaser/insta").half_ready


def test_uploads_of_a_refused_call_serve_the_next_one(pictures: World) -> None:
    world = pictures
    world.network.arm("unavailable", times=2)
    world.epic(task("teaser", "x", media=MEDIA))
    world.run_until(lambda: world.status("teaser/x") is DeliveryStatus.PUBLISHED)
    assert world.network.requests("publish") == 3
    assert world.network.requests("prepare") == len(PICTURES)

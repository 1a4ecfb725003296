"""A look-up finds this very delivery: not another one, and not nothing because of another one."""

from publisher.domain.delivery import DeliveryStatus
from tests.integration.world import World, asking, task


def test_a_lost_post_is_found_behind_the_same_words_of_another_delivery(world: World) -> None:
    same = {"body": "The same words."}
    world.epic(task("first", "linkedin", **same), task("second", "linkedin", **same))
    world.run()
    assert world.held("second/linkedin") == "same_content"
    world.network.arm("drop_after_accept")
    world.app.decide.release("spring-launch", "second/linkedin", asking())
    world.run_until(lambda: world.status("second/linkedin") is DeliveryStatus.PUBLISHED)
    first, second = world.network.posts()
    assert [world.delivery(f"{name}/linkedin").parts[0].id for name in ("first", "second")] == [
        first["id"],
        second["id"],
    ]


def test_a_thread_does_not_go_on_below_a_post_whose_id_nobody_knows(world: World) -> None:
    world.network.arm("drop_after_accept")
    world.epic(task("teaser", "press", thread=[{"body": "Second part"}]))
    world.run_until(lambda: world.status("teaser/press") is DeliveryStatus.UNCONFIRMED)
    world.app.decide.resolve("spring-launch", "press", "https://wire.example/1", asking())
    world.run_until(lambda: world.status("teaser/press") is DeliveryStatus.FAILED)
    assert len(world.network.posts()) == 1
    fault = world.delivery("teaser/press").attempts[-1].fault
    assert fault is not None
    assert (fault.who, "part 2" in fault.message) == ("owner", True)

"""What every platform must keep: each test runs in every variant of every platform's world."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from publisher.domain.outcome import (
    ErrorKind,
    GiveUp,
    NotBegun,
    Prepared,
    Published,
    Retry,
    Unknown,
)
from publisher.domain.traits import Safety
from publisher.platforms import find_all
from publisher.ports import Post
from tests.contract.conftest import Open
from tests.contract.posts import (
    ALL,
    CONTROL,
    QUESTIONS,
    TEXT,
    a_post,
    an_hour_ago,
    check_fault,
)
from tests.contract.processes import free_port
from tests.contract.world import (
    HARMLESS,
    PICTURE,
    Desk,
    NotTwice,
    Seen,
    Step,
    World,
    attachment,
    has_world,
)
from tests.contract.world import Fault as Bad

CALLS = list(product(ALL, Bad))


async def made(world: World, count: int) -> list[Seen]:
    """The posts that exist, given a server on a busy machine the time to make them."""
    posts = await world.posts()
    for _ in range(100):
        if len(posts) == count:
            break
        await asyncio.sleep(0.03)
        posts = await world.posts()
    return posts


async def settle(desk: Desk, post: Post, prepared: Prepared) -> Any:
    """What the engine does next about a call in doubt, as far as the platform's class allows."""
    if desk.traits.safety is Safety.IDEMPOTENT:
        return await desk.account.publish(post, prepared.handle)
    if desk.traits.safety is Safety.CHECKABLE:
        checked = await desk.account.check(prepared.handle)
        if isinstance(checked, NotBegun):
            return await desk.account.publish(post, prepared.handle)
        return checked
    return None


@pytest.mark.parametrize("name", sorted(find_all()))
def test_every_platform_has_a_world(name: str) -> None:
    assert has_world(name), (
        f"The platform {name!r} is not tested: add tests/contract/worlds/{name}.py with VARIANTS"
        " and start(), as docs/ADDING_A_PLATFORM.md describes."
    )


@pytest.mark.parametrize("variant", ALL)
def test_profile_of_the_world_has_no_problems(variant: str, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            platform, profile = desk.world.platform, desk.world.profile
            assert type(platform) is type(find_all()[variant.partition(":")[0]])
            assert platform.name == profile.platform
            assert list(platform.problems(profile)) == []
            wrong = replace(profile, options={**profile.options, "no such option": 1})
            assert len(list(platform.problems(wrong))) == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("variant", ALL)
def test_what_is_published_is_exactly_what_was_given(variant: str, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            text = TEXT + CONTROL if desk.world.control_characters else TEXT
            files = desk.world.album
            post = desk.fitted(a_post(text=text, media=files))
            outcome = await desk.send(post)
            assert isinstance(outcome, Published)
            (seen,) = await desk.world.posts()
            assert outcome.id == seen.id
            assert outcome.url.startswith("http")
            assert seen.text == text
            assert seen.media == tuple((each.sha256, each.alt) for each in post.media)
            assert seen.media[0][0] == hashlib.sha256(PICTURE).hexdigest()
            assert seen.reply_to is None

    asyncio.run(scenario())


@pytest.mark.parametrize("variant", ALL)
def test_second_part_of_a_thread_replies_to_the_first(variant: str, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            first = await desk.send(desk.fitted(a_post("k/0", "first")))
            assert isinstance(first, Published)
            reply = desk.fitted(a_post("k/1", "second", reply_to=first.id))
            second = await desk.send(reply)
            assert isinstance(second, Published)
            seen = await desk.world.posts()
            assert [(each.text, each.reply_to) for each in seen] == [
                ("first", None),
                ("second", first.id),
            ]

    asyncio.run(scenario())


@pytest.mark.parametrize(("variant", "bad"), CALLS)
def test_every_fault_of_the_dangerous_call(variant: str, bad: Bad, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            world = desk.world
            if bad not in world.dangerous:
                return
            expect = world.dangerous[bad]
            post = desk.fitted(a_post(media=(attachment("a.png", PICTURE, "alt"),)))
            prepared = await desk.account.prepare(post, {})
            assert isinstance(prepared, Prepared)
            await world.arm(bad)
            outcome = await desk.struck_by(bad).publish(post, prepared.handle)
            assert type(outcome) is expect.result
            assert len(await made(world, expect.posts)) == expect.posts
            if isinstance(outcome, Retry | GiveUp | Unknown):
                assert outcome.fault.kind is expect.kind
                check_fault(outcome.fault, world)
            if bad is Bad.RATE_LIMITED and isinstance(outcome, Retry):
                assert outcome.after == timedelta(seconds=60)
            settled = await settle(desk, post, prepared)
            posts = await world.posts()
            if settled is None:
                assert len(posts) == expect.posts
            else:
                assert isinstance(settled, Published)
                assert [settled.id] == [each.id for each in posts]

    asyncio.run(scenario())


@pytest.mark.parametrize(("variant", "bad"), QUESTIONS)
def test_every_fault_while_preparing(variant: str, bad: Bad, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            post = desk.fitted(a_post(media=(attachment("a.png", PICTURE, "alt"),)))
            await desk.world.arm(bad, Step.PREPARE)
            prepared = await desk.struck_by(bad).prepare(post, {})
            asks = desk.world.asks_first
            expected, kind = HARMLESS[bad] if asks else (Prepared, None)
            assert isinstance(prepared, expected)
            if isinstance(prepared, Retry | GiveUp):
                assert prepared.fault.kind is kind
                check_fault(prepared.fault, desk.world)
            assert await desk.world.posts() == []
            if asks or bad in desk.world.dangerous:
                assert isinstance(await desk.account.prepare(post, {}), Prepared)

    asyncio.run(scenario())


@pytest.mark.parametrize("variant", ALL)
def test_what_was_prepared_before_is_not_made_again(variant: str, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            files = (attachment("a.png", PICTURE, "one"), attachment("b.png", PICTURE[1:], "two"))
            post = desk.fitted(a_post(media=files))
            whole = await desk.account.prepare(post, {})
            assert isinstance(whole, Prepared)
            await desk.world.arm(Bad.UNAVAILABLE, Step.PREPARE)
            assert await desk.account.prepare(post, whole.handle) == whole
            if not whole.handle:
                return
            some = dict(list(whole.handle.items())[:-1])
            stopped = await desk.account.prepare(post, some)
            assert isinstance(stopped, Retry)
            assert stopped.handle == some
            again = await desk.account.prepare(post, stopped.handle)
            assert isinstance(again, Prepared)
            assert again.handle.keys() == whole.handle.keys()
            assert some.items() <= again.handle.items()
            assert isinstance(await desk.account.publish(post, again.handle), Published)

    asyncio.run(scenario())


@pytest.mark.parametrize("variant", ALL)
def test_uploads_of_other_content_never_go_out(variant: str, open_desk: Open) -> None:
    """After a lost call a handle is kept while people edit; a container is kept on purpose."""

    async def scenario() -> None:
        async with open_desk(variant) as desk:
            if desk.traits.safety is Safety.CHECKABLE:
                return
            alt = desk.world.album[0].alt
            old = a_post(media=(attachment("a.png", PICTURE, alt),))
            before = await desk.account.prepare(old, {})
            assert isinstance(before, Prepared)
            for changed in (attachment("a.png", PICTURE[1:], alt), attachment("a.png", PICTURE)):
                post = a_post(f"k/{changed.alt}{changed.sha256}", media=(changed,))
                ready = await desk.account.prepare(post, before.handle)
                assert isinstance(ready, Prepared)
                assert isinstance(await desk.account.publish(post, ready.handle), Published)
                seen = (await desk.world.posts())[-1]
                assert seen.media == ((changed.sha256, changed.alt),)

    asyncio.run(scenario())


@pytest.mark.parametrize("variant", ALL)
def test_same_key_again_makes_no_second_post_where_keys_count(
    variant: str, open_desk: Open
) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            outcomes = [await desk.send(desk.fitted(a_post())) for _ in range(2)]
            keys_count = desk.traits.safety is Safety.IDEMPOTENT
            once = keys_count or isinstance(desk.world, NotTwice)
            again = desk.world.repeated if isinstance(desk.world, NotTwice) else Published
            assert [type(outcome) for outcome in outcomes] == [Published, again]
            assert len(await desk.world.posts()) == (1 if once else 2)
            assert (outcomes[0] == outcomes[1]) is (once and again is Published)
            assert (desk.traits.key_memory > timedelta(0)) >= keys_count

    asyncio.run(scenario())


@pytest.mark.parametrize("variant", ALL)
def test_nothing_is_claimed_about_a_platform_that_cannot_be_reached(
    variant: str, open_desk: Open
) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            post = desk.fitted(a_post())
            prepared = await desk.account.prepare(post, {})
            assert isinstance(prepared, Prepared)
            nowhere = f"http://127.0.0.1:{free_port()}"
            option = "url" if "url" in desk.world.profile.options else "server"
            account = desk.connect(**{option: nowhere})
            outcome = await account.publish(post, prepared.handle)
            assert isinstance(outcome, Retry)
            assert outcome.fault.kind is ErrorKind.UNAVAILABLE
            check_fault(outcome.fault, desk.world)
            with_media = desk.fitted(a_post(media=(attachment("a.png", PICTURE),)))
            assert isinstance(await account.prepare(with_media, {}), Retry | Prepared)
            assert isinstance(await account.locate(post, an_hour_ago()), Retry)
            assert isinstance(await account.check(prepared.handle), Retry)
            assert isinstance(await account.exists("1"), Retry | GiveUp)
            assert await desk.world.posts() == []

    asyncio.run(scenario())

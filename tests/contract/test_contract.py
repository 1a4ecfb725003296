"""What every platform must keep: each test runs in every variant of every platform's world."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from publisher.domain.outcome import (
    ErrorKind,
    Fault,
    GiveUp,
    NotBegun,
    Prepared,
    Published,
    Retry,
    Unknown,
)
from publisher.domain.traits import Safety
from publisher.platforms import find_all
from publisher.ports import Candidate, Post
from tests.contract.conftest import Open
from tests.contract.processes import free_port
from tests.contract.world import (
    HARMLESS,
    PICTURE,
    Desk,
    Step,
    World,
    attachment,
    has_world,
    variants,
)
from tests.contract.world import Fault as Bad

ALL = variants()
CALLS = list(product(ALL, Bad))
QUESTIONS = list(product(ALL, HARMLESS))
TEXT = (
    "Grüße 🌷👩‍👩‍👧 to @friend@elsewhere.example & <b>all</b>\n\n"
    "second\tpart: https://example.org/a/long/path?with=query&more=1\n"
    "e\u0301 \u202ertl\u202c 'single' \"double\" back\\slash %41 &amp; #tag"
)
CONTROL = "\x01\x07\x1b\x7f"
LONG_AGO = timedelta(minutes=5)


def a_post(key: str = "repo/epic/task/profile/0", text: str = TEXT, **more: Any) -> Post:
    return Post(key=key, text=text, **more)


def an_hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


def check_fault(fault: Fault, world: World) -> None:
    """A fault helps a person, and holds no secret and no more than it may."""
    said = f"{fault.message} {fault.code} {fault.platform_message}"
    for secret in world.secrets.values():
        assert secret not in said
        assert secret.rpartition("_")[2] not in said
    assert "Bearer s3cret" not in said
    assert fault.message.endswith(".")
    assert len(fault.message.split()) > 5
    assert len(fault.platform_message) <= 300
    assert len(fault.code) <= 300


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
        " and start(), as CONTRIBUTING describes under “How to add a platform”."
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
            files = (
                attachment('media/hé "ro".png', PICTURE, 'A "red" túlip 🌷'),
                attachment("media/big.mp4", PICTURE * 1000, kind="video/mp4"),
                attachment("media/again.png", PICTURE, "The same again"),
            )
            outcome = await desk.send(a_post(text=text, media=files))
            assert isinstance(outcome, Published)
            (seen,) = await desk.world.posts()
            assert outcome.id == seen.id
            assert outcome.url.startswith("http")
            assert seen.text == text
            assert seen.media == tuple((each.sha256, each.alt) for each in files)
            assert seen.media[0][0] == hashlib.sha256(PICTURE).hexdigest()
            assert seen.reply_to is None

    asyncio.run(scenario())


@pytest.mark.parametrize("variant", ALL)
def test_second_part_of_a_thread_replies_to_the_first(variant: str, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            first = await desk.send(a_post("k/0", "first"))
            assert isinstance(first, Published)
            second = await desk.send(a_post("k/1", "second", reply_to=first.id))
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
            post = a_post(media=(attachment("a.png", PICTURE, "alt"),))
            prepared = await desk.account.prepare(post)
            assert isinstance(prepared, Prepared)
            await world.arm(bad)
            outcome = await desk.struck_by(bad).publish(post, prepared.handle)
            assert type(outcome) is expect.result
            assert len(await world.posts()) == expect.posts
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
            post = a_post(media=(attachment("a.png", PICTURE, "alt"),))
            await desk.world.arm(bad, Step.PREPARE)
            prepared = await desk.struck_by(bad).prepare(post)
            asks = variant.partition(":")[0] != "webhook"
            expected, kind = HARMLESS[bad] if asks else (Prepared, None)
            assert isinstance(prepared, expected)
            if isinstance(prepared, Retry | GiveUp):
                assert prepared.fault.kind is kind
                check_fault(prepared.fault, desk.world)
            assert await desk.world.posts() == []
            if asks or bad in desk.world.dangerous:
                assert isinstance(await desk.account.prepare(post), Prepared)

    asyncio.run(scenario())


@pytest.mark.parametrize(("variant", "bad"), QUESTIONS)
def test_every_fault_while_looking_up(variant: str, bad: Bad, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            post = a_post()
            prepared = await desk.account.prepare(post)
            assert isinstance(prepared, Prepared)
            assert isinstance(await desk.account.publish(post, prepared.handle), Published)
            await desk.world.arm(bad, Step.LOOK_UP)
            if desk.traits.safety is Safety.CHECKABLE:
                answer: object = await desk.struck_by(bad).check(prepared.handle)
                found: type = Published
            else:
                answer = await desk.struck_by(bad).locate(post, an_hour_ago())
                found = list
            if desk.traits.can_look_up:
                expected, kind = HARMLESS[bad]
                assert isinstance(answer, found if expected is object else expected)
                assert kind is None or answer.fault.kind is kind  # type: ignore[attr-defined]
                await desk.world.arm(bad, Step.LOOK_UP)
                there = await desk.struck_by(bad).exists((await desk.world.posts())[0].id)
                assert isinstance(there, bool if expected is object else expected)
            if isinstance(answer, Retry | GiveUp):
                check_fault(answer.fault, desk.world)
            assert len(await desk.world.posts()) == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("variant", ALL)
def test_locate_finds_the_post_of_a_lost_answer_and_no_other(variant: str, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            if not desk.traits.can_look_up:
                assert isinstance(await desk.account.locate(a_post(), an_hour_ago()), Retry)
                return
            picture = attachment("a.png", PICTURE)
            first = await desk.send(a_post("k/a", "another text"))
            assert isinstance(first, Published)
            ours = a_post("k/b")
            assert await desk.account.locate(ours, an_hour_ago()) == []
            prepared = await desk.account.prepare(ours)
            assert isinstance(prepared, Prepared)
            await desk.world.arm(Bad.DROP_AFTER)
            assert isinstance(await desk.account.publish(ours, prepared.handle), Unknown)
            others = (
                a_post("k/c", TEXT + "!"),
                a_post("k/d", reply_to=first.id),
                a_post("k/e", media=(picture,)),
            )
            for other in others:
                assert isinstance(await desk.send(other), Published)
            ids = {
                (each.text, each.reply_to, len(each.media)): each.id
                for each in await desk.world.posts()
            }
            found = await desk.account.locate(ours, an_hour_ago())
            assert _ids(found) == [ids[TEXT, None, 0]]
            for other in others:
                seen = ids[other.text, other.reply_to, len(other.media)]
                assert _ids(await desk.account.locate(other, an_hour_ago())) == [seen]
            later = datetime.now(UTC) + LONG_AGO
            assert await desk.account.locate(ours, later) == []

    asyncio.run(scenario())


def _ids(found: Sequence[Candidate] | Retry | GiveUp) -> list[str]:
    assert not isinstance(found, Retry | GiveUp)
    now = datetime.now(UTC)
    assert all(abs(now - candidate.at) < LONG_AGO for candidate in found)
    assert all(candidate.url.startswith("http") for candidate in found)
    return [candidate.id for candidate in found]


@pytest.mark.parametrize("variant", ALL)
def test_check_tells_whether_a_container_was_published(variant: str, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            post = a_post()
            prepared = await desk.account.prepare(post)
            assert isinstance(prepared, Prepared)
            before = await desk.account.check(prepared.handle)
            if desk.traits.safety is not Safety.CHECKABLE:
                assert isinstance(before, Retry)
                check_fault(before.fault, desk.world)
                return
            assert isinstance(before, NotBegun)
            await desk.world.arm(Bad.DROP_AFTER)
            assert isinstance(await desk.account.publish(post, prepared.handle), Unknown)
            (seen,) = await desk.world.posts()
            checked = await desk.account.check(prepared.handle)
            assert isinstance(checked, Published)
            assert checked.id == seen.id
            assert await desk.account.publish(post, prepared.handle) == checked
            assert len(await desk.world.posts()) == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("variant", ALL)
def test_same_key_again_makes_no_second_post_where_keys_count(
    variant: str, open_desk: Open
) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            outcomes = [await desk.send(a_post()) for _ in range(2)]
            assert all(isinstance(outcome, Published) for outcome in outcomes)
            keys_count = desk.traits.safety is Safety.IDEMPOTENT
            assert len(await desk.world.posts()) == (1 if keys_count else 2)
            assert (outcomes[0] == outcomes[1]) is keys_count
            assert (desk.traits.key_memory > timedelta(0)) >= keys_count

    asyncio.run(scenario())


@pytest.mark.parametrize("variant", ALL)
def test_a_removed_post_is_noticed(variant: str, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            kept = await desk.send(a_post("k/a", "kept"))
            removed = await desk.send(a_post("k/b", "removed"))
            assert isinstance(kept, Published)
            assert isinstance(removed, Published)
            await desk.world.remove(removed.id)
            answers = [await desk.account.exists(each.id) for each in (kept, removed)]
            if desk.traits.can_look_up:
                assert answers == [True, False]
                return
            for answer in answers:
                assert isinstance(answer, GiveUp)
                check_fault(answer.fault, desk.world)

    asyncio.run(scenario())


@pytest.mark.parametrize("variant", ALL)
def test_nothing_is_claimed_about_a_platform_that_cannot_be_reached(
    variant: str, open_desk: Open
) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            post = a_post()
            prepared = await desk.account.prepare(post)
            assert isinstance(prepared, Prepared)
            nowhere = f"http://127.0.0.1:{free_port()}"
            option = "url" if "url" in desk.world.profile.options else "server"
            account = desk.connect(**{option: nowhere})
            outcome = await account.publish(post, prepared.handle)
            assert isinstance(outcome, Retry)
            assert outcome.fault.kind is ErrorKind.UNAVAILABLE
            check_fault(outcome.fault, desk.world)
            with_media = a_post(media=(attachment("a.png", PICTURE),))
            assert isinstance(await account.prepare(with_media), Retry | Prepared)
            assert isinstance(await account.locate(post, an_hour_ago()), Retry)
            assert isinstance(await account.check(prepared.handle), Retry)
            assert isinstance(await account.exists("1"), Retry | GiveUp)
            assert await desk.world.posts() == []

    asyncio.run(scenario())

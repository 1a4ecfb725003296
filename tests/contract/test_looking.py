"""Looking up: what became of a post is told truly, or not at all."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from publisher.domain.outcome import (
    GiveUp,
    NotBegun,
    Prepared,
    Published,
    Removed,
    Retry,
    Unknown,
)
from publisher.domain.traits import Safety
from publisher.ports import Candidate, Deletes
from tests.contract.conftest import Open
from tests.contract.posts import (
    ALL,
    LONG_AGO,
    QUESTIONS,
    TEXT,
    a_post,
    an_hour_ago,
    check_fault,
)
from tests.contract.world import (
    HARMLESS,
    PICTURE,
    Step,
    attachment,
)
from tests.contract.world import Fault as Bad


@pytest.mark.parametrize(("variant", "bad"), QUESTIONS)
def test_every_fault_while_looking_up(variant: str, bad: Bad, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            post = desk.fitted(a_post())
            prepared = await desk.account.prepare(post, {})
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
            first = await desk.send(desk.fitted(a_post("k/a", "another text")))
            assert isinstance(first, Published)
            ours = desk.fitted(a_post("k/b"))
            assert await desk.account.locate(ours, an_hour_ago()) == []
            prepared = await desk.account.prepare(ours, {})
            assert isinstance(prepared, Prepared)
            await desk.world.arm(Bad.DROP_AFTER)
            assert isinstance(await desk.account.publish(ours, prepared.handle), Unknown)
            others = desk.all_fitted(
                a_post("k/c", TEXT + "!"),
                a_post("k/d", reply_to=first.id),
                a_post("k/e", media=(*ours.media, picture)),
            )
            for other in others:
                assert isinstance(await desk.send(other), Published)
            ids = {
                (each.text, each.reply_to, len(each.media)): each.id
                for each in await desk.world.posts()
            }
            found = await desk.account.locate(ours, an_hour_ago())
            assert _ids(found) == [ids[TEXT, None, len(ours.media)]]
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
            post = desk.fitted(a_post())
            prepared = await desk.account.prepare(post, {})
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
def test_a_removed_post_is_noticed(variant: str, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            kept = await desk.send(desk.fitted(a_post("k/a", "kept")))
            removed = await desk.send(desk.fitted(a_post("k/b", "removed")))
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
def test_a_post_that_is_taken_back_is_gone_and_stays_so(variant: str, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            if not isinstance(desk.account, Deletes):
                return
            sent = [desk.fitted(a_post("k/a", "kept")), desk.fitted(a_post("k/b"))]
            kept, taken = [await desk.send(post) for post in sent]
            assert isinstance(kept, Published)
            assert isinstance(taken, Published)
            answers = [await desk.account.delete(taken.id) for _ in range(2)]
            assert answers == [Removed(), Removed()]
            if desk.traits.can_look_up:
                there = [await desk.account.exists(each.id) for each in (kept, taken)]
                assert there == [True, False]

    asyncio.run(scenario())

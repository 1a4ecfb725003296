"""Whatever a platform answers, an account returns a value, and never claims more than is known."""

import asyncio
import json
from dataclasses import is_dataclass
from datetime import UTC, datetime

import pytest

from publisher.domain.outcome import (
    ErrorKind,
    GiveUp,
    NotBegun,
    Outcome,
    Prepared,
    Published,
    Removed,
    Retry,
    Unknown,
)
from publisher.ports import Deletes, HttpAnswer, NoAnswer, NotSent, Post
from tests.contract.conftest import Open
from tests.contract.hostile import Scripted, hostile_answers
from tests.contract.posts import ALL, check_fault
from tests.contract.world import PICTURE, Desk, World, attachment

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
TEXT = Post(key="k", text="hello")
WITH_MEDIA = Post(key="k", text="hello", media=(attachment("a.png", PICTURE),))
CERTAINLY_NOT_OUT = range(300, 500)
REFUSED_FIRST = {503}
PROOF = {409}


async def handle_of(desk: Desk, post: Post) -> Prepared:
    prepared = await desk.account.prepare(post, {})
    assert isinstance(prepared, Prepared)
    return prepared


def check_outcome(outcome: Outcome, answer: HttpAnswer, world: World) -> None:
    status = answer.status
    if isinstance(outcome, Published):
        assert 200 <= status < 300 or status in PROOF
        assert outcome.id.isprintable()
        assert 0 < len(outcome.id) <= 500
        assert not outcome.url.startswith("javascript")
        return
    assert isinstance(outcome, Retry | GiveUp | Unknown)
    check_fault(outcome.fault, world)
    outcome.fault.platform_message.encode()
    if isinstance(outcome, Retry | GiveUp):
        errors_are_harmless = (
            world.platform.name == "webhook" and world.profile.options["idempotent"]
        )
        assert (
            status in CERTAINLY_NOT_OUT
            or status in REFUSED_FIRST
            or (errors_are_harmless and not 200 <= status < 300)
        )
    if isinstance(outcome, Retry) and outcome.after is not None:
        assert 0 <= outcome.after.total_seconds() <= 7 * 86400


@pytest.mark.parametrize("variant", ALL)
def test_no_answer_to_the_dangerous_call_is_misread(variant: str, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            world, with_media = desk.world, desk.fitted(WITH_MEDIA)
            prepared = await handle_of(desk, with_media)
            seen = set()
            for answer in hostile_answers(tuple(world.secrets.values())):
                http = Scripted(answer)
                account = world.platform.connect(world.profile, world.secrets, http)
                outcome = await account.publish(with_media, prepared.handle)
                assert http.asked == 1
                check_outcome(outcome, answer, world)
                seen.add(type(outcome))
            assert {Retry, GiveUp} <= seen

    asyncio.run(scenario())


@pytest.mark.parametrize("variant", ALL)
def test_no_answer_to_a_question_raises_or_proves_anything(variant: str, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            world, text, with_media = desk.world, desk.fitted(TEXT), desk.fitted(WITH_MEDIA)
            handle = (await handle_of(desk, text)).handle
            made = await desk.send(text)
            assert isinstance(made, Published)
            for answer in hostile_answers(tuple(world.secrets.values())):
                account = world.platform.connect(world.profile, world.secrets, Scripted(answer))
                prepared = await account.prepare(with_media, {})
                checked = await account.check(handle)
                located = await account.locate(text, LONG_AGO)
                there = await account.exists(made.id)
                if there is False:
                    assert answer.status in {404, 410}
                    assert json.loads(answer.body)["error"]
                taken = await account.delete(made.id) if isinstance(account, Deletes) else None
                if isinstance(taken, Removed) and not 200 <= answer.status < 300:
                    assert answer.status in {404, 410}
                    assert json.loads(answer.body)["error"]
                for result in (prepared, checked, located, there, taken):
                    if isinstance(result, Retry | GiveUp):
                        check_fault(result.fault, world)
                assert not isinstance(checked, NotBegun | Published)
                assert isinstance(prepared, Prepared | Retry | GiveUp)
                if not isinstance(located, Retry | GiveUp):
                    assert 200 <= answer.status < 300
                    assert located == []

    asyncio.run(scenario())


@pytest.mark.parametrize("variant", ALL)
def test_no_answer_and_not_sent_are_told_apart(variant: str, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            world, text, with_media = desk.world, desk.fitted(TEXT), desk.fitted(WITH_MEDIA)
            prepared = await handle_of(desk, with_media)
            secret = next(iter(world.secrets.values()))
            for trouble in (NotSent(f"no {secret}"), NoAnswer(f"lost {secret}")):
                account = world.platform.connect(world.profile, world.secrets, Scripted(trouble))
                outcome = await account.publish(with_media, prepared.handle)
                assert isinstance(outcome, Retry if isinstance(trouble, NotSent) else Unknown)
                lost = isinstance(trouble, NoAnswer)
                assert outcome.fault.kind is (ErrorKind.LOST if lost else ErrorKind.UNAVAILABLE)
                check_fault(outcome.fault, world)
                assert isinstance(await account.prepare(with_media, {}), Retry | Prepared)
                assert isinstance(await account.check(prepared.handle), Retry)
                assert isinstance(await account.locate(text, LONG_AGO), Retry)

    asyncio.run(scenario())


@pytest.mark.parametrize("variant", ALL)
def test_nothing_secret_shows_in_what_is_logged_by_accident(variant: str, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            lines = [value for value in vars(desk.account).values() if is_dataclass(value)]
            assert lines
            for shown in (repr(desk.account), *map(repr, lines)):
                assert not any(secret in shown for secret in desk.world.secrets.values())

    asyncio.run(scenario())


@pytest.mark.parametrize("variant", ALL)
def test_publishing_without_its_uploads_sends_nothing(variant: str, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(variant) as desk:
            if not desk.world.asks_first:
                return
            outcome = await desk.account.publish(desk.fitted(WITH_MEDIA), {})
            assert isinstance(outcome, GiveUp)
            assert outcome.fault.kind is ErrorKind.BUG
            assert await desk.world.posts() == []

    asyncio.run(scenario())

"""What is special about the sandbox's connector: subjects, conflicts, and full lists."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from publisher.domain.outcome import ErrorKind, GiveUp, Prepared, Published, Retry, Unknown
from publisher.platforms.sandbox import MOST_LISTED
from publisher.ports import HttpAnswer, Post
from tests.contract.conftest import Open
from tests.contract.hostile import Scripted
from tests.contract.world import PICTURE, attachment
from tests.contract.worlds.sandbox import VARIANTS

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("plays", VARIANTS)
def test_subject_is_the_first_line(plays: str, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(f"sandbox:{plays}") as desk:
            post = Post(key="k", text="body", subject="Subject")
            published = await desk.send(post)
            assert isinstance(published, Published)
            (seen,) = await desk.world.posts()
            assert seen.text == "Subject\nbody"
            if desk.traits.can_look_up:
                found = await desk.account.locate(post, LONG_AGO)
                assert isinstance(found, list)
                assert [each.id for each in found] == [published.id]

    asyncio.run(scenario())


def test_key_with_another_text_asks_a_person(open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk("sandbox:idempotent") as desk:
            assert isinstance(await desk.send(Post(key="k", text="one")), Published)
            outcome = await desk.send(Post(key="k", text="two"))
            assert isinstance(outcome, GiveUp)
            assert outcome.fault.kind is ErrorKind.CHANGED
            assert outcome.fault.code == "key_reused"
            assert [each.text for each in await desk.world.posts()] == ["one"]

    asyncio.run(scenario())


def test_locate_asks_an_idempotent_platform_by_key(open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk("sandbox:idempotent") as desk:
            mine = await desk.send(Post(key="mine", text="the same text"))
            theirs = await desk.send(Post(key="theirs", text="the same text"))
            assert isinstance(mine, Published)
            assert isinstance(theirs, Published)
            found = await desk.account.locate(Post(key="mine", text="the same text"), LONG_AGO)
            assert isinstance(found, list)
            assert [each.id for each in found] == [mine.id]

    asyncio.run(scenario())


def test_conflict_is_proof_only_with_the_post(open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk("sandbox:checkable") as desk:
            world, post = desk.world, Post(key="k", text="t")
            prepared = await desk.account.prepare(post, {})
            assert isinstance(prepared, Prepared)
            for body, expected in (
                (
                    {"error": "already_published", "post": {"id": "p7", "url": "http://x/7"}},
                    Published,
                ),
                ({"error": "already_published"}, Unknown),
            ):
                http = Scripted(HttpAnswer(409, {}, json.dumps(body).encode()))
                account = world.platform.connect(world.profile, world.secrets, http)
                assert isinstance(await account.publish(post, prepared.handle), expected)

    asyncio.run(scenario())


def test_full_list_without_ours_proves_nothing(open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk("sandbox:searchable") as desk:
            entry = {"id": "p", "created_at": "2026-01-01T00:00:00Z", "text": "x", "media": []}
            for count, expected in ((MOST_LISTED, Retry), (MOST_LISTED - 1, list)):
                body = json.dumps({"data": [entry] * count}).encode()
                http = Scripted(HttpAnswer(200, {}, body))
                world = desk.world
                account = world.platform.connect(world.profile, world.secrets, http)
                located = await account.locate(Post(key="k", text="t"), LONG_AGO)
                assert isinstance(located, expected)

    asyncio.run(scenario())


def test_an_older_post_is_not_ours_whatever_the_list_holds(open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk("sandbox:searchable") as desk:
            entry: dict[str, object] = {"id": "p", "text": "t", "media": [], "reply_to": None}
            times = ("2026-01-01T00:00:01Z", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59.999999Z")
            body = json.dumps({"data": [{**entry, "created_at": each} for each in times]}).encode()
            world = desk.world
            http = Scripted(HttpAnswer(200, {}, body))
            account = world.platform.connect(world.profile, world.secrets, http)
            since = datetime(2026, 1, 1, tzinfo=UTC)
            located = await account.locate(Post(key="k", text="t"), since)
            assert isinstance(located, list)
            assert [each.at.second for each in located] == [1, 0]

    asyncio.run(scenario())


def test_equal_files_are_uploaded_once(open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk("sandbox:blind") as desk:
            files = (attachment("a.png", PICTURE, "one"), attachment("b.png", PICTURE, "two"))
            prepared = await desk.account.prepare(Post(key="k", text="t", media=files), {})
            assert isinstance(prepared, Prepared)
            assert list(prepared.handle) == [f"media:{files[0].sha256}"]

    asyncio.run(scenario())

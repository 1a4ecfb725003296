"""What is special about Instagram: containers and what becomes of them, addresses, quotas."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.connecting.containers import container_in
from publisher.domain.outcome import (
    ErrorKind,
    GiveUp,
    NotBegun,
    Prepared,
    Published,
    Retry,
    Unknown,
)
from publisher.platforms.instagram import PAGE, InstagramPlatform
from publisher.ports import Attachment, Post
from tests.contract.conftest import Open
from tests.contract.fakes.instagram import FakeInstagram
from tests.contract.posts import an_hour_ago
from tests.contract.proxy import Canned, shaped
from tests.contract.world import PICTURE, Desk, Fault, Step, attachment
from tests.contract.worlds.instagram import InstagramWorld, refusal

FILM = attachment("v.mp4", PICTURE * 3, kind="video/mp4")
PHOTO = attachment("p.png", PICTURE, "A photo")


def run(open_desk: Open, scenario: Callable[[Desk, InstagramWorld, Post], Awaitable[None]]) -> None:
    """`scenario` is given a post of one picture."""

    async def opened() -> None:
        async with open_desk("instagram:professional") as desk:
            assert isinstance(desk.world, InstagramWorld)
            await scenario(desk, desk.world, desk.fitted(Post(key="k", text="A caption")))

    asyncio.run(opened())


def only(fake: FakeInstagram) -> dict[str, object]:
    (container,) = fake.containers.values()
    return container.body


def test_a_single_video_is_a_reel_with_its_params(open_desk: Open) -> None:
    params = {"share_to_feed": False, "thumb_offset": 1500, "caption": "no", "unheard_of": 1}

    async def scenario(desk: Desk, world: InstagramWorld, post: Post) -> None:
        reel = replace(post, media=(world.hosted(FILM),), params=params)
        assert isinstance(await desk.send(reel), Published)
        assert only(world.instagram) == {
            "media_type": "REELS",
            "video_url": world.hosted(FILM).url,
            "caption": "A caption",
            "share_to_feed": False,
            "thumb_offset": 1500,
        }

    run(open_desk, scenario)


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        ((), ErrorKind.INVALID_MEDIA),
        ((replace(PHOTO, url="https://x.example/p"),), ErrorKind.INVALID_MEDIA),
        ((replace(PHOTO, content_type="image/jpeg"),), ErrorKind.MISCONFIGURED),
        ((replace(PHOTO, content_type="image/jpeg", url="https://x"),) * 11, "invalid_media"),
    ],
)
def test_what_instagram_cannot_take_is_said_before_anything_is_sent(
    media: tuple[Attachment, ...], kind: str, open_desk: Open
) -> None:
    async def scenario(desk: Desk, world: InstagramWorld, post: Post) -> None:
        refused = await desk.account.prepare(replace(post, media=media), {})
        assert isinstance(refused, GiveUp)
        assert refused.fault.kind == kind
        if kind == ErrorKind.MISCONFIGURED:
            assert "public address" in refused.fault.message
        assert not world.instagram.containers

    run(open_desk, scenario)


def test_there_are_no_threads(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: InstagramWorld, post: Post) -> None:
        refused = await desk.account.prepare(replace(post, reply_to="1"), {})
        assert isinstance(refused, GiveUp)
        assert refused.fault.kind is ErrorKind.REJECTED
        assert not world.instagram.containers

    run(open_desk, scenario)


def test_a_quota_that_is_used_up_makes_no_container(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: InstagramWorld, post: Post) -> None:
        world.instagram.total = 0
        stopped = await desk.account.prepare(post, {})
        assert isinstance(stopped, Retry)
        assert stopped.fault.kind is ErrorKind.QUOTA
        assert stopped.fault.platform_message == "0 of 0 posts in 24 hours"
        assert not world.instagram.containers

    run(open_desk, scenario)


def test_a_container_that_takes_long_is_asked_about_again(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: InstagramWorld, post: Post) -> None:
        world.instagram.busy = 4
        waiting = await desk.account.prepare(post, {})
        assert isinstance(waiting, Retry)
        assert waiting.after == timedelta(minutes=1)
        assert isinstance(await desk.account.check(waiting.handle), Retry)
        ready = await desk.account.prepare(post, waiting.handle)
        assert isinstance(ready, Prepared)
        assert len(world.instagram.containers) == 1
        assert isinstance(await desk.account.publish(post, ready.handle), Published)

    run(open_desk, scenario)


@pytest.mark.parametrize(
    ("subcode", "expected", "kind"),
    [
        ("2207026", GiveUp, ErrorKind.INVALID_MEDIA),
        ("2207010", GiveUp, ErrorKind.REJECTED),
        ("2207053", Retry, ErrorKind.UNAVAILABLE),
        ("nothing", GiveUp, ErrorKind.INVALID_MEDIA),
    ],
)
def test_a_container_that_failed_says_why(
    subcode: str, expected: type, kind: ErrorKind, open_desk: Open
) -> None:
    async def scenario(desk: Desk, world: InstagramWorld, post: Post) -> None:
        world.instagram.breaks = subcode
        failed = await desk.account.prepare(post, {})
        assert isinstance(failed, expected)
        assert isinstance(failed, Retry | GiveUp)
        assert failed.fault.kind is kind
        if isinstance(failed, Retry):
            assert not container_in(failed.handle)
            world.instagram.breaks = ""
            assert isinstance(await desk.account.prepare(post, failed.handle), Prepared)

    run(open_desk, scenario)


def test_media_that_cannot_be_fetched_are_tried_again(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: InstagramWorld, post: Post) -> None:
        world.instagram.hosted.clear()
        stopped = await desk.account.prepare(post, {})
        assert isinstance(stopped, Retry)
        assert (stopped.fault.kind, stopped.fault.code) == (ErrorKind.UNAVAILABLE, "2207052")

    run(open_desk, scenario)


@pytest.mark.parametrize("state", ["EXPIRED", "ERROR"])
def test_a_dead_container_is_replaced_and_never_waited_for(state: str, open_desk: Open) -> None:
    async def scenario(desk: Desk, world: InstagramWorld, post: Post) -> None:
        ready = await desk.account.prepare(post, {})
        assert isinstance(ready, Prepared)
        (container,) = world.instagram.containers.values()
        container.state = state
        given_up = await desk.account.check(ready.handle)
        assert isinstance(given_up, GiveUp)  # the engine drops the handle and searches
        refused = await desk.account.publish(post, ready.handle)
        assert isinstance(refused, Retry)
        assert refused.handle == ready.handle  # half ready: prepared once more
        anew = await desk.account.prepare(post, refused.handle)
        assert isinstance(anew, Prepared)
        assert container_in(anew.handle) != container_in(ready.handle)
        assert isinstance(await desk.account.publish(post, anew.handle), Published)
        assert len(await world.posts()) == 1

    run(open_desk, scenario)


def test_a_container_of_other_content_is_never_published(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: InstagramWorld, post: Post) -> None:
        old = await desk.account.prepare(post, {})
        assert isinstance(old, Prepared)
        for edited in (
            replace(post, text="Another caption"),
            replace(post, params={"location_id": "7"}),
            replace(post, media=(replace(post.media[0], alt="Another"),)),
        ):
            refused = await desk.account.publish(edited, old.handle)
            assert isinstance(refused, GiveUp)
            assert refused.fault.kind is ErrorKind.CHANGED
            new = await desk.account.prepare(edited, old.handle)
            assert isinstance(new, Prepared)
            assert container_in(new.handle) != container_in(old.handle)
        assert not world.instagram.media
        assert isinstance(await desk.account.publish(edited, new.handle), Published)
        assert world.instagram.media[0].container.files == [(post.media[0].sha256, "Another")]

    run(open_desk, scenario)


def test_a_container_that_was_published_is_found_by_its_caption(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: InstagramWorld, post: Post) -> None:
        ready = await desk.account.prepare(post, {})
        assert isinstance(ready, Prepared)
        assert isinstance(await desk.account.check(ready.handle), NotBegun)
        await world.arm(Fault.DROP_AFTER)
        assert isinstance(await desk.account.publish(post, ready.handle), Unknown)
        world.instagram.lists = False
        later = await desk.account.check(ready.handle)
        assert isinstance(later, Retry)
        assert "later" in later.fault.message
        world.instagram.lists = True
        (media,) = world.instagram.media
        found = await desk.account.check(ready.handle)
        assert found == Published(media.id, f"https://www.instagram.com/p/{media.id}/")
        media.at -= timedelta(minutes=1)  # an older post with the same caption is not ours
        assert isinstance(await desk.account.check(ready.handle), Retry)

    run(open_desk, scenario)


def test_what_is_published_stays_so_when_its_address_is_not_told(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: InstagramWorld, post: Post) -> None:
        ready = await desk.account.prepare(post, {})
        assert isinstance(ready, Prepared)
        await world.arm(Fault.HTML_ERROR, Step.LOOK_UP)
        outcome = await desk.account.publish(post, ready.handle)
        assert outcome == Published(world.instagram.media[0].id, "")

    run(open_desk, scenario)


@pytest.mark.parametrize(
    ("answer", "expected", "kind"),
    [
        (refusal(400, 4, "Spam", 2207051), Unknown, "answer_lost"),
        (refusal(400, 4, "Limit"), Retry, "rate_limited"),
        (refusal(400, 9, "At the limit", 2207042), Retry, "quota"),
        (refusal(400, 25, "Restricted", 2207050), GiveUp, "account_disconnected"),
        (refusal(400, 190, "Expired", 463), GiveUp, "invalid_credentials"),
        (refusal(400, 294, "No permission"), GiveUp, "permission_revoked"),
        (refusal(400, 9007, "Not ready", 2207027), Retry, "temporarily_unavailable"),
        (refusal(400, 2, "Try again"), Unknown, "answer_lost"),
        (refusal(400, 100, "Invalid parameter", 1234567), GiveUp, "content_rejected"),
        (refusal(500, 9, "At the limit", 2207042), Unknown, "answer_lost"),
        (Canned(400, "<html>"), GiveUp, "content_rejected"),
    ],
)
def test_words_of_a_refusal(answer: Canned, expected: type, kind: str, open_desk: Open) -> None:
    async def scenario(desk: Desk, world: InstagramWorld, post: Post) -> None:
        ready = await desk.account.prepare(post, {})
        assert isinstance(ready, Prepared)
        await world.arm(answer)
        outcome = await desk.account.publish(post, ready.handle)
        assert isinstance(outcome, expected)
        assert isinstance(outcome, Retry | GiveUp | Unknown)
        assert outcome.fault.kind == kind
        if isinstance(outcome, Retry):
            assert outcome.handle == ready.handle

    run(open_desk, scenario)


def test_locate_counts_the_files_and_turns_the_pages(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: InstagramWorld, post: Post) -> None:
        album = replace(post, media=(*post.media, world.hosted(FILM)))
        sent = [await desk.send(each) for each in (post, album)]
        assert all(isinstance(each, Published) for each in sent)
        one, many = world.instagram.media
        other = replace(one.container, body={"caption": "another"})
        world.instagram.media += [
            replace(one, id=str(int(many.id) + n), container=other) for n in range(1, PAGE + 3)
        ]
        for each, media in ((post, one), (album, many)):
            found = await desk.account.locate(each, an_hour_ago())
            assert not isinstance(found, Retry | GiveUp)
            assert [candidate.id for candidate in found] == [media.id]

    run(open_desk, scenario)


def test_a_post_is_gone_only_while_the_account_answers(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: InstagramWorld, post: Post) -> None:
        none = refusal(400, 100, "does not exist, or missing permissions", 33)
        lost = refusal(400, 10, "No permission")
        await world.arm(none, Step.LOOK_UP)
        assert await desk.account.exists("1") is False
        for doubtful in (lost, shaped(200, {})):
            await world.arm(none, Step.LOOK_UP)
            await world.arm(doubtful, Step.LOOK_UP)
            assert isinstance(await desk.account.exists("1"), Retry | GiveUp)

    run(open_desk, scenario)


def test_a_profile_is_checked(open_desk: Open) -> None:
    async def scenario(_desk: Desk, world: InstagramWorld, _post: Post) -> None:
        options = {"server": "http://graph.example", "version": "26"}
        wrong = replace(world.profile, account="acme", options=options)
        assert len(list(InstagramPlatform().problems(wrong))) == 3

    run(open_desk, scenario)

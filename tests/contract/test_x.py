"""What is special about X: chunked uploads, its refusals, its day's limits, its t.co links."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.connecting.timeline import MOST_PAGES
from publisher.connecting.x_uploads import CHUNK
from publisher.connecting.x_words import same
from publisher.domain.outcome import ErrorKind, GiveUp, Prepared, Published, Retry, Unknown
from publisher.platforms.x import PAGE, XPlatform
from publisher.ports import Post
from tests.contract.conftest import Open
from tests.contract.posts import an_hour_ago
from tests.contract.proxy import Canned, shaped
from tests.contract.world import PICTURE, Desk, Fault, Step, attachment
from tests.contract.worlds.x import NOON, XWorld, refusal

VIDEO = attachment("v.mp4", PICTURE * 700, "never sent", kind="video/mp4")
GIF = attachment("g.gif", PICTURE, "A wave", kind="image/gif")
PHOTO = attachment("p.png", PICTURE, "A photo")
IN_5_MINUTES = "1792584300"


def run(open_desk: Open, scenario: Callable[[Desk, XWorld], Awaitable[None]]) -> None:
    async def opened() -> None:
        async with open_desk("x:user") as desk:
            assert isinstance(desk.world, XWorld)
            await scenario(desk, desk.world)

    asyncio.run(opened())


def test_a_video_goes_in_chunks_and_is_awaited(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: XWorld) -> None:
        assert isinstance(await desk.send(Post(key="k", text="t", media=(VIDEO,))), Published)
        assert world.x.chunks == [CHUNK, len(VIDEO.data) - CHUNK]
        (seen,) = await world.posts()
        assert seen.media == ((VIDEO.sha256, ""),)  # X has no alt text for videos

    run(open_desk, scenario)


def test_a_gif_has_alt_text(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: XWorld) -> None:
        assert isinstance(await desk.send(Post(key="k", text="t", media=(GIF,))), Published)
        assert (await world.posts())[0].media == ((GIF.sha256, "A wave"),)

    run(open_desk, scenario)


def test_a_video_that_takes_long_is_not_uploaded_again(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: XWorld) -> None:
        world.x.busy = 5
        post = Post(key="k", text="t", media=(VIDEO,))
        waiting = await desk.account.prepare(post, {})
        assert isinstance(waiting, Retry)
        assert waiting.fault.kind is ErrorKind.UNAVAILABLE
        assert waiting.after == timedelta(minutes=1)
        ready = await desk.account.prepare(post, waiting.handle)
        assert isinstance(ready, Prepared)
        assert len(world.x.media) == 1
        assert list(ready.handle.values()) == list(world.x.media)
        assert isinstance(await desk.account.publish(post, ready.handle), Published)

    run(open_desk, scenario)


def test_a_question_that_is_not_answered_keeps_the_upload(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: XWorld) -> None:
        world.x.busy = 5
        post = Post(key="k", text="t", media=(VIDEO,))
        waiting = await desk.account.prepare(post, {})
        assert isinstance(waiting, Retry)
        await world.arm(Fault.UNAVAILABLE, Step.PREPARE)
        again = await desk.account.prepare(post, waiting.handle)
        assert isinstance(again, Retry)
        assert again.handle == waiting.handle
        world.x.media.clear()
        gone = await desk.account.prepare(post, waiting.handle)
        assert isinstance(gone, Retry)
        assert gone.handle == {}
        assert isinstance(await desk.account.prepare(post, gone.handle), Retry | Prepared)

    run(open_desk, scenario)


def test_a_video_that_x_cannot_read_is_the_owners(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: XWorld) -> None:
        world.x.breaks = True
        refused = await desk.send(Post(key="k", text="t", media=(VIDEO,)))
        assert isinstance(refused, GiveUp)
        assert refused.fault.kind is ErrorKind.INVALID_MEDIA
        assert refused.fault.platform_message == "Unsupported codec"

    run(open_desk, scenario)


@pytest.mark.parametrize(
    "media",
    [
        (PHOTO, VIDEO),
        (PHOTO, GIF),
        (GIF, GIF),
        (VIDEO, VIDEO),
        (PHOTO,) * 5,
        (attachment("a.pdf", PICTURE, kind="application/pdf"),),
    ],
)
def test_what_does_not_go_together_is_never_uploaded(media: tuple, open_desk: Open) -> None:  # type: ignore[type-arg]
    async def scenario(desk: Desk, world: XWorld) -> None:
        refused = await desk.account.prepare(Post(key="k", text="t", media=media), {})
        assert isinstance(refused, GiveUp)
        assert refused.fault.kind is ErrorKind.INVALID_MEDIA
        assert not world.x.media

    run(open_desk, scenario)


@pytest.mark.parametrize(
    ("answer", "expected", "kind"),
    [
        (refusal(402, "Payment Required", "No credits", "credits-depleted"), Retry, "quota"),
        (refusal(429, "UsageCapExceeded", "Monthly cap", "usage-capped"), Retry, "quota"),
        (refusal(403, "Forbidden", "Your account is suspended"), GiveUp, "account_disconnected"),
        (refusal(403, "Forbidden", "Not permitted to do this"), GiveUp, "permission_revoked"),
        (shaped(400, {"errors": [{"code": 88, "message": "Limit"}]}), Retry, "rate_limited"),
        (refusal(500, "Error", "media is suspended"), Unknown, "answer_lost"),
        (Canned(403, "<html>blocked</html>"), GiveUp, "permission_revoked"),
        (Canned(504, ""), Unknown, "answer_lost"),
    ],
)
def test_words_of_a_refusal(answer: Canned, expected: type, kind: str, open_desk: Open) -> None:
    async def scenario(desk: Desk, world: XWorld) -> None:
        await world.arm(answer)
        outcome = await desk.account.publish(Post(key="k", text="t"), {})
        assert isinstance(outcome, expected)
        assert isinstance(outcome, Retry | GiveUp | Unknown)
        assert outcome.fault.kind == kind

    run(open_desk, scenario)


def test_a_duplicate_is_doubt_that_a_look_up_settles(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: XWorld) -> None:
        post = Post(key="k", text="only once")
        await world.arm(Fault.DROP_AFTER)
        assert isinstance(await desk.account.publish(post, {}), Unknown)
        again = await desk.account.publish(post, {})
        assert isinstance(again, Unknown)
        assert "the same text" in again.fault.message
        found = await desk.account.locate(post, an_hour_ago())
        assert isinstance(found, Sequence)
        assert [each.id for each in found] == [each.id for each in world.x.tweets]
        assert found[0].url == f"https://x.com/acme/status/{found[0].id}"
        world.x.tweets[0].at = datetime(2026, 1, 1, tzinfo=UTC)
        assert await desk.account.locate(post, an_hour_ago()) == []

    run(open_desk, scenario)


@pytest.mark.parametrize(
    ("remaining", "kind", "minutes"),
    [("0", ErrorKind.QUOTA, 5), ("7", ErrorKind.RATE_LIMITED, 1)],
)
def test_the_limit_that_was_met_says_when_to_try_again(
    remaining: str, kind: ErrorKind, minutes: int, open_desk: Open
) -> None:
    headers = {
        "x_rate_limit_reset": "1792584060",
        "x_user_limit_24hour_remaining": remaining,
        "x_user_limit_24hour_reset": IN_5_MINUTES,
        "Date": NOON,
    }

    async def scenario(desk: Desk, world: XWorld) -> None:
        await world.arm(refusal(429, "Too Many Requests", "Slow down", **headers))
        outcome = await desk.account.publish(Post(key="k", text="t"), {})
        assert isinstance(outcome, Retry)
        assert (outcome.fault.kind, outcome.after) == (kind, timedelta(minutes=minutes))

    run(open_desk, scenario)


def test_params_go_with_the_first_part_and_unknown_ones_nowhere(open_desk: Open) -> None:
    params = {
        "reply_settings": "following",
        "made_with_ai": True,
        "poll": {"options": ["a", "b"], "duration_minutes": 60},
        "unheard_of": 1,
        "text": "no",
    }

    async def scenario(desk: Desk, world: XWorld) -> None:
        first = await desk.send(Post(key="0", text="one", params=params))
        assert isinstance(first, Published)
        await desk.send(Post(key="1", text="two", params=params, reply_to=first.id))
        one, two = world.x.tweets
        assert one.params == {name: params[name] for name in list(params)[:3]}
        assert two.params == {"made_with_ai": True}
        assert one.text == "one"

    run(open_desk, scenario)


def test_locate_turns_the_pages_and_gives_up_openly(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: XWorld) -> None:
        wanted = Post(key="k", text="the one")
        assert isinstance(await desk.send(wanted), Published)
        await desk.send(Post(key="k", text="another"))
        one, other = world.x.tweets
        world.x.tweets += [
            replace(other, id=str(int(other.id) + n), text=f"other {n}") for n in range(1, 2 * PAGE)
        ]
        found = await desk.account.locate(wanted, an_hour_ago())
        assert isinstance(found, Sequence)
        assert [each.id for each in found] == [one.id]
        world.x.tweets += [
            replace(other, id=str(int(other.id) + 1000 + n), text=f"more {n}")
            for n in range(MOST_PAGES * PAGE)
        ]
        assert isinstance(await desk.account.locate(wanted, an_hour_ago()), Retry)

    run(open_desk, scenario)


def test_a_time_cut_to_seconds_is_not_older_than_the_call(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: XWorld) -> None:
        post = Post(key="k", text="t")
        assert isinstance(await desk.send(post), Published)
        called_at = world.x.tweets[0].at.replace(microsecond=999_999)
        found = await desk.account.locate(post, called_at)
        assert isinstance(found, Sequence)
        assert len(found) == 1

    run(open_desk, scenario)


@pytest.mark.parametrize(
    "body",
    [
        {"data": [{"id": "1", "text": "t"}], "meta": {"result_count": 1}},
        {"data": [{"id": "1", "created_at": "yesterday"}], "meta": {}},
        {"data": {"id": "1"}},
        {"meta": {"result_count": 3}},
        {"errors": [{"title": "Partial"}]},
    ],
)
def test_a_page_that_is_only_half_understood_proves_nothing(body: object, open_desk: Open) -> None:
    async def scenario(desk: Desk, world: XWorld) -> None:
        await world.arm(shaped(200, body), Step.LOOK_UP)
        assert isinstance(await desk.account.locate(Post(key="k", text="t"), NOW), Retry)

    run(open_desk, scenario)


NOW = datetime(2026, 10, 21, tzinfo=UTC)
LINK = "https://example.org/a?b=1&c=2"
SHORT = {"url": "https://t.co/abc", "expanded_url": LINK}
OWN = {"url": "https://t.co/own", "expanded_url": "https://x.com/a/status/1/photo/1"}


@pytest.mark.parametrize(
    ("tweet", "text", "is_same"),
    [
        ({"text": "a &amp; b &lt;c&gt;"}, "a & b <c>", True),
        ({"text": "see https://t.co/abc", "entities": {"urls": [SHORT]}}, f"see {LINK}", True),
        ({"text": "see https://t.co/abc", "entities": {"urls": [SHORT]}}, "see that", False),
        (
            {
                "text": "Go https://t.co/x now",
                "entities": {"urls": [{"url": "https://t.co/x", "expanded_url": "http://a.org/"}]},
            },
            "Go a.org now",
            True,
        ),
        ({"text": "cafe\u0301"}, "caf\u00e9", True),
        ({"text": "one\n\ntwo"}, "one\n\n two ", True),
        ({"text": "one"}, "One", False),
        (
            {
                "text": "long… https://t.co/abc",
                "note_tweet": {
                    "text": "long and longer https://t.co/abc",
                    "entities": {"urls": [SHORT]},
                },
            },
            f"long and longer {LINK}",
            True,
        ),
        ({"text": "t", "attachments": {"media_keys": ["3_1"]}}, "t", False),
        ({"text": "t", "referenced_tweets": [{"type": "replied_to", "id": "9"}]}, "t", False),
        ({"text": "t", "referenced_tweets": [{"type": "quoted", "id": "9"}]}, "t", True),
    ],
)
def test_a_post_is_compared_as_x_shows_it(
    tweet: dict[str, object], text: str, is_same: bool
) -> None:
    assert same(Post(key="k", text=text), tweet) is is_same


def test_the_link_to_its_own_media_is_no_part_of_a_text() -> None:
    tweet = {
        "text": "t https://t.co/own",
        "entities": {"urls": [OWN]},
        "attachments": {"media_keys": ["3_1"]},
    }
    assert same(Post(key="k", text="t", media=(PHOTO,)), tweet)


def test_a_profile_is_checked(open_desk: Open) -> None:
    async def scenario(_desk: Desk, world: XWorld) -> None:
        platform = XPlatform()
        wrong = replace(
            world.profile, account="acme", options={"username": "@acme", "server": "ftp://x"}
        )
        assert len(list(platform.problems(wrong))) == 3
        assert list(platform.problems(replace(world.profile, options={}))) == []

    run(open_desk, scenario)

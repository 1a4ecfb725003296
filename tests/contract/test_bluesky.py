"""What is special about Bluesky: facets, threads, cards, videos, its sessions and its keys."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from publisher.connecting.feed_post import POSTS, record_key
from publisher.domain.epic import Profile
from publisher.domain.outcome import ErrorKind, GiveUp, Prepared, Published, Retry, Unknown
from publisher.platforms.bluesky import PLATFORM, BlueskyPlatform
from publisher.ports import HttpAnswer, Post
from tests.contract.conftest import Open
from tests.contract.hostile import Scripted, hostile_answers
from tests.contract.manners import EXPECTED, manners
from tests.contract.pds import TID
from tests.contract.posts import an_hour_ago, check_fault
from tests.contract.world import PICTURE, Desk, Fault, Step, attachment
from tests.contract.worlds.bluesky import BlueskyWorld, said

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x03\x20\x00\x00\x02\x58"
PHOTO = attachment("media/a.png", PNG, "alt")
FILM = attachment("media/a.mp4", PICTURE, "A film", kind="video/mp4")
PROGRESS = [{"state": "JOB_STATE_ENCODING"}]


def run(open_desk: Open, scene: Callable[[Desk, BlueskyWorld], Coroutine[Any, Any, None]]) -> None:
    async def scenario() -> None:
        async with open_desk("bluesky:pds") as desk:
            assert isinstance(desk.world, BlueskyWorld)
            await scene(desk, desk.world)

    asyncio.run(scenario())


def record_in(world: BlueskyWorld, number: int = -1) -> Any:
    return world.owner.made[number][1]


def test_links_mentions_and_tags_are_named_by_their_bytes(open_desk: Open) -> None:
    text = "🌷 Grüße @bob.example, (siehe https://e.org/a_(b)?x=ü.) @nobody.example #Frühling! #2 ."

    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        bob = world.pds.add("bob.example", "x")
        assert isinstance(await desk.send(Post(key="k", text=text)), Published)
        record, whole = record_in(world), text.encode()
        found = [
            (whole[f["index"]["byteStart"] : f["index"]["byteEnd"]].decode(), f["features"])
            for f in record["facets"]
        ]
        kind = "app.bsky.richtext.facet#"
        assert found == [
            ("@bob.example", [{"$type": kind + "mention", "did": bob.did}]),
            (
                "https://e.org/a_(b)?x=ü",
                [{"$type": kind + "link", "uri": "https://e.org/a_(b)?x=ü"}],
            ),
            ("#Frühling", [{"$type": kind + "tag", "tag": "Frühling"}]),
        ]

    run(open_desk, scene)


def test_a_mention_that_cannot_be_looked_up_waits(open_desk: Open) -> None:
    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        world.proxy.arm(Fault.DROP_BEFORE, Step.PREPARE)
        stopped = await desk.account.prepare(Post(key="k", text="@bob.example hi"), {})
        assert isinstance(stopped, Retry)
        assert stopped.fault.kind is ErrorKind.TIMEOUT

    run(open_desk, scene)


def test_every_part_names_the_first_and_the_one_before(open_desk: Open) -> None:
    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        above: str | None = None
        for number in range(3):
            made = await desk.send(Post(key=f"k/{number}", text=f"{number}", reply_to=above))
            assert isinstance(made, Published)
            above = made.id
        records = world.owner.records
        uris = [uri for uri, _ in world.owner.made]
        names = [{"uri": uri, "cid": records[uri.rpartition("/")[2]][0]} for uri in uris]
        replies = [record.get("reply") for _, record in world.owner.made]
        assert replies == [
            None,
            {"root": names[0], "parent": names[0]},
            {"root": names[0], "parent": names[1]},
        ]

    run(open_desk, scene)


def test_a_thread_stops_where_the_part_before_is_gone(open_desk: Open) -> None:
    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        first = await desk.send(Post(key="k/0", text="first"))
        assert isinstance(first, Published)
        await world.remove(first.id)
        stopped = await desk.send(Post(key="k/1", text="second", reply_to=first.id))
        assert isinstance(stopped, GiveUp)
        assert stopped.fault.kind is ErrorKind.REJECTED

    run(open_desk, scene)


def test_pictures_have_their_ratio_and_the_rest_comes_from_params(open_desk: Open) -> None:
    params = {"langs": ["de", "en"], "labels": ["graphic-media"], "tags": ["x"], "unheard_of": 1}

    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        post = Post(key="k", text="t", media=(PHOTO,), params=params, subject="not for Bluesky")
        made = await desk.send(post)
        assert isinstance(made, Published)
        record = record_in(world)
        (image,) = record["embed"]["images"]
        assert image["aspectRatio"] == {"width": 800, "height": 600}
        assert (record["langs"], record["tags"]) == (["de", "en"], ["x"])
        assert record["labels"]["values"] == [{"val": "graphic-media"}]
        assert "not for" not in str(record)
        assert "unheard_of" not in record
        key = made.id.rpartition("/")[2]
        assert made.url == f"https://bsky.app/profile/{world.owner.handle}/post/{key}"

    run(open_desk, scene)


def test_a_link_card_is_made_only_when_it_is_asked_for(open_desk: Open) -> None:
    card = {"uri": "https://e.org", "title": "E", "description": "About e"}

    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        post = Post(key="k", text="t https://e.org", params={"external": card}, media=(PHOTO,))
        first = await desk.send(post)
        assert isinstance(first, Published)
        external = record_in(world)["embed"]["external"]
        assert {name: external[name] for name in card} == card
        assert world.sha256(external["thumb"]) == PHOTO.sha256
        part = replace(post, key="k/1", media=(), reply_to=first.id)
        assert isinstance(await desk.send(part), Published)
        assert "embed" not in record_in(world)
        plain = Post(key="k/2", text="t https://e.org")
        assert isinstance(await desk.send(plain), Published)
        assert "embed" not in record_in(world)

    run(open_desk, scene)


def test_a_video_is_encoded_first_and_not_sent_twice(open_desk: Open) -> None:
    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        post = Post(key="k", text="t", media=(FILM,))
        world.pds.job_states = PROGRESS * 4
        busy = await desk.account.prepare(post, {})
        assert isinstance(busy, Retry)
        assert busy.after == timedelta(seconds=30)
        ready = await desk.account.prepare(post, busy.handle)
        assert isinstance(ready, Prepared)
        assert world.pds.asked["app.bsky.video.uploadVideo"] == 1
        assert isinstance(await desk.account.publish(post, ready.handle), Published)
        embed = record_in(world)["embed"]
        assert (embed["$type"], embed["alt"]) == ("app.bsky.embed.video", "A film")
        assert world.sha256(embed["video"]) == FILM.sha256

    run(open_desk, scene)


@pytest.mark.parametrize(
    ("code", "expected", "kind"),
    [
        ("encoding_failure", GiveUp, ErrorKind.INVALID_MEDIA),
        ("generic_failure", Retry, ErrorKind.UNAVAILABLE),
    ],
)
def test_a_video_that_cannot_be_encoded(
    code: str, expected: type, kind: ErrorKind, open_desk: Open
) -> None:
    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        post = Post(key="k", text="t", media=(FILM,))
        world.pds.job_states = [{"state": "JOB_STATE_FAILED", "failureCode": code}]
        failed = await desk.account.prepare(post, {})
        assert type(failed) is expected
        assert isinstance(failed, Retry | GiveUp)
        assert (failed.fault.kind, failed.fault.code) == (kind, code)
        if isinstance(failed, Retry):
            world.pds.job_states = []
            assert isinstance(await desk.account.prepare(post, failed.handle), Prepared)
            assert world.pds.asked["app.bsky.video.uploadVideo"] == 2

    run(open_desk, scene)


def test_many_deliveries_sign_in_once(open_desk: Open) -> None:
    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        posts = [Post(key=f"k/{number}", text=f"{number}") for number in range(40)]
        accounts = [desk.connect() for _ in posts]
        pairs = list(zip(accounts, posts, strict=True))
        ready = await asyncio.gather(*(account.prepare(post, {}) for account, post in pairs))
        assert all(isinstance(each, Prepared) for each in ready)
        made = await asyncio.gather(*(account.publish(post, {}) for account, post in pairs))
        assert all(isinstance(each, Published) for each in made)
        assert world.pds.asked["com.atproto.server.createSession"] == 1

    run(open_desk, scene)


def test_a_token_that_ends_soon_is_renewed_before_the_call(open_desk: Open) -> None:
    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        world.owner.lifetime = 200
        for number in range(2):
            assert isinstance(await desk.send(Post(key=f"k/{number}", text="t")), Published)
        asked = world.pds.asked
        assert asked["com.atproto.server.createSession"] == 1
        assert asked["com.atproto.server.refreshSession"] == 1

    run(open_desk, scene)


def test_tokens_that_the_server_forgot_are_replaced(open_desk: Open) -> None:
    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        post = Post(key="k", text="t", media=(PHOTO,))
        ready = await desk.account.prepare(post, {})
        assert isinstance(ready, Prepared)
        world.pds.forget_tokens()
        refused = await desk.account.publish(post, ready.handle)
        assert isinstance(refused, GiveUp)
        assert refused.fault.kind is ErrorKind.INVALID_CREDENTIALS
        assert world.owner.made == []
        assert isinstance(await desk.send(post), Published)
        world.pds.forget_tokens()
        other = Post(key="k/2", text="t", media=(attachment("b.png", PICTURE),))
        assert isinstance(await desk.send(other), Published)

    run(open_desk, scene)


def test_an_expired_token_at_the_call_is_tried_again_later(open_desk: Open) -> None:
    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        post = Post(key="k", text="t")
        assert isinstance(await desk.account.prepare(post, {}), Prepared)
        await world.arm(said(400, "ExpiredToken", "Token has expired"))
        refused = await desk.account.publish(post, {})
        assert isinstance(refused, Retry)
        assert isinstance(await desk.send(post), Published)
        assert world.pds.asked["com.atproto.server.refreshSession"] == 1

    run(open_desk, scene)


def test_no_answer_to_a_sign_in_or_a_video_raises_or_tells_a_secret(open_desk: Open) -> None:
    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        post = Post(key="k", text="@bob.example", media=(FILM,), reply_to=f"at://did:x:y/{POSTS}/a")
        assert isinstance(await desk.send(Post(key="k", text="signed in")), Published)
        for answer in hostile_answers(tuple(world.secrets.values())):
            for platform in (BlueskyPlatform(pauses=(0.0,)), world.platform):
                account = platform.connect(world.profile, world.secrets, Scripted(answer))
                for handle in ({}, {f"job:{FILM.sha256}": "1", f"reply:{post.reply_to}": "x"}):
                    outcome = await account.prepare(post, handle)
                    assert isinstance(outcome, Retry | GiveUp)
                    check_fault(outcome.fault, world)

    run(open_desk, scene)


def test_nobody_calls_without_having_signed_in() -> None:
    http = Scripted(HttpAnswer(200, {}, b"{}"))
    profile = Profile(id="b", platform="bluesky", account="acme.example", options={})
    account = PLATFORM.connect(profile, {"app_password": "x"}, http)
    outcome = asyncio.run(account.publish(Post(key="k", text="t"), {}))
    assert isinstance(outcome, Retry)
    assert http.asked == 0


@pytest.mark.parametrize(
    ("status", "kind"),
    [("", ErrorKind.INVALID_CREDENTIALS), ("AccountTakedown", ErrorKind.DISCONNECTED)],
)
def test_a_sign_in_that_is_refused_says_who_must_act(
    status: str, kind: ErrorKind, open_desk: Open
) -> None:
    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        world.owner.status = status
        if not status:
            world.secrets["app_password"] = "wrong"
        refused = await desk.connect().prepare(Post(key="k", text="t"), {})
        assert isinstance(refused, GiveUp)
        assert refused.fault.kind is kind
        assert refused.fault.who == "admin"

    run(open_desk, scene)


def test_a_key_in_use_is_proof_for_the_same_post_and_no_other(open_desk: Open) -> None:
    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        first = await desk.send(Post(key="k", text="one"))
        assert isinstance(first, Published)
        assert await desk.send(Post(key="k", text="one")) == first
        other = await desk.send(Post(key="k", text="two"))
        assert isinstance(other, GiveUp)
        assert other.fault.kind is ErrorKind.CHANGED
        world.proxy.arm(Fault.DROP_BEFORE, Step.LOOK_UP)
        unsure = await desk.send(Post(key="k", text="one"))
        assert isinstance(unsure, Unknown)
        assert len(world.owner.made) == 1

    run(open_desk, scene)


def test_a_look_up_finds_what_is_under_the_key_whatever_it_says(open_desk: Open) -> None:
    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        made = await desk.send(Post(key="k", text="one"))
        assert isinstance(made, Published)
        found = await desk.account.locate(Post(key="k", text="edited meanwhile"), an_hour_ago())
        assert isinstance(found, list)
        assert [(each.id, each.url) for each in found] == [(made.id, made.url)]
        world.owner.status = "AccountTakedown"
        world.pds.owners.clear()
        assert isinstance(await desk.account.locate(Post(key="k", text="one"), NOW), GiveUp)
        assert isinstance(await desk.account.exists(made.id), GiveUp)

    run(open_desk, scene)


NOW = datetime.now(UTC)
MEDIUM = attachment("b.png", bytes(1_000_001))
LARGE = attachment("b.png", bytes(2_000_001))


@pytest.mark.parametrize(
    ("post", "kind", "words"),
    [
        (Post(key="k", text="x" * 301), ErrorKind.REJECTED, "301 characters"),
        (Post(key="k", text="👩‍👩‍👧‍👦" * 121), ErrorKind.REJECTED, "3025 bytes"),
        (Post(key="k", text="t", media=(PHOTO,) * 5), ErrorKind.INVALID_MEDIA, "4 images"),
        (Post(key="k", text="t", media=(PHOTO, FILM)), ErrorKind.INVALID_MEDIA, "one video"),
        (Post(key="k", text="t", media=(LARGE,)), ErrorKind.INVALID_MEDIA, "b.png"),
        (
            Post(key="k", text="t", media=(MEDIUM,), params={"external": {"uri": "https://e"}}),
            ErrorKind.INVALID_MEDIA,
            "1 MB",
        ),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_sent(
    post: Post, kind: ErrorKind, words: str
) -> None:
    http = Scripted(HttpAnswer(500, {}, b""))
    profile = Profile(id="b", platform="bluesky", account="acme.example", options={})
    refused = asyncio.run(PLATFORM.connect(profile, {}, http).prepare(post, {}))
    assert isinstance(refused, GiveUp)
    assert refused.fault.kind is kind
    assert words in refused.fault.message
    assert http.asked == 0


def test_what_just_fits_is_taken(open_desk: Open) -> None:
    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        for number, text in enumerate(("e\u0301" * 300, "👩‍👩‍👧‍👦" * 120)):
            assert isinstance(await desk.send(Post(key=f"k/{number}", text=text)), Published)

    run(open_desk, scene)


def test_record_keys_have_the_form_of_a_tid_and_never_change() -> None:
    keys = [record_key(f"repo/epic/task/profile/{number}") for number in range(500)]
    assert all(TID.fullmatch(key) for key in keys)
    assert len(set(keys)) == 500
    assert record_key("repo/epic/task/profile/0") == keys[0] == "6ws6itfuzlxao"


def test_the_fake_has_the_manners_of_a_real_server(open_desk: Open) -> None:
    async def scene(desk: Desk, world: BlueskyWorld) -> None:
        asked = manners(world.proxy.upstream, world.owner.handle, world.owner.password)
        assert await asked == EXPECTED

    run(open_desk, scene)


@pytest.mark.parametrize(
    ("account", "options", "words"),
    [
        ("acme.bsky.social", {}, []),
        ("did:plc:q5cj2ymltsro3rn6hwikobhd", {"server": "https://pds.example"}, []),
        ("@acme.bsky.social", {}, ["handle"]),
        ("acme", {}, ["handle"]),
        ("ana@example.org", {}, ["handle"]),
        ("acme.example", {"server": "http://pds.example"}, ["https://"]),
        ("acme.example", {"video_service": "nonsense"}, ["video_service"]),
    ],
)
def test_what_is_wrong_with_a_profile(
    account: str, options: dict[str, str], words: list[str]
) -> None:
    profile = Profile(id="b", platform="bluesky", account=account, options=options)
    problems = list(PLATFORM.problems(profile))
    assert len(problems) == len(words)
    assert all(word in problem for word, problem in zip(words, problems, strict=True))

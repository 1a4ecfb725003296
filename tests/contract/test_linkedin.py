"""What is special about LinkedIn: little text, uploads in parts, comments, duplicates, scopes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.connecting.linkedin_shown import PAGE
from publisher.connecting.linkedin_words import little_text, same_text
from publisher.domain.outcome import ErrorKind, GiveUp, Prepared, Published, Retry, Unknown
from publisher.domain.traits import Safety
from publisher.platforms.linkedin import VERSION, LinkedInPlatform
from publisher.ports import HttpAnswer, Post
from tests.contract.conftest import Open
from tests.contract.fakes.linkedin import PART, Made, shown
from tests.contract.posts import TEXT, an_hour_ago
from tests.contract.proxy import Canned, shaped
from tests.contract.world import PICTURE, Desk, Fault, Step, attachment
from tests.contract.worlds.linkedin import LinkedInWorld, refusal

VIDEO = attachment("v.mp4", PICTURE, "A film", kind="video/mp4")
PAPER = attachment("media/paper.pdf", PICTURE, kind="application/pdf")
PHOTO = attachment("p.png", PICTURE, "A photo")
LATE = "Wed, 21 Oct 2026 23:00:00 GMT"


def run(
    open_desk: Open,
    scenario: Callable[[Desk, LinkedInWorld], Awaitable[None]],
    variant: str = "organization",
) -> None:
    async def opened() -> None:
        async with open_desk(f"linkedin:{variant}") as desk:
            assert isinstance(desk.world, LinkedInWorld)
            await scenario(desk, desk.world)

    asyncio.run(opened())


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("a (b) [c] {d} <e>", r"a \(b\) \[c\] \{d\} \<e\>"),
        ("50 % * _x_ ~ | \\", "50 % \\* \\_x\\_ \\~ \\| \\\\"),
        ("#tag and # alone, C#", r"#tag and \# alone, C\#"),
        ("me@example.org", r"me\@example.org"),
        ("by @[Acme (Ltd)](urn:li:x:1)", r"by \@\[Acme \(Ltd\)\]\(urn:li:x:1\)"),
        ("by @[Acme](urn:li:organization:12)!", "by @[Acme](urn:li:organization:12)!"),
    ],
)
def test_reserved_characters_are_escaped_and_markup_is_kept(written: str, sent: str) -> None:
    assert little_text(written) == sent


@pytest.mark.parametrize("text", [TEXT, "a\\", "#", "@[x](y", "|{}@[]()<>#\\*_~ end", "(#a) #b#c"])
def test_nothing_of_a_text_is_dropped_by_linkedin(text: str) -> None:
    assert shown(little_text(text)) == text


@pytest.mark.parametrize(
    ("commentary", "written", "is_same"),
    [
        (r"a \(b\)", "a (b)", True),
        ("a (b)", "a (b)", True),
        (r"{hashtag|\#|spring} is", "#spring is", True),
        ("back\\\\slash", "back\\slash", True),
        ("back\\slash", "back\\slash", True),
        ("one\r\ntwo", "one\ntwo", True),
        ("one", "one!", False),
    ],
)
def test_a_text_is_recognised_with_and_without_escapes(
    commentary: str, written: str, is_same: bool
) -> None:
    assert same_text(commentary, written) is is_same


def test_a_video_goes_in_the_parts_that_linkedin_asks_for(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: LinkedInWorld) -> None:
        post = Post(key="k", text="t", media=(VIDEO,), params={"title": "Our film"})
        assert isinstance(await desk.send(post), Published)
        (media,) = world.linkedin.media.values()
        assert len(media.tags) == -(-len(PICTURE) // PART)
        (made,) = world.linkedin.made
        assert made.media[0][0].data == PICTURE
        content = {"media": {"id": media.urn, "altText": "A film", "title": "Our film"}}
        assert made.body["content"] == content

    run(open_desk, scenario)
    run(open_desk, scenario, "person")


def test_a_part_without_its_etag_is_sent_again(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: LinkedInWorld) -> None:
        world.linkedin.tags = False
        stopped = await desk.account.prepare(Post(key="k", text="t", media=(VIDEO,)), {})
        assert isinstance(stopped, Retry)
        assert "ETag" in stopped.fault.message
        images = Post(key="k", text="t", media=(PHOTO,))
        assert isinstance(await desk.account.prepare(images, {}), Prepared)

    run(open_desk, scenario)


def test_a_document_has_a_title(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: LinkedInWorld) -> None:
        assert isinstance(await desk.send(Post(key="k", text="t", media=(PAPER,))), Published)
        (made,) = world.linkedin.made
        assert made.body["content"]["media"]["title"] == "paper.pdf"
        assert ":document:" in made.body["content"]["media"]["id"]

    run(open_desk, scenario)


def test_an_upload_that_takes_long_is_not_repeated(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: LinkedInWorld) -> None:
        world.linkedin.busy = 4
        post = Post(key="k", text="t", media=(VIDEO,))
        waiting = await desk.account.prepare(post, {})
        assert isinstance(waiting, Retry)
        assert isinstance(await desk.account.prepare(post, waiting.handle), Prepared)
        assert len(world.linkedin.media) == 1

    run(open_desk, scenario)


def test_an_upload_of_other_content_is_never_used(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: LinkedInWorld) -> None:
        post = Post(key="k", text="t", media=(PHOTO,))
        old = await desk.account.prepare(post, {})
        assert isinstance(old, Prepared)
        for media in (VIDEO, replace(PHOTO, alt="Another")):
            edited = replace(post, media=(media,))
            refused = await desk.account.publish(edited, old.handle)
            assert isinstance(refused, GiveUp)
            new = await desk.account.prepare(edited, old.handle)
            assert isinstance(new, Prepared)
        assert isinstance(await desk.account.publish(edited, new.handle), Published)
        assert world.linkedin.made[0].body["content"]["media"]["altText"] == "Another"

    run(open_desk, scenario)


def test_a_file_that_linkedin_cannot_process_is_the_owners(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: LinkedInWorld) -> None:
        world.linkedin.breaks = True
        refused = await desk.send(Post(key="k", text="t", media=(VIDEO,)))
        assert isinstance(refused, GiveUp)
        assert refused.fault.kind is ErrorKind.INVALID_MEDIA
        assert refused.fault.code == "PROCESSING_FAILED"

    run(open_desk, scenario)


@pytest.mark.parametrize("media", [(PHOTO, VIDEO), (PAPER, PAPER), (PHOTO,) * 21])
def test_what_does_not_go_together_is_never_uploaded(media: tuple, open_desk: Open) -> None:  # type: ignore[type-arg]
    async def scenario(desk: Desk, world: LinkedInWorld) -> None:
        refused = await desk.account.prepare(Post(key="k", text="t", media=media), {})
        assert isinstance(refused, GiveUp)
        assert refused.fault.kind is ErrorKind.INVALID_MEDIA
        assert not world.linkedin.media

    run(open_desk, scenario)


@pytest.mark.parametrize("url", ["http://store.example/up", "file:///etc/passwd", "http://[", ""])
def test_bytes_go_to_no_address_in_the_open(url: str, open_desk: Open) -> None:
    async def scenario(desk: Desk, world: LinkedInWorld) -> None:
        value = {"image": "urn:li:image:1", "uploadUrl": url}
        await world.arm(shaped(200, {"value": value}), Step.PREPARE)
        stopped = await desk.account.prepare(Post(key="k", text="t", media=(PHOTO,)), {})
        assert isinstance(stopped, Retry)
        assert "no place" in stopped.fault.message

    run(open_desk, scenario)


class Recorded:
    """An Http that answers every upload and remembers who was shown the token."""

    def __init__(self, store: str) -> None:
        self.store = store
        self.shown: dict[str, bool] = {}

    async def send(
        self, method: str, url: str, *, headers: object, body: bytes = b""
    ) -> HttpAnswer:
        assert isinstance(headers, dict)
        self.shown[url.partition("?")[0]] = "Authorization" in headers
        value = f'{{"value": {{"image": "urn:li:image:1", "uploadUrl": "{self.store}"}}}}'
        return HttpAnswer(200, {}, value.encode())


@pytest.mark.parametrize(
    ("store", "trusted"),
    [
        ("https://www.linkedin.com/dms-uploads/1", True),
        ("https://store.example/1", False),
        ("https://linkedin.com.evil.example/1", False),
    ],
)
def test_the_token_is_shown_to_linkedin_only(store: str, trusted: bool, open_desk: Open) -> None:
    async def scenario(_desk: Desk, world: LinkedInWorld) -> None:
        profile = replace(world.profile, account="urn:li:person:1", options={})
        http = Recorded(store)
        account = world.platform.connect(profile, world.secrets, http)  # type: ignore[arg-type]
        assert isinstance(
            await account.prepare(Post(key="k", text="t", media=(PHOTO,)), {}), Prepared
        )
        assert http.shown[store] is trusted

    run(open_desk, scenario)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Content is a duplicate of urn:li:share:6844785523593134080", Published),
        ("Content is a DUPLICATE of urn:li:ugcPost:7", Published),
        ("Content is a duplicate of urn:li:person:782bbtaQ", GiveUp),
        ("Something else is wrong", GiveUp),
    ],
)
def test_a_duplicate_is_proof_only_with_the_post(
    message: str, expected: type, open_desk: Open
) -> None:
    async def scenario(desk: Desk, world: LinkedInWorld) -> None:
        await world.arm(shaped(422, {"status": 422, "code": "DUPLICATE_POST", "message": message}))
        outcome = await desk.account.publish(Post(key="k", text="t"), {})
        assert isinstance(outcome, expected)
        if isinstance(outcome, Published):
            assert outcome.id == message.rpartition(" ")[2]
            assert outcome.url == f"https://www.linkedin.com/feed/update/{outcome.id}/"

    run(open_desk, scenario)


def test_a_post_without_its_id_is_doubt(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: LinkedInWorld) -> None:
        world.linkedin.says_no_id = True
        post = Post(key="k", text="t")
        assert isinstance(await desk.account.publish(post, {}), Unknown)
        found = await desk.account.locate(post, an_hour_ago())
        assert isinstance(found, Sequence)
        assert [each.id for each in found] == [world.linkedin.made[0].urn]

    run(open_desk, scenario)


@pytest.mark.parametrize(
    ("answer", "expected", "kind"),
    [
        (refusal(426, "NONEXISTENT_VERSION", "Version is not active"), GiveUp, "misconfigured"),
        (refusal(400, "VERSION_MISSING", "A version must be present"), GiveUp, "misconfigured"),
        (refusal(409, "CONFLICT", "Write conflict"), Retry, "temporarily_unavailable"),
        (shaped(400, {"status": 400, "serviceErrorCode": 65601}), GiveUp, "invalid_credentials"),
        (refusal(429, "TOO_MANY_REQUESTS", "Day limit", Date=LATE), Retry, "quota"),
        (refusal(500, "CONFLICT", "Anything"), Unknown, "answer_lost"),
        (Canned(504, "<html>"), Unknown, "answer_lost"),
    ],
)
def test_words_of_a_refusal(answer: Canned, expected: type, kind: str, open_desk: Open) -> None:
    async def scenario(desk: Desk, world: LinkedInWorld) -> None:
        await world.arm(answer)
        outcome = await desk.account.publish(Post(key="k", text="t"), {})
        assert isinstance(outcome, expected)
        assert isinstance(outcome, Retry | GiveUp | Unknown)
        assert outcome.fault.kind == kind
        if kind == "quota" and isinstance(outcome, Retry):
            assert outcome.after == timedelta(hours=1)  # midnight UTC

    run(open_desk, scenario)


def test_all_later_parts_are_comments_on_the_post(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: LinkedInWorld) -> None:
        last: str | None = None
        for number in range(3):
            part = Post(key=f"{number}", text=f"part (#{number})", media=(PHOTO,), reply_to=last)
            outcome = await desk.send(part)
            assert isinstance(outcome, Published)
            last = outcome.id
        post, *comments = world.linkedin.made
        assert [each.root for each in comments] == [post.urn, post.urn]
        assert [each.text for each in comments] == ["part (#1)", "part (#2)"]
        assert [each.media[0][0].data for each in comments] == [PICTURE, PICTURE]
        found = await desk.account.locate(part, an_hour_ago())
        assert isinstance(found, Sequence)
        assert [each.id for each in found] == [comments[1].urn]
        for comment in comments:
            assert await desk.account.exists(comment.urn) is True
        comments[0].deleted = True
        assert await desk.account.exists(comments[0].urn) is False

    run(open_desk, scenario)


@pytest.mark.parametrize("media", [(PHOTO, PHOTO), (VIDEO,), (PAPER,)])
def test_a_comment_takes_one_image(media: tuple, open_desk: Open) -> None:  # type: ignore[type-arg]
    async def scenario(desk: Desk, world: LinkedInWorld) -> None:
        part = Post(key="k", text="t", media=media, reply_to="urn:li:share:1")
        refused = await desk.account.prepare(part, {})
        assert isinstance(refused, GiveUp)
        assert refused.fault.kind is ErrorKind.INVALID_MEDIA
        assert not world.linkedin.media

    run(open_desk, scenario)


def test_comments_are_searched_to_the_end_whatever_their_order(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: LinkedInWorld) -> None:
        first = await desk.send(Post(key="0", text="one"))
        assert isinstance(first, Published)
        long_ago = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)
        world.linkedin.made += [
            Made(f"urn:li:comment:({first.id},{n})", f"c{n}", [], first.id, long_ago, {})
            for n in range(PAGE + 3)
        ]
        part = Post(key="1", text="two", reply_to=first.id)
        assert isinstance(await desk.send(part), Published)
        found = await desk.account.locate(part, an_hour_ago())
        assert isinstance(found, Sequence)
        assert len(found) == 1

    run(open_desk, scenario)


def test_params_have_the_names_of_the_api(open_desk: Open) -> None:
    params = {
        "visibility": "CONNECTIONS",
        "isReshareDisabledByAuthor": True,
        "article": {"source": "https://example.org", "title": "Read"},
        "author": "urn:li:person:other",
        "lifecycleState": "DRAFT",
    }

    async def scenario(desk: Desk, world: LinkedInWorld) -> None:
        assert isinstance(await desk.send(Post(key="k", text="t", params=params)), Published)
        body = world.linkedin.made[0].body
        assert body["visibility"] == "CONNECTIONS"
        assert body["isReshareDisabledByAuthor"] is True
        assert body["content"] == {"article": params["article"]}
        assert body["author"] == world.profile.account
        assert body["lifecycleState"] == "PUBLISHED"
        assert world.linkedin.versions == {VERSION}

    run(open_desk, scenario)


def test_a_member_is_blind_unless_the_token_may_read(open_desk: Open) -> None:
    async def scenario(_desk: Desk, world: LinkedInWorld) -> None:
        platform, member = LinkedInPlatform(), world.profile
        assert platform.traits(member).safety is Safety.BLIND
        reads = replace(member, options={**member.options, "look_up": True})
        assert platform.traits(reads).safety is Safety.SEARCHABLE
        account = platform.connect(reads, world.secrets, None)  # type: ignore[arg-type]
        assert account is not None
        wrong = replace(
            member, account="acme", options={"look_up": 1, "version": "2026", "server": "x"}
        )
        assert len(list(platform.problems(wrong))) == 4

    run(open_desk, scenario, "person")


def test_not_found_is_believed_in_linkedins_words_only(open_desk: Open) -> None:
    async def scenario(desk: Desk, world: LinkedInWorld) -> None:
        for answer in (Canned(404, "<html>"), shaped(404, {"error": "nginx"})):
            await world.arm(answer, Step.LOOK_UP)
            assert isinstance(await desk.account.exists("urn:li:share:1"), Retry)
        assert await desk.account.exists("urn:li:share:1") is False
        await world.arm(Fault.UNAVAILABLE, Step.LOOK_UP)
        assert isinstance(await desk.account.exists("urn:li:share:1"), Retry)

    run(open_desk, scenario)

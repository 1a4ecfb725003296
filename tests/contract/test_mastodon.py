"""What is special about Mastodon: processing of uploads, its HTML, its params, its pages."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from publisher.connecting.timeline import MOST_PAGES
from publisher.domain.outcome import ErrorKind, GiveUp, Prepared, Published, Retry
from publisher.platforms import mastodon
from publisher.ports import Post
from tests.contract.conftest import Open
from tests.contract.proxy import Canned, error
from tests.contract.world import PICTURE, Fault, Step, attachment
from tests.contract.worlds.mastodon import MastodonWorld

VARIANT = "mastodon:instance"
PHOTO = attachment("media/a.png", PICTURE, "alt")
BUSY = Canned(206, '{"id": "7", "url": null}')
ACCEPTED = Canned(202, '{"id": "7", "url": null}')
HTML_MENTION = (
    '<p><span class="h-card"><a href="https://x/@bob" class="u-url mention">@<span>bob'
    "</span></a></span> hi</p>"
)
HTML_LINK = (
    '<p><a href="https://e.org/abc"><span class="invisible">https://</span>'
    '<span class="ellipsis">e.org/a</span><span class="invisible">bc</span></a></p>'
)
READY = Canned(200, '{"id": "7", "url": "https://x"}')


@pytest.mark.parametrize(
    ("script", "expected", "kind"),
    [
        ([ACCEPTED, BUSY, READY], Prepared, None),
        ([ACCEPTED, BUSY, BUSY, BUSY], Retry, ErrorKind.UNAVAILABLE),
        ([ACCEPTED, error(422, "Error processing thumbnail")], GiveUp, ErrorKind.INVALID_MEDIA),
        ([ACCEPTED, error(404, "Record not found")], Retry, ErrorKind.UNAVAILABLE),
        ([error(422, "Validation failed")], GiveUp, ErrorKind.INVALID_MEDIA),
    ],
)
def test_upload_is_awaited(
    script: list[Canned], expected: type, kind: ErrorKind | None, open_desk: Open
) -> None:
    async def scenario() -> None:
        async with open_desk(VARIANT) as desk:
            assert isinstance(desk.world, MastodonWorld)
            for answer in script:
                await desk.world.arm(answer, Step.PREPARE)
            prepared = await desk.account.prepare(Post(key="k", text="t", media=(PHOTO,)), {})
            assert isinstance(prepared, expected)
            if isinstance(prepared, Prepared):
                assert set(prepared.handle.values()) == {"7"}
            elif isinstance(prepared, Retry | GiveUp):
                assert prepared.fault.kind is kind
            if script[-1] is BUSY and isinstance(prepared, Retry):
                assert prepared.after == timedelta(seconds=5)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("answer", "expected", "kind"),
    [
        (
            error(422, "Cannot attach files that have not finished processing. Try again!"),
            Retry,
            ErrorKind.UNAVAILABLE,
        ),
        (error(403, "Your login is currently disabled"), GiveUp, ErrorKind.DISCONNECTED),
        (error(404, "The post you are replying to is gone"), GiveUp, ErrorKind.REJECTED),
        (error(301, "moved"), GiveUp, ErrorKind.MISCONFIGURED),
    ],
)
def test_words_of_a_refusal(
    answer: Canned, expected: type, kind: ErrorKind, open_desk: Open
) -> None:
    async def scenario() -> None:
        async with open_desk(VARIANT) as desk:
            assert isinstance(desk.world, MastodonWorld)
            await desk.world.arm(answer)
            outcome = await desk.account.publish(Post(key="k", text="t"), {})
            assert isinstance(outcome, expected)
            assert isinstance(outcome, Retry | GiveUp)
            assert outcome.fault.kind is kind

    asyncio.run(scenario())


def test_params_reach_the_instance_and_the_subject_does_not(open_desk: Open) -> None:
    params = {
        "visibility": "unlisted",
        "sensitive": True,
        "spoiler_text": "careful",
        "language": "de",
        "unheard_of": 1,
    }

    async def scenario() -> None:
        async with open_desk(VARIANT) as desk:
            assert isinstance(desk.world, MastodonWorld)
            post = Post(key="k", text="t", subject="not for Mastodon", params=params)
            assert isinstance(await desk.send(post), Published)
            (status,) = await desk.world.statuses()
            found = {name: status[name] for name in params if name in status}
            assert found == {name: params[name] for name in found}
            assert len(found) == 4
            assert "not for Mastodon" not in json.dumps(status)

    asyncio.run(scenario())


def test_locate_turns_the_pages(open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(VARIANT) as desk:
            since = datetime.now(UTC)
            first = await desk.send(Post(key="first", text="the one"))
            assert isinstance(first, Published)
            for number in range(45):
                await desk.account.publish(Post(key=f"k{number}", text=f"other {number}"), {})
            found = await desk.account.locate(Post(key="first", text="the one"), since)
            assert isinstance(found, list)
            assert [candidate.id for candidate in found] == [first.id]

    asyncio.run(scenario())


def test_a_busy_account_is_never_called_searched_when_it_was_not(open_desk: Open) -> None:
    def page(number: int) -> Canned:
        status = {"id": str(1000 - number), "created_at": "2026-01-01T00:00:00Z", "content": "x"}
        return Canned(200, json.dumps([status]))

    async def scenario() -> None:
        async with open_desk(VARIANT) as desk:
            assert isinstance(desk.world, MastodonWorld)
            await desk.world.arm(Canned(200, '{"id": "1"}'), Step.LOOK_UP)
            for number in range(MOST_PAGES):
                await desk.world.arm(page(number), Step.LOOK_UP)
            since = datetime(2025, 1, 1, tzinfo=UTC)
            assert isinstance(await desk.account.locate(Post(key="k", text="t"), since), Retry)

    asyncio.run(scenario())


@pytest.mark.parametrize("odd", [5, {}, {"id": "9"}, {"id": "9", "created_at": "yesterday"}])
def test_a_page_that_is_only_half_understood_proves_nothing(odd: object, open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(VARIANT) as desk:
            assert isinstance(desk.world, MastodonWorld)
            status = {"id": "5", "created_at": "2024-01-01T00:00:00Z", "content": "<p>t</p>"}
            for body in ({"id": "1"}, [odd, status]):
                await desk.world.arm(Canned(200, json.dumps(body)), Step.LOOK_UP)
            since = datetime(2025, 1, 1, tzinfo=UTC)
            assert isinstance(await desk.account.locate(Post(key="k", text="t"), since), Retry)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("content", "text", "more", "same"),
    [
        ("<p>one</p><p>two<br />three</p>", "one\n\ntwo\nthree", {}, True),
        ("<p>a &lt;b&gt; &amp; c &#39;d&#39;</p>", "a <b> & c 'd'", {}, True),
        (
            HTML_MENTION,
            "@bob@else.example hi",
            {},
            True,
        ),
        (
            HTML_LINK,
            "https://e.org/abc",
            {},
            True,
        ),
        ('<p><a href="t" rel="tag">#<span>tag</span></a></p>', "#tag", {}, True),
        ("<p>one</p>", "one!", {}, False),
        ("<p>one two</p>", "onetwo", {}, False),
        ("<p>one</p>", "one", {"reblog": {"id": "2"}}, False),
        ("<p>one</p>", "one", {"in_reply_to_id": "2"}, False),
        ("<p>one</p>", "one", {"media_attachments": [{}]}, False),
    ],
)
def test_a_status_is_compared_as_people_see_it(
    content: str, text: str, more: dict[str, object], same: bool
) -> None:
    status = {"content": content, "reblog": None, "in_reply_to_id": None, **more}
    assert mastodon._same(Post(key="k", text=text), status) is same


def test_a_time_cut_to_milliseconds_is_not_older_than_the_call(open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(VARIANT) as desk:
            assert isinstance(desk.world, MastodonWorld)
            status = {"id": "5", "created_at": "2026-01-01T00:00:00.123Z", "content": "<p>t</p>"}
            for body in ({"id": "1"}, [status], []):
                await desk.world.arm(Canned(200, json.dumps(body)), Step.LOOK_UP)
            since = datetime(2026, 1, 1, 0, 0, 0, 123_456, tzinfo=UTC)
            found = await desk.account.locate(Post(key="k", text="t"), since)
            assert isinstance(found, list)
            assert [candidate.id for candidate in found] == ["5"]

    asyncio.run(scenario())


def test_token_with_a_line_end_is_understood(open_desk: Open) -> None:
    async def scenario() -> None:
        async with open_desk(VARIANT) as desk:
            assert isinstance(desk.world, MastodonWorld)
            desk.world.secrets["access_token"] += "\n"
            assert isinstance(await desk.connect().publish(Post(key="k", text="t"), {}), Published)

    asyncio.run(scenario())


def test_wait_of_a_rate_limit_is_read_from_the_reset_time(open_desk: Open) -> None:
    limited = error(
        429,
        "Too many requests",
        X_RateLimit_Reset="2026-10-21T12:05:00.000Z",
        Date="Wed, 21 Oct 2026 12:00:00 GMT",
    )

    async def scenario() -> None:
        async with open_desk(VARIANT) as desk:
            assert isinstance(desk.world, MastodonWorld)
            await desk.world.arm(limited)
            outcome = await desk.account.publish(Post(key="k", text="t"), {})
            assert isinstance(outcome, Retry)
            assert outcome.after == timedelta(minutes=5)
            await desk.world.arm(Fault.UNAVAILABLE)
            outcome = await desk.account.publish(Post(key="k", text="t"), {})
            assert isinstance(outcome, Retry)
            assert outcome.after is None

    asyncio.run(scenario())

"""The sandbox's media, pages, events, counters and command, against a real server."""

import asyncio
import hashlib
import re
import signal
import sys

import aiohttp
import pytest

from publisher.sandbox.model import iso
from tests.sandbox.running import START, Sandbox, with_sandbox


@pytest.mark.parametrize(
    ("kind", "served", "disposition"),
    [
        ("image/png", "image/png", "inline"),
        ("video/mp4", "video/mp4", "inline"),
        ("text/html", "application/octet-stream", "attachment; filename*=UTF-8''a%20%22b%22.x"),
    ],
)
def test_media_is_stored_served_safely_and_shown_in_posts(
    kind: str, served: str, disposition: str
) -> None:
    async def scenario(box: Sandbox) -> None:
        data = b"<script>" * 9
        sent = {"Content_Type": kind, "X_File_Name": 'a "b".x'}
        made = await box.call("POST", "/blind/a/media", data, **sent)
        digest = hashlib.sha256(data).hexdigest()
        assert made.status == 201
        assert made.json == {"id": made.json["id"], "sha256": digest, "size": 72}
        got = await box.call("GET", f"/media/{made.json['id']}")
        assert got.body == data
        assert got.headers["Content-Type"] == served
        assert got.headers["Content-Disposition"] == disposition
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert await box.created() == []
        await box.post("blind/a", media=[{"id": made.json["id"], "alt": "A"}])
        assert (await box.created())[0]["media"] == [{"sha256": digest, "alt": "A"}]
        assert (await box.call("GET", "/media/m-none")).status == 404

    with_sandbox(scenario)


def test_wrong_bodies_are_refused_with_one_sentence_and_create_nothing() -> None:
    async def scenario(box: Sandbox) -> None:
        for body, status in (
            (b"{", 400),
            (b"[]", 422),
            (b'{"text": 5}', 422),
            (b'{"text": "x", "media": [{"id": "m-none"}]}', 422),
            (b'{"text": "x", "reply_to": "p-none"}', 422),
        ):
            for path in ("/blind/a/posts", "/checkable/a/containers"):
                answer = await box.call("POST", path, body)
                assert answer.status == status
                assert answer.json["message"].endswith(".")
        for fault in ({"fault": "x"}, {"lag": -1}):
            assert (await box.call("POST", "/control/faults", fault)).status == 422
        for settings in ({"lag": -1}, {"leg": 1}, {"latency": "1"}):
            assert (await box.call("PUT", "/control/defaults", settings)).status == 422
        assert await box.created() == []

    with_sandbox(scenario)


def test_a_body_of_64_megabytes_is_taken_and_a_byte_more_is_not() -> None:
    async def scenario(box: Sandbox) -> None:
        most = 64 * 1024 * 1024
        made = await box.call("POST", "/blind/a/media", bytes(most), Content_Type="image/png")
        assert (made.status, made.json["size"]) == (201, most)
        more = await box.call("POST", "/blind/a/media", bytes(most + 1), Content_Type="image/png")
        assert more.status == 413

    with_sandbox(scenario)


def test_every_request_is_counted_also_refused_and_faulted_ones() -> None:
    async def scenario(box: Sandbox) -> None:
        await box.arm("server_error")
        await box.post("blind/a")
        await box.post("checkable/a")
        await box.call("POST", "/blind/a/posts", b"{", Authorization=None)
        await box.call("POST", "/blind/a/media", b"x")
        await box.call("GET", "/blind/a/posts")
        await box.call("GET", "/checkable/a/containers/c-none")
        await box.call("DELETE", "/blind/b/posts/p-none")
        await box.post("blind/b")
        counts = (await box.call("GET", "/control/counts")).json
        assert counts["requests"] == {"publish": 4, "prepare": 1, "look_up": 2, "delete": 1}
        assert counts["posts"] == 1
        assert counts["accounts"]["b"] == {
            "requests": {"publish": 1, "prepare": 0, "look_up": 0, "delete": 1},
            "posts": 1,
        }

    with_sandbox(scenario)


def test_control_lists_every_post_oldest_first_with_all_it_knows() -> None:
    async def scenario(box: Sandbox) -> None:
        await box.call("PUT", "/control/defaults", {"lag": 99})
        first = (await box.post("searchable/a", "one", key="k")).json
        box.time[0] += 1
        await box.post("searchable/a", "two", reply_to=first["id"])
        one, two = await box.created()
        assert one == {
            "id": first["id"],
            "account": "a",
            "plays": "searchable",
            "text": "one",
            "key": "k",
            "container": None,
            "created_at": iso(START),
            "received_at": START,
            "deleted": False,
            "reply_to": None,
            "media": [],
        }
        assert (two["reply_to"], two["received_at"]) == (first["id"], START + 1)
        assert (await box.call("DELETE", "/control/everything")).status == 204
        assert await box.created() == []
        assert (await box.call("GET", "/control/counts")).json["accounts"] == {}

    with_sandbox(scenario)


def test_the_timeline_is_safe_self_contained_and_says_what_to_do() -> None:
    async def scenario(box: Sandbox) -> None:
        empty = (await box.call("GET", "/")).body.decode()
        assert f"curl {box.base}/searchable/demo/posts" in empty
        await box.post("idempotent/a", "<script>one</script>")
        await box.post("blind/b", "two")
        await box.arm("slow", account="b")
        whole = await box.call("GET", "/")
        text = whole.body.decode()
        assert "&lt;script&gt;one" in text
        assert "two" in text
        assert "slow, once, when publishing on b" in text
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
        assert "default-src 'none'" in whole.headers["Content-Security-Policy"]
        assert "unsafe-inline" not in whole.headers["Content-Security-Policy"]
        only = (await box.call("GET", "/?account=b")).body.decode()
        assert "two" in only
        assert "&lt;script&gt;one" not in only
        odd = await box.call("GET", "/?account=%FF%ED%A0%80")
        assert odd.status == 200

    with_sandbox(scenario)


def test_the_event_stream_tells_of_every_change() -> None:
    async def scenario(box: Sandbox) -> None:
        async def event(stream: aiohttp.ClientResponse) -> bytes:
            return await asyncio.wait_for(stream.content.readuntil(b"\n\n"), 2)

        async with box.session.get(box.base + "/events") as stream:
            assert stream.headers["Content-Type"] == "text/event-stream"
            seen = [await event(stream)]
            post = (await box.post("blind/a")).json
            seen.append(await event(stream))
            await box.call("DELETE", f"/blind/a/posts/{post['id']}")
            seen.append(await event(stream))
            await box.arm("slow")
            seen.append(await event(stream))
        assert len(set(seen)) == 4

    with_sandbox(scenario)


def test_addresses_and_methods_that_do_not_exist_are_answered_in_json() -> None:
    async def scenario(box: Sandbox) -> None:
        assert (await box.call("GET", "/nothing/here/at/all")).json["error"] == "not_found"
        wrong = await box.call("PUT", "/blind/a/posts")
        assert (wrong.status, wrong.headers["Allow"]) == (405, "GET, POST")
        assert (await box.call("GET", "/p/p-none")).status == 404

    with_sandbox(scenario)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_where_it_listens_and_stops_cleanly(number: signal.Signals) -> None:
    async def scenario() -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "publisher.sandbox", "--port", "0"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        found = re.fullmatch(r"sandbox on (http://127\.0\.0\.1:\d+)\n", line)
        assert found
        async with (
            aiohttp.ClientSession() as session,
            session.get(found[1] + "/events") as stream,
        ):
            await stream.content.readuntil(b"\n\n")
            process.send_signal(number)
            _, errors = await asyncio.wait_for(process.communicate(), 10)
        assert (process.returncode, errors) == (0, b"")

    asyncio.run(scenario())

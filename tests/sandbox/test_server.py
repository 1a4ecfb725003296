"""The sandbox's publishing and looking up, against a real server on a free port."""

import asyncio

import pytest

from tests.sandbox.running import START, Sandbox, with_sandbox

DIRECT = ["idempotent", "searchable", "blind"]


@pytest.mark.parametrize("plays", DIRECT)
def test_publishing_answers_with_the_post_and_an_address_that_shows_it(plays: str) -> None:
    async def scenario(box: Sandbox) -> None:
        made = await box.post(f"{plays}/a", "Hello <b>")
        assert made.status == 201
        assert made.json.keys() == {"id", "url", "created_at", "text"}
        assert made.json["created_at"] == "2023-11-14T22:13:20.250000+00:00"
        assert made.json["url"].startswith(box.base)
        async with box.session.get(made.json["url"]) as shown:
            assert shown.status == 200
            assert "Hello &lt;b&gt;" in await shown.text()

    with_sandbox(scenario)


def test_an_unknown_platform_is_not_found_and_still_counted() -> None:
    async def scenario(box: Sandbox) -> None:
        answer = await box.post("telepathic/a")
        assert answer.status == 404
        assert "telepathic" in answer.json["message"]
        counts = (await box.call("GET", "/control/counts")).json
        assert counts["accounts"]["a"]["requests"]["publish"] == 1

    with_sandbox(scenario)


@pytest.mark.parametrize("token", [None, "Bearer", "Bearer ", "Basic abc"])
def test_publishing_needs_a_bearer_token(token: str | None) -> None:
    async def scenario(box: Sandbox) -> None:
        cid = await box.container()
        for path in (
            "/blind/a/posts",
            "/checkable/a/containers",
            f"/checkable/a/containers/{cid}/publish",
        ):
            answer = await box.call("POST", path, {"text": "Hi"}, Authorization=token)
            assert answer.status == 401, path
        assert await box.created() == []

    with_sandbox(scenario)


def test_the_same_key_creates_one_post_however_many_ask_at_once() -> None:
    async def scenario(box: Sandbox) -> None:
        await box.call("PUT", "/control/defaults", {"latency": 0.05})
        calls = [box.post("idempotent/a", key="k") for _ in range(20)]
        answers = await asyncio.gather(*calls)
        assert sorted(answer.status for answer in answers) == [200] * 19 + [201]
        assert len({answer.json["id"] for answer in answers}) == 1
        assert len(await box.created()) == 1
        assert (await box.post("idempotent/a", "Other", key="k")).status == 422

    with_sandbox(scenario)


def test_a_key_is_forgotten_after_key_memory() -> None:
    async def scenario(box: Sandbox) -> None:
        await box.call("PUT", "/control/accounts/a", {"key_memory": 60})
        statuses = []
        for passed in (0, 59, 60):
            box.time[0] = START + passed
            statuses.append((await box.post("idempotent/a", key="k")).status)
        assert statuses == [201, 200, 201]

    with_sandbox(scenario)


@pytest.mark.parametrize("plays", ["searchable", "blind"])
def test_a_key_is_recorded_but_not_honoured_elsewhere(plays: str) -> None:
    async def scenario(box: Sandbox) -> None:
        statuses = [(await box.post(f"{plays}/a", key="k")).status for _ in range(2)]
        assert statuses == [201, 201]
        assert [post["key"] for post in await box.created()] == ["k", "k"]

    with_sandbox(scenario)


def test_a_checkable_platform_publishes_through_containers_once() -> None:
    async def scenario(box: Sandbox) -> None:
        direct = await box.post("checkable/a")
        assert (direct.status, direct.headers["Allow"]) == (405, "GET")
        cid = await box.container("Hi")
        where = f"/checkable/a/containers/{cid}"
        ready = {"id": cid, "status": "ready", "post": None}
        assert (await box.call("GET", where)).json == ready
        assert await box.created() == []
        made = await box.call("POST", where + "/publish", Idempotency_Key="k")
        assert (made.status, made.json["text"]) == (201, "Hi")
        again = await box.call("POST", where + "/publish")
        assert again.status == 409
        assert again.json["post"]["id"] == made.json["id"]
        checked = (await box.call("GET", where)).json
        assert (checked["status"], checked["post"]["id"]) == ("published", made.json["id"])
        assert [(p["container"], p["key"]) for p in await box.created()] == [(cid, "k")]
        listed = (await box.call("GET", "/checkable/a/posts")).json["data"]
        assert [post["id"] for post in listed] == [made.json["id"]]

    with_sandbox(scenario)


def test_unknown_containers_and_containers_elsewhere_are_not_found() -> None:
    async def scenario(box: Sandbox) -> None:
        cid = await box.container()
        for method, path in (
            ("GET", "/checkable/a/containers/c-none"),
            ("POST", "/checkable/a/containers/c-none/publish"),
            ("GET", f"/checkable/b/containers/{cid}"),
            ("GET", f"/blind/a/containers/{cid}"),
            ("POST", f"/blind/a/containers/{cid}/publish"),
        ):
            assert (await box.call(method, path)).status == 404, path
        assert (await box.call("POST", "/blind/a/containers", {"text": "x"})).status == 404

    with_sandbox(scenario)


def test_a_searchable_post_appears_in_the_list_after_its_lag() -> None:
    async def scenario(box: Sandbox) -> None:
        settings = await box.call("PUT", "/control/accounts/a", {"lag": 10})
        assert settings.json == {"lag": 10, "key_memory": 3600, "latency": 0}
        post = (await box.post("searchable/a", key="k")).json
        assert (await box.call("GET", "/searchable/a/posts")).json == {"data": []}
        box.time[0] += 10
        listed = (await box.call("GET", "/searchable/a/posts")).json["data"]
        assert listed == [{**post, "reply_to": None, "media": []}]
        assert (await box.call("GET", "/searchable/a/posts?key=k")).status == 400

    with_sandbox(scenario)


def test_a_list_honours_since_limit_and_key() -> None:
    async def scenario(box: Sandbox) -> None:
        made = []
        for number in range(4):
            box.time[0] = START + number
            made.append((await box.post("idempotent/a", str(number), key=f"k{number}")).json)

        async def texts(query: str) -> list[str]:
            answer = await box.call("GET", "/idempotent/a/posts" + query)
            return [post["text"] for post in answer.json["data"]]

        assert await texts("") == ["3", "2", "1", "0"]
        assert await texts(f"?since={START + 2}") == ["3", "2"]
        assert await texts("?since=" + made[2]["created_at"]) == ["3", "2"]
        assert await texts("?since=" + made[2]["created_at"].replace("+", "%2B")) == ["3", "2"]
        assert await texts("?limit=1") == ["3"]
        assert await texts("?key=k1") == ["1"]
        assert await texts("?key=k") == []
        for query in ("?since=soon", "?limit=0", "?limit=many"):
            answer = await box.call("GET", "/idempotent/a/posts" + query)
            assert (answer.status, answer.json["error"]) == (400, "bad_query")

    with_sandbox(scenario)


def test_a_blind_platform_refuses_every_look_up() -> None:
    async def scenario(box: Sandbox) -> None:
        post = (await box.post("blind/a")).json
        for path in ("/blind/a/posts", f"/blind/a/posts/{post['id']}"):
            assert (await box.call("GET", path)).status == 403

    with_sandbox(scenario)


def test_a_deleted_post_is_gone_and_hidden_but_still_on_record() -> None:
    async def scenario(box: Sandbox) -> None:
        post = (await box.post("searchable/a")).json
        where = f"/searchable/a/posts/{post['id']}"
        assert (await box.call("GET", where)).json["id"] == post["id"]
        assert (await box.call("DELETE", where)).status == 204
        assert (await box.call("GET", where)).status == 410
        assert (await box.call("DELETE", where)).status == 410
        assert (await box.call("GET", f"/p/{post['id']}")).status == 410
        assert (await box.call("GET", "/searchable/a/posts")).json == {"data": []}
        assert [one["deleted"] for one in await box.created()] == [True]
        for method in ("GET", "DELETE"):
            assert (await box.call(method, "/searchable/a/posts/p-none")).status == 404

    with_sandbox(scenario)

"""A secret is planted, and nothing that Copydesk writes anywhere may contain it."""

import base64
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from publisher.domain.errors import ConfigError
from tests.integration.world import World, all_objects, everything_in_redis, task

TOKEN = "tok3n-Marked-Secret-91c2"
WEBHOOK = "whsec_" + base64.b64encode(b"marked-webhook-secret-77").decode()


@contextmanager
def indiscreet_server(status: int) -> Iterator[tuple[str, list[str]]]:
    """A platform that repeats, in its refusal, everything it was sent."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            said = f"{dict(self.headers)} {body}"
            heard.append(said)
            token = self.headers.get("Authorization", "")
            data = json.dumps({"error": f"Bad credentials: {token}", "message": said}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def with_secrets(world: World, url: str) -> None:
    profiles = [
        {
            "id": "fedi",
            "platform": "mastodon",
            "account": "acme",
            "credentials": "ACME_FEDI",
            "options": {"server": url},
        },
        {
            "id": "hook",
            "platform": "webhook",
            "account": "acme",
            "credentials": "ACME_HOOK",
            "options": {"url": f"{url}/hook"},
        },
    ]
    world.people.write("content/profiles.yaml", yaml.safe_dump({"profiles": profiles}))
    world.environ["ACME_FEDI_ACCESS_TOKEN"] = TOKEN
    world.environ["ACME_HOOK_SIGNING_SECRET"] = WEBHOOK
    world.environ["COPYDESK_RETRY_AFTER"] = "600,600,600,600,600"


@pytest.mark.parametrize("status", [401, 422, 500, 503])
def test_a_secret_never_gets_into_commits_redis_logs_or_reports(
    world: World, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    with indiscreet_server(status) as (url, heard):
        with_secrets(world, url)
        world.epic(task("teaser", "fedi", "hook"))
        world.round()
        world.carry()
        in_redis = everything_in_redis(world.redis_url)
        reports = world.run()
    assert any(TOKEN in said for said in heard), "the platform must have got the secret"
    assert len(heard) == 2
    delivery = world.delivery("teaser/fedi")
    assert delivery.attempts[0].fault is not None
    assert "[removed]" in delivery.attempts[0].fault.platform_message
    places = {
        "Redis": in_redis + everything_in_redis(world.redis_url),
        "the remote": all_objects(world.remote).decode(errors="replace"),
        "the clone": all_objects(world.app.store.clone).decode(errors="replace"),
        "the index": str((world.folder / "state/index.sqlite").read_bytes()),
        "the logs": "\n".join(
            f"{record.getMessage()} {record.__dict__}" for record in caplog.records
        ),
        "round reports": repr(reports),
        "reprs": repr(world.app.config) + repr(world.app.__dict__) + repr(delivery),
    }
    secrets = {TOKEN, TOKEN[6:], WEBHOOK, WEBHOOK.removeprefix("whsec_"), "marked-webhook-secret"}
    found = {
        (where, secret) for where, text in places.items() for secret in secrets if secret in text
    }
    assert found == set()


def test_a_missing_secret_fails_its_deliveries_with_the_variables_name(world: World) -> None:
    with indiscreet_server(401) as (url, heard):
        with_secrets(world, url)
        del world.environ["ACME_FEDI_ACCESS_TOKEN"]
        world.epic(task("teaser", "fedi"))
        world.run()
    assert heard == []
    fault = world.delivery("teaser/fedi").attempts[0].fault
    assert fault is not None
    assert "ACME_FEDI_ACCESS_TOKEN" in fault.message
    assert fault.who == "admin"


def test_the_address_of_a_redis_with_a_password_is_not_in_the_repr(world: World) -> None:
    config = world.config().with_redis("redis://:pa55word@127.0.0.1:1/0")
    assert "pa55word" not in repr(config)


def test_a_wrong_setting_is_told_without_the_other_settings(world: World) -> None:
    world.environ["ACME_FEDI_ACCESS_TOKEN"] = TOKEN
    with pytest.raises(ConfigError) as told:
        world.config(PUBLICATION_ATTEMPTS_LIMIT="none")
    assert TOKEN not in str(told.value)

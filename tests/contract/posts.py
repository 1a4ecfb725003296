"""Posts to publish, and what must be true of every fault."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from publisher.domain.outcome import Fault
from publisher.ports import Post
from tests.contract.world import HARMLESS, World, variants

ALL = variants()
QUESTIONS = list(product(ALL, HARMLESS))
TEXT = (
    "Grüße 🌷👩‍👩‍👧 to @friend@elsewhere.example & <b>all</b>\n\n"
    "second\tpart: https://example.org/a/long/path?with=query&more=1\n"
    "e\u0301 \u202ertl\u202c 'single' \"double\" back\\slash %41 &amp; #tag"
)
CONTROL = "\x01\x07\x1b\x7f"
LONG_AGO = timedelta(minutes=5)


def a_post(key: str = "repo/epic/task/profile/0", text: str = TEXT, **more: Any) -> Post:
    return Post(key=key, text=text, **more)


def an_hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


def check_fault(fault: Fault, world: World) -> None:
    """A fault helps a person, and holds no secret and no more than it may."""
    said = f"{fault.message} {fault.code} {fault.platform_message}"
    for secret in world.secrets.values():
        assert secret not in said
        assert secret.rpartition("_")[2] not in said
    assert "Bearer s3cret" not in said
    assert fault.message.endswith(".")
    assert len(fault.message.split()) > 5
    assert len(fault.platform_message) <= 300
    assert len(fault.code) <= 300

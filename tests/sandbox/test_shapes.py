"""How the sandbox reads bodies and queries, and what it refuses to read."""

import pytest

from publisher.sandbox.model import Refused, iso
from publisher.sandbox.shapes import draft_from, fault_from, instant_from, object_from, query_from


def refused(status: int) -> "pytest.RaisesExc[Refused]":
    return pytest.raises(Refused, check=lambda error: error.status == status)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"1" * 5000])
def test_a_body_that_is_not_json_is_refused(body: bytes) -> None:
    with refused(400):
        object_from(body)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"text": 1},
        {"text": " "},
        {"text": "\ud800"},
        {"text": "x", "media": {"id": "m"}},
        {"text": "x", "media": ["m1"]},
        {"text": "x", "media": [{"alt": "y"}]},
        {"text": "x", "media": [{"id": "m", "alt": 1}]},
        {"text": "x", "reply_to": 1},
    ],
)
def test_a_draft_of_the_wrong_shape_is_refused(value: dict[str, object]) -> None:
    with refused(422):
        draft_from(value)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"fault": "nonsense"},
        {"fault": ["slow"]},
        {"fault": "slow", "times": 0},
        {"fault": "slow", "times": True},
        {"fault": "slow", "seconds": -1},
        {"fault": "slow", "seconds": float("nan")},
        {"fault": "slow", "step": "delete"},
        {"fault": "slow", "account": 1},
        {"fault": "slow", "tmes": 1},
    ],
)
def test_a_fault_of_the_wrong_shape_is_refused(value: dict[str, object]) -> None:
    with refused(422):
        fault_from(value)


def test_an_instant_is_read_as_unix_seconds_or_iso() -> None:
    assert instant_from("1700000000.5") == 1_700_000_000.5
    for text in (iso(1_700_000_000.5), "2023-11-14T22:13:20.5Z", "2023-11-14 22:13:20.500000"):
        assert instant_from(text) == 1_700_000_000.5
    assert instant_from("2023-11-14T22:13:20.500000 00:00") == 1_700_000_000.5
    for text in ("yesterday", "nan", "inf", "0001-01-01T00:00:00+23:00x"):
        with refused(400):
            instant_from(text)


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "x", "", "0000000019999", "\u0665"])
def test_a_limit_is_from_one_to_a_thousand(limit: str) -> None:
    assert query_from({"limit": "1000"}).limit == 1000
    with refused(400):
        query_from({"limit": limit})

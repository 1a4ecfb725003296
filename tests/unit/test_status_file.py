"""status.yaml: for people, complete, and always the same bytes for the same facts."""

from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from publisher.domain.delivery import Delivery, DeliveryStatus, Key, Mark, Record
from publisher.domain.epic import Epic
from publisher.domain.outcome import ErrorKind, Fault
from publisher.files.ledger_file import dump_record, load_record
from publisher.files.schema import schema_problems
from publisher.files.status_file import dump_status
from publisher.files.yaml_text import read_yaml
from tests.unit.builders import (
    BUSY,
    KEY,
    NOW,
    approved,
    at,
    attempt,
    delivery,
    epic,
    live_part,
    mark,
    one_task,
    published_delivery,
    record,
    task,
)
from tests.unit.values import records

S = DeliveryStatus


def status_of(wanted: Epic, *known: Delivery) -> dict[str, Any]:
    plain = yaml.safe_load(dump_status(wanted, record(*known), approved(wanted)))
    assert isinstance(plain, dict)
    return plain


def shown(of: Delivery) -> dict[str, Any]:
    plain = status_of(one_task(), of)["tasks"]["teaser"]["x-acme"]
    assert isinstance(plain, dict)
    return plain


def test_it_says_that_it_is_written_by_a_machine_and_where_the_story_is() -> None:
    text = dump_status(one_task(), record(), approved(one_task())).decode()

    assert text.startswith("# Written by Copydesk: changes here are overwritten.\n")
    assert "copydesk log spring-launch" in text
    assert "yaml-language-server: $schema=../../../schemas/status.schema.json" in text


def test_the_state_and_every_wanted_delivery_are_there_from_the_start() -> None:
    wanted = epic(task(profiles=("x-acme", "linkedin-acme")), task("more"))

    assert status_of(wanted) == {
        "epic": "spring-launch",
        "state": "Scheduled",
        "tasks": {
            "teaser": {"x-acme": {"status": "pending"}, "linkedin-acme": {"status": "pending"}},
            "more": {"x-acme": {"status": "pending"}},
        },
    }


def test_what_is_published_has_time_id_and_permalink() -> None:
    assert shown(published_delivery()) == {
        "status": "published",
        "published_at": "2026-12-01T09:00:00Z",
        "id": "100",
        "permalink": "https://acme.test/100",
        "attempts": [{"n": 1, "at": "2026-12-01T09:00:00Z", "result": "published"}],
    }


def test_a_thread_has_the_permalink_of_every_part() -> None:
    thread = published_delivery(parts=(live_part(0), live_part(1), live_part(2)))

    assert shown(thread)["permalink"] == "https://acme.test/100"
    assert shown(thread)["thread"] == [
        {"id": "101", "permalink": "https://acme.test/101"},
        {"id": "102", "permalink": "https://acme.test/102"},
    ]


def test_what_waits_for_a_retry_says_when_and_every_attempt_says_why() -> None:
    fault = Fault(ErrorKind.RATE_LIMITED, "Too many posts.", "429", "Slow down")
    first = attempt(1, fault=BUSY, retry_at=at(minutes=1), called_at=at(seconds=1))
    second = attempt(2, when=at(minutes=1), fault=fault, retry_at=at(minutes=6), part=1)
    waiting = delivery(S.WAITING, due=at(minutes=6), attempts=(first, second))

    assert shown(waiting) == {
        "status": "failed_waiting_for_retry",
        "retry_after": "2026-12-01T09:06:00Z",
        "attempts": [
            {
                "n": 1,
                "at": "2026-12-01T09:00:01Z",
                "result": "retry",
                "retry_after": "2026-12-01T09:01:00Z",
                "error": {
                    "kind": "temporarily_unavailable",
                    "message": "The platform is busy.",
                    "who_must_act": "nobody",
                },
            },
            {
                "n": 2,
                "at": "2026-12-01T09:01:00Z",
                "part": 2,
                "result": "retry",
                "retry_after": "2026-12-01T09:06:00Z",
                "error": {
                    "kind": "rate_limited",
                    "message": "Too many posts.",
                    "who_must_act": "nobody",
                    "platform_code": "429",
                    "platform_message": "Slow down",
                },
            },
        ],
    }


@pytest.mark.parametrize(
    ("of", "field", "text"),
    [
        (delivery(held=mark("overdue", "Late.")), "held", {"reason": "overdue", "why": "Late."}),
        (delivery(cancelled=Mark("cancelled", NOW, "ana")), "cancelled", "cancelled (ana)"),
        (published_delivery(removed=mark()), "removed_there", "2026-12-01T09:00:00Z"),
        (published_delivery().noted("live", NOW, "ana"), "notes", ["live (ana)"]),
    ],
)  # fmt: skip
def test_what_people_decided_or_must_decide_is_there(
    of: Delivery, field: str, text: object
) -> None:
    assert shown(of)[field] == text


def test_two_of_three_published_and_the_third_failed() -> None:
    wanted = one_task(profiles=("x", "linkedin", "wordpress"))
    out = [published_delivery(Key("spring-launch", "teaser", name)) for name in ("x", "linkedin")]
    failed = delivery(S.FAILED, key=Key("spring-launch", "teaser", "wordpress"))
    plain = status_of(wanted, *out, failed)

    assert plain["state"] == "Error"
    assert [d["status"] for d in plain["tasks"]["teaser"].values()] == [
        "published",
        "published",
        "failed",
    ]


def test_what_went_out_and_left_the_epic_is_still_told() -> None:
    plain = status_of(
        epic(task("other")), published_delivery(), delivery(key=KEY._replace(task="b"))
    )

    assert list(plain["no_longer_in_the_epic"]) == ["teaser/x-acme"]
    assert plain["no_longer_in_the_epic"]["teaser/x-acme"]["status"] == "published"


@settings(max_examples=25)
@given(records)
def test_any_record_gives_yaml_that_is_always_the_same(known: Record) -> None:
    wanted = epic(
        *(task(f"{key.task}-{n}", (key.profile,)) for n, key in enumerate(known.deliveries)),
        name=known.epic,
    )
    data = dump_status(wanted, known, approved(wanted))

    assert dump_status(wanted, load_record(dump_record(known), ""), approved(wanted)) == data
    assert yaml.safe_load(data)["epic"] == known.epic


@settings(max_examples=15)
@given(records)
def test_every_delivery_of_the_epic_can_be_shown(known: Record) -> None:
    for each in known.deliveries.values():
        mine = replace(each, key=KEY)
        assert shown(mine)["status"] == each.status.value


def test_times_are_utc_and_texts_are_readable() -> None:
    held = record(delivery(held=mark("overdue", "Größe ≠ länge")))
    data = dump_status(one_task(), held, approved(one_task()))

    assert "Größe ≠ länge" in data.decode()


def test_the_reason_of_a_state_is_told_where_it_needs_one() -> None:
    wanted = epic(task(), task("more"))
    known = record(published_delivery())

    assert status_of(wanted, *known.deliveries.values())["why"] == "1 of 2 published"
    plain = yaml.safe_load(dump_status(wanted, known, {}))
    assert (plain["state"], plain["why"]) == ("Review", "merged without approval")
    assert schema_problems(read_yaml(dump_status(wanted, known, {}), "status.yaml"), "status") == ()

"""The ledger's file: whatever is written is read again, and what a person broke is said."""

import json

import pytest
from hypothesis import given, settings

from publisher.domain.delivery import Delivery, DeliveryStatus, LostCall, Record
from publisher.domain.errors import ContentError
from publisher.domain.outcome import Published, Report
from publisher.domain.report import published
from publisher.files.codec import dump_report, load_report
from publisher.files.ledger_file import dump_record, epic_of, ledger_path, load_record
from tests.unit.builders import (
    KEY,
    NOW,
    attempt,
    claimed,
    delivery,
    doubt,
    live_part,
    published_delivery,
    record,
)
from tests.unit.values import names, records, reports

PATH = ledger_path("spring-launch")


@given(records)
def test_what_is_written_is_read_again(before: Record) -> None:
    assert load_record(dump_record(before), PATH) == before


@given(reports)
def test_a_report_that_is_left_in_redis_is_read_again(before: Report) -> None:
    assert load_report(dump_report(before)) == before


@settings(max_examples=25)
@given(reports)
def test_a_report_is_one_line_and_always_the_same(before: Report) -> None:
    assert "\n" not in dump_report(before)
    assert dump_report(before) == dump_report(load_report(dump_report(before)))


@pytest.mark.parametrize(
    "before",
    [
        delivery(DeliveryStatus.PROCESSING, doubt=doubt(LostCall("claim", ""))),
        published(claimed(), Published("7"), NOW),
        published(claimed(), Published("", "https://acme.test/7"), NOW),
        delivery(handle={"container": ""}),
        Delivery(key=KEY, place=""),
    ],
    ids=["nobody knows the caller", "no link", "no id", "empty handle", "no place"],
)
def test_an_empty_text_is_no_missing_field(before: object) -> None:
    kept = record(before)  # type: ignore[arg-type]

    assert load_record(dump_record(kept), PATH) == kept


def test_the_file_is_json_with_a_field_a_line_and_says_its_format() -> None:
    data = dump_record(record(published_delivery(title := delivery().key)))
    plain = json.loads(data)

    assert (plain["format"], plain["epic"]) == (1, "spring-launch")
    assert plain["deliveries"][0]["key"] == list(title)
    assert plain["deliveries"][0]["status"] == "published"
    assert b'\n   "status": "published",\n' in data
    assert data.endswith(b"}\n")


def test_what_says_nothing_is_left_out() -> None:
    (plain,) = json.loads(dump_record(record(delivery())))["deliveries"]

    assert not {"claim", "doubt", "held", "attempts", "notes", "accepted"} & set(plain)


@settings(max_examples=15)
@given(records)
def test_the_same_record_gives_the_same_bytes(before: Record) -> None:
    assert dump_record(before) == dump_record(load_record(dump_record(before), PATH))


GOOD = dump_record(record(published_delivery(), claimed(key=KEY._replace(task="b"))))


def broken(**changes: object) -> bytes:
    plain = json.loads(GOOD)
    plain["deliveries"][0] |= changes
    return json.dumps(plain).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b'"text"',
        b"7",
        b"{}",
        b'{"epic": "a"}',
        b'{"epic": "a", "deliveries": 7}',
        b'{"epic": "a", "deliveries": [7]}',
        b'{"epic": "a", "deliveries": [{}]}',
        b'{"deliveries": []}',
        GOOD[:-20],
        GOOD + b"}",
        b"\xff\xfe" + GOOD,
        b"<<<<<<< ours\n" + GOOD,
        broken(status="sent"),
        broken(key=["a", "b"]),
        broken(key="a/b/c"),
        broken(seq="many"),
        broken(due="tomorrow"),
        broken(attempts={"n": 1}),
        broken(claim={"seq": 1}),
        broken(doubt={"calls": []}),
    ],
)
def test_a_broken_file_is_said_with_its_path_and_what_to_do(data: bytes) -> None:
    with pytest.raises(ContentError, match="ledger entry is broken") as error:
        load_record(data, PATH)

    (problem,) = error.value.problems
    assert problem.path == PATH
    assert "publishes nothing of this epic" in problem.hint


@given(names)
def test_the_path_of_an_epic_says_the_epic(epic: str) -> None:
    assert epic_of(ledger_path(epic)) == epic


@pytest.mark.parametrize("path", ["README.md", "epics/README.md", "other/ab/epic.json"])
def test_other_files_of_the_ledger_belong_to_no_epic(path: str) -> None:
    assert epic_of(path) is None


@pytest.mark.parametrize(
    "text", ["", "{}", "null", "[]", '{"kind": "sold"}', '{"kind": "removed", "result": {}}']
)
def test_a_report_that_is_none_is_an_error_and_never_a_guess(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        load_report(text)


def test_a_long_history_is_kept_whole() -> None:
    many = tuple(attempt(n, when=NOW) for n in range(1, 200))
    before = record(delivery(attempts=many, parts=(live_part(),)))

    assert load_record(dump_record(before), PATH) == before

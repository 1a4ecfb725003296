"""When deliveries go out, held against the calendar, the platform and each other."""

from datetime import UTC, datetime, timedelta

from publisher.domain.epic import Blackout, Epic, Part, Task
from publisher.domain.limits import Limits
from publisher.domain.rules import Rule
from publisher.domain.time_rules import (
    Slot,
    blackout_findings,
    clashes,
    lead_findings,
    past_findings,
    slots_of,
)
from publisher.domain.walltime import resolve
from publisher.files.limits_file import limits_table

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def slot(due: datetime, epic: str = "one", task: int = 0, place: str = "x:acme") -> Slot:
    return Slot(epic=epic, task=task, task_id=f"t{task}", profile="acme", place=place, due=due)


def task(due: datetime | None, *profiles: str) -> Task:
    return Task(id="t", profiles=profiles, parts=(Part("hello"),), due=due)


def epic(at: str, *tasks: Task) -> Epic:
    return Epic(id="e", path="e", title="E", schedule=resolve(at, "UTC"), tasks=tasks)


def test_a_passed_schedule_is_said_once_at_the_epic() -> None:
    late = epic("2026-12-01T08:00", task(NOW - timedelta(hours=1)), task(NOW - timedelta(hours=1)))
    assert [(f.pointer, f.rule) for f in past_findings(late, NOW)] == [
        (("schedule", "at"), Rule.PAST)
    ]


def test_a_tasks_own_passed_time_is_said_at_the_task() -> None:
    mixed = epic("2026-12-02T08:00", task(NOW + timedelta(days=1)), task(NOW - timedelta(days=1)))
    assert [f.pointer for f in past_findings(mixed, NOW)] == [("tasks", 1, "at")]


def test_a_time_ahead_or_none_is_fine() -> None:
    assert list(past_findings(epic("2026-12-01T09:00", task(NOW), task(None)), NOW)) == []


def test_ghost_wants_two_minutes_and_mailchimp_quarter_hours() -> None:
    ghost, mailchimp = limits_table()["ghost"].limits, limits_table()["mailchimp"].limits
    soon, later = NOW + timedelta(seconds=119), NOW + timedelta(minutes=2)
    assert [f.rule for f in lead_findings(slot(soon), ghost, "Ghost", NOW)] == [Rule.LEAD]
    assert list(lead_findings(slot(later), ghost, "Ghost", NOW)) == []
    assert [f.rule for f in lead_findings(slot(later), mailchimp, "Mailchimp", NOW)] == [Rule.GRAIN]
    assert list(lead_findings(slot(NOW + QUARTER), mailchimp, "Mailchimp", NOW)) == []


def test_lead_and_horizon_do_not_hold_where_our_clock_fires_or_the_time_has_passed() -> None:
    facebook, ghost = limits_table()["facebook"].limits, limits_table()["ghost"].limits
    assert facebook.lead
    assert list(lead_findings(slot(NOW), facebook, "Facebook", NOW)) == []
    assert list(lead_findings(slot(NOW - timedelta(seconds=1)), ghost, "Ghost", NOW)) == []
    far = Limits(scheduling="real", horizon=86400)
    assert [f.rule for f in lead_findings(slot(NOW + timedelta(days=2)), far, "F", NOW)] == [
        Rule.LEAD
    ]


def test_a_blackout_covers_its_start_and_not_its_end() -> None:
    dark = Blackout(resolve("2026-12-24T00:00", "UTC"), resolve("2026-12-27T00:00", "UTC"), "Feast")
    inside = list(blackout_findings(slot(dark.start.utc), [dark]))
    assert [f.rule for f in inside] == [Rule.BLACKOUT]
    assert "Feast" in inside[0].message
    assert list(blackout_findings(slot(dark.end.utc), [dark])) == []


def test_two_posts_on_one_account_clash_and_both_are_told() -> None:
    close = [slot(NOW, "one"), slot(NOW + QUARTER, "two"), slot(NOW, "three", place="x:other")]
    found = [(where.epic, finding.message) for where, finding in clashes(close, QUARTER)]
    assert found == [
        ("one", "On acme this goes out 15 minutes apart from two/t0."),
        ("two", "On acme this goes out 15 minutes apart from one/t0."),
    ]
    assert list(clashes([slot(NOW), slot(NOW + QUARTER * 1.01)], QUARTER)) == []


def test_slots_are_what_is_scheduled_on_known_accounts() -> None:
    one = epic("2026-12-02T08:00", task(NOW, "acme", "unknown"), task(None, "acme"))
    found = slots_of(one, {"acme": "x:acme"})
    assert [(each.task, each.place, each.due) for each in found] == [(0, "x:acme", NOW)]

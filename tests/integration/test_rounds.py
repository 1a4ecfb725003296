"""Rounds and carriers end to end: results, retries, pauses, and people who change their mind."""

import asyncio
import hashlib
import threading
from collections.abc import Callable
from datetime import timedelta
from time import sleep

import pytest
import redis

from publisher.adapters.clock import utc_now
from publisher.adapters.git_store import LEDGER
from publisher.domain.delivery import DeliveryStatus
from publisher.domain.errors import Refused
from publisher.domain.holds import HoldReason
from publisher.wiring import App
from tests.integration.people import git
from tests.integration.world import (
    PLAYS,
    SPRING,
    World,
    ago,
    asking,
    close,
    epic_text,
    profiles_text,
    task,
    waiting,
    whole_second_after,
)
from tests.pictures import BLUE, RED, photo, picture

TEASER = ["Text of teaser."]
NEVER = "600,600,600,600,600"
SHORT_LEASE = "lease=1.2,heartbeat=0.3,call_budget=0.5,connect=0.4"
MINUTE = timedelta(minutes=1)


def pause(world: World, *, paused: bool) -> None:
    """What `copydesk pause` and `resume` do."""
    if paused:
        world.app.gate.pause_now(paused=True)
    world.app.decide.pause(asking(), paused=paused)
    world.app.gate.settle_pause(paused=paused)


# What comes of a delivery.


def test_two_of_three_are_published_and_the_third_failed(world: World) -> None:
    world.network.arm("rejected", account="acme-press")
    world.epic(task("teaser", "x", "linkedin", "press"))
    world.run()
    shown = world.shown()
    assert shown["state"] == "Error"
    told = {name: view["status"] for name, view in shown["tasks"]["teaser"].items()}
    assert told == {"x": "published", "linkedin": "published", "press": "failed"}
    [attempt] = shown["tasks"]["teaser"]["press"]["attempts"]
    assert attempt["error"]["kind"] == "content_rejected"
    assert attempt["error"]["who_must_act"] == "owner"
    assert attempt["error"]["platform_code"] == "content_rejected"
    for name in ("x", "linkedin"):
        [post] = world.network.posts(f"acme-{name}")
        assert shown["tasks"]["teaser"][name]["id"] == post["id"]
        assert shown["tasks"]["teaser"][name]["permalink"].endswith(f"/p/{post['id']}")


def test_what_only_a_person_can_mend_is_not_tried_again(world: World) -> None:
    faults = {
        "x": ("unauthorized", "invalid_credentials", "admin"),
        "linkedin": ("revoked", "permission_revoked", "admin"),
        "insta": ("rejected", "content_rejected", "owner"),
        "press": ("invalid_media", "invalid_media", "owner"),
    }
    for profile, (fault, _kind, _who) in faults.items():
        world.network.arm(fault, account=f"acme-{profile}")
    world.epic(task("teaser", *faults))
    world.run()
    for profile, (_fault, kind, who) in faults.items():
        delivery = world.delivery(f"teaser/{profile}")
        assert delivery.status is DeliveryStatus.FAILED
        assert delivery.due is None
        [attempt] = delivery.attempts
        assert attempt.fault is not None
        assert (attempt.fault.kind.value, attempt.fault.who) == (kind, who)
    assert world.network.requests() == len(faults)


def all_published(world: World) -> bool:
    deliveries = world.record().deliveries.values()
    return bool(deliveries) and all(d.status is DeliveryStatus.PUBLISHED for d in deliveries)


def test_every_class_of_platform_is_published_to(world: World) -> None:
    world.epic(task("teaser", *PLAYS))
    world.run()
    assert {name: world.network.texts(f"acme-{name}") for name in PLAYS} == dict.fromkeys(
        PLAYS, TEASER
    )
    assert all_published(world)


@pytest.mark.parametrize("fault", ["drop_after_accept", "malformed_json"])
def test_a_lost_answer_is_looked_up_and_nothing_is_sent_twice(world: World, fault: str) -> None:
    world.network.arm(fault, times=3)
    world.epic(task("teaser", "x", "linkedin", "insta"))
    world.run_until(lambda: all_published(world))
    for profile in ("x", "linkedin", "insta"):
        [post] = world.network.posts(f"acme-{profile}")
        assert world.delivery(f"teaser/{profile}").parts[0].id == post["id"]
    assert world.network.requests() == 3


def test_a_lost_request_is_looked_up_and_sent_again(world: World) -> None:
    world.network.arm("drop_before_accept", times=3)
    world.epic(task("teaser", "x", "linkedin", "insta"))
    world.run_until(lambda: all_published(world))
    for profile in ("x", "linkedin", "insta"):
        assert world.network.texts(f"acme-{profile}") == TEASER
    assert world.network.requests("look_up") >= 3
    assert world.network.requests() == 6


@pytest.mark.parametrize("live", [True, False])
def test_a_lost_answer_of_a_blind_platform_waits_for_a_person(world: World, live: bool) -> None:
    world.network.arm("drop_after_accept" if live else "drop_before_accept")
    world.epic(task("teaser", "press"))
    world.run()
    assert world.status("teaser/press") is DeliveryStatus.UNCONFIRMED
    assert world.shown()["state"] == "Error"
    with pytest.raises(Refused, match="resolve"):
        world.app.decide.retry("spring-launch", "teaser/press", asking())
    url = "https://press.example/1" if live else None
    world.app.decide.resolve("spring-launch", "press", url, asking())
    world.run()
    assert world.status("teaser/press") is DeliveryStatus.PUBLISHED
    assert world.network.texts() == TEASER
    assert world.shown()["state"] == "Published"


# Retries.


def test_a_rate_limit_is_waited_for_until_the_platforms_own_time(world: World) -> None:
    world.network.arm("rate_limited", seconds=1)
    world.epic(task("teaser", "x"))
    world.round()
    world.carry()
    world.round()
    delivery = world.delivery("teaser/x")
    assert delivery.status is DeliveryStatus.WAITING
    refused = delivery.attempts[0]
    assert refused.fault is not None
    assert refused.fault.kind.value == "rate_limited"
    assert refused.retry_at is not None
    assert refused.retry_at >= refused.at + timedelta(seconds=1)
    shown = world.shown()["tasks"]["teaser"]["x"]
    assert shown["status"] == "failed_waiting_for_retry"
    assert "retry_after" in shown
    assert world.shown()["state"] == "Scheduled"
    world.run_until(lambda: world.status("teaser/x") is DeliveryStatus.PUBLISHED)
    [post] = world.network.posts()
    assert post["received_at"] >= refused.retry_at.timestamp() - 0.001


def test_the_platforms_time_does_not_make_a_retry_come_sooner_than_ours(world: World) -> None:
    world.environ["COPYDESK_RETRY_AFTER"] = NEVER
    world.network.arm("rate_limited", seconds=1)
    world.epic(task("teaser", "x"))
    world.run()
    attempt = world.delivery("teaser/x").attempts[0]
    assert attempt.retry_at == attempt.at + 10 * MINUTE


def test_five_retries_come_at_their_times_and_then_it_has_failed(world: World) -> None:
    waits = [0.1, 0.2, 0.3, 0.4, 0.5]
    world.environ["COPYDESK_RETRY_AFTER"] = ",".join(map(str, waits))
    world.network.arm("unavailable", times=99)
    world.epic(task("teaser", "x"))
    world.run_until(lambda: world.status("teaser/x") is DeliveryStatus.FAILED, within=30)
    attempts = world.delivery("teaser/x").attempts
    assert [attempt.n for attempt in attempts] == [1, 2, 3, 4, 5, 6]
    assert [attempt.result for attempt in attempts] == ["retry"] * 5 + ["failed"]
    assert world.network.requests() == 6
    for before, after, wait in zip(attempts, attempts[1:], waits, strict=False):
        assert before.retry_at == before.at + timedelta(seconds=wait)
        assert after.called_at is not None
        assert after.called_at >= before.retry_at - timedelta(milliseconds=1)
    assert attempts[-1].retry_at is None
    world.run()
    assert world.network.requests() == 6
    assert world.shown()["state"] == "Error"


def test_the_product_retries_after_1_5_15_30_and_60_minutes(world: World) -> None:
    policy = App(world.config(COPYDESK_RETRY_AFTER="")).config
    assert [wait / MINUTE for wait in policy.retry_after] == [1, 5, 15, 30, 60]


@pytest.mark.parametrize(("limit", "calls"), [("1", 1), ("3", 3)])
def test_the_attempts_limit_counts_every_call(world: World, limit: str, calls: int) -> None:
    world.environ["PUBLICATION_ATTEMPTS_LIMIT"] = limit
    world.network.arm("unavailable", times=99)
    world.epic(task("teaser", "x"))
    world.run_until(lambda: world.status("teaser/x") is DeliveryStatus.FAILED)
    assert world.network.requests() == calls


def test_the_attempts_limit_of_the_desk_holds_without_the_environment(world: World) -> None:
    world.people.change("content/copydesk.yaml", "attempts_limit: 6", "attempts_limit: 2")
    world.network.arm("unavailable", times=99)
    world.epic(task("teaser", "x"))
    world.run_until(lambda: world.status("teaser/x") is DeliveryStatus.FAILED)
    assert world.network.requests() == 2


def test_a_manual_retry_starts_a_new_count_and_keeps_the_history(world: World) -> None:
    world.environ["PUBLICATION_ATTEMPTS_LIMIT"] = "2"
    world.network.arm("unavailable", times=3)
    world.epic(task("teaser", "x"))
    world.run_until(lambda: world.status("teaser/x") is DeliveryStatus.FAILED)
    world.app.decide.retry("spring-launch", "teaser/x", asking())
    world.run_until(lambda: world.status("teaser/x") is DeliveryStatus.PUBLISHED)
    delivery = world.delivery("teaser/x")
    assert [a.result for a in delivery.attempts] == ["retry", "failed", "retry", "published"]
    assert [a.n for a in delivery.attempts] == [1, 2, 3, 4]
    assert world.network.texts() == TEASER
    assert len({post["key"] for post in world.network.posts()}) == 1


def test_the_key_is_the_same_on_every_attempt(world: World) -> None:
    world.network.arm("drop_after_accept")
    world.epic(task("teaser", "x"))
    world.run_until(lambda: world.status("teaser/x") is DeliveryStatus.PUBLISHED)
    assert [post["key"] for post in world.network.posts()] == ["acme/spring-launch/teaser/x/0"]


def test_retrying_what_is_not_failed_is_refused_with_a_reason(world: World) -> None:
    world.published(task("teaser", "x"))
    with pytest.raises(Refused, match="is published: there is nothing to retry"):
        world.app.decide.retry("spring-launch", "teaser/x", asking())


def test_a_failed_delivery_stops_no_other(world: World) -> None:
    world.network.arm("unauthorized", account="acme-press", times=99)
    world.network.arm("unavailable", account="acme-linkedin", times=1)
    world.epic(task("teaser", "press", "linkedin", "x"), task("more", "press", "x"))
    world.run_until(lambda: len(world.network.posts()) == 3)
    world.run()
    states = {str(key)[14:]: d.status.value for key, d in world.record().deliveries.items()}
    assert states == {
        "teaser/press": "failed",
        "teaser/linkedin": "published",
        "teaser/x": "published",
        "more/press": "failed",
        "more/x": "published",
    }


def test_an_edit_makes_a_rejected_text_go_out_after_a_retry(world: World) -> None:
    world.network.arm("rejected", contains="Text of teaser.", times=9)
    world.published(task("teaser", "x"), task("other", "x"))
    world.people.change(f"{SPRING}/epic.yaml", "Text of teaser.", "A better text.")
    world.people.push("Mend it")
    world.run()
    assert "A better text." not in world.network.texts()
    world.app.decide.retry("spring-launch", None, asking())
    world.run()
    assert world.network.texts() == ["Text of other.", "A better text."]


# What goes out.


def test_media_go_out_byte_for_byte_with_their_words(world: World) -> None:
    data = {"media/one.png": picture(), "media/zwei ü.jpg": photo(orientation=6) + b"\r\n\0\xff"}
    for name, content in data.items():
        world.people.write(f"{SPRING}/{name}", content)
    media = [{"file": name, "alt": f"Alt of {name}"} for name in data]
    world.epic(task("teaser", "x", "insta", media=media))
    world.run()
    wanted = [
        {"sha256": hashlib.sha256(content).hexdigest(), "alt": f"Alt of {name}"}
        for name, content in data.items()
    ]
    assert [post["media"] for post in world.network.posts()] == [wanted, wanted]


def test_media_replaced_after_the_claim_go_out_new_and_never_old(world: World) -> None:
    world.people.write(f"{SPRING}/media/one.png", picture(colour=RED))
    world.epic(task("teaser", "x", media=[{"file": "media/one.png"}]))
    assert world.round().claimed == 1
    world.people.write(f"{SPRING}/media/one.png", picture(colour=BLUE))
    world.people.push("Another picture")
    world.round()
    world.carry()
    world.run()
    [post] = world.network.posts()
    assert post["media"][0]["sha256"] == hashlib.sha256(picture(colour=BLUE)).hexdigest()


THREAD = [{"body": "Second part"}, {"body": "Third part"}]


def is_a_chain(world: World, profile: str) -> None:
    posts = world.network.posts(f"acme-{profile}")
    assert [post["text"] for post in posts] == [*TEASER, "Second part", "Third part"]
    assert [post["reply_to"] for post in posts] == [None, posts[0]["id"], posts[1]["id"]]
    keys = [f"acme/spring-launch/teaser/{profile}/{part}" for part in range(3)]
    assert [post["key"] for post in posts] == keys


def test_a_thread_is_a_chain_of_replies(world: World) -> None:
    world.epic(task("teaser", *PLAYS, thread=THREAD))
    world.run_until(lambda: all_published(world))
    for profile in PLAYS:
        is_a_chain(world, profile)
        assert len(world.shown()["tasks"]["teaser"][profile]["thread"]) == 2


def test_a_thread_that_breaks_off_is_continued_where_it_broke(world: World) -> None:
    profiles = ["x", "linkedin", "insta"]
    world.network.arm("unavailable", contains="Second part", times=3)
    world.network.arm("drop_after_accept", contains="Third part", times=3)
    world.epic(task("teaser", *profiles, thread=THREAD))
    world.run_until(lambda: all_published(world))
    for profile in profiles:
        is_a_chain(world, profile)


def test_an_override_goes_to_its_profile_alone(world: World) -> None:
    overrides = {"linkedin": {"body": "For LinkedIn."}}
    world.epic(task("teaser", "x", "linkedin", subject="Spring", overrides=overrides))
    world.run()
    assert world.network.texts("acme-x") == ["Spring\nText of teaser."]
    assert world.network.texts("acme-linkedin") == ["Spring\nFor LinkedIn."]


def test_unicode_and_line_ends_go_out_as_they_are_written(world: World) -> None:
    body = "Grüße 🌷\n\nZwei Zeilen – “so”.\u00a0Ende"
    world.epic(task("teaser", "x", body=body))
    world.run()
    assert world.network.texts() == [body]


def test_an_epic_without_tasks_is_nothing_to_do(world: World) -> None:
    world.epic()
    reports = world.run()
    assert [(r.claimed, r.trouble) for r in reports] == [(0, "")] * len(reports)
    assert world.ref(LEDGER) is None
    heads = world.app.store.sync()
    view = world.app.queries.epic(heads, "spring-launch", utc_now(), frozenset())
    assert view.state is not None
    assert view.state.value == "Review"


def test_an_epic_without_a_schedule_waits_for_one(world: World) -> None:
    world.people.write(f"{SPRING}/epic.yaml", epic_text(None, task("teaser", "x")))
    world.people.push("Not scheduled")
    world.run()
    assert world.network.posts() == []
    assert world.ref(LEDGER) is None
    world.epic(task("teaser", "x"))
    world.run()
    assert world.network.texts() == TEASER


def test_a_task_with_an_offset_goes_out_later_than_its_epic(world: World) -> None:
    world.epic(task("teaser", "x"), task("later", "x", after="PT1H"))
    world.run()
    assert world.network.texts() == TEASER
    assert world.record().get(next(iter(world.record().deliveries))) is not None
    assert "later" in world.shown()["tasks"]
    assert world.shown()["state"] == "Scheduled"


# Too late.


def test_what_is_overdue_beyond_the_grace_is_held_until_somebody_releases_it(
    world: World,
) -> None:
    world.epic(task("teaser", "x"), due=ago(2 * 3600))
    world.run()
    assert world.network.posts() == []
    assert world.held("teaser/x") == HoldReason.OVERDUE
    assert world.shown()["state"] == "Error"
    assert world.shown()["tasks"]["teaser"]["x"]["held"]["reason"] == "overdue"
    world.app.decide.release("spring-launch", "teaser/x", asking())
    world.run()
    assert world.network.texts() == TEASER
    assert world.shown()["state"] == "Published"


def test_what_was_held_for_being_late_goes_out_when_it_is_rescheduled(world: World) -> None:
    world.epic(task("teaser", "x"), due=ago(2 * 3600))
    world.run()
    world.people.pull()
    world.epic(task("teaser", "x"), due=ago(1))
    world.run()
    assert world.network.texts() == TEASER


def test_an_automatic_retry_is_never_overdue(world: World) -> None:
    """Everything stood still for longer than the grace while its retry came due."""
    world.people.change("content/copydesk.yaml", "overdue_grace: PT1H", "overdue_grace: PT1S")
    world.network.arm("unavailable")
    world.epic(task("teaser", "x"), due=whole_second_after(0.5))
    with waiting("the claim") as wait:
        while not world.round().claimed:
            wait()
    world.carry()
    sleep(1.3)
    world.run()
    assert world.network.texts() == TEASER
    assert world.held("teaser/x") == ""


def test_a_held_delivery_stops_no_other_of_its_epic(world: World) -> None:
    world.people.write("content/epics/2026/old/epic.yaml", epic_text(ago(9999), task("a", "x")))
    world.epic(task("teaser", "x"), task("late", "x", at="2020-01-01T09:00"))
    world.run()
    assert world.network.texts() == TEASER
    assert world.held("late/x") == HoldReason.OVERDUE
    assert world.held("a/x", "old") == HoldReason.OVERDUE


# Pause and resume.


def test_a_pause_stops_at_once_what_was_handed_out_and_resume_lets_it_go(world: World) -> None:
    world.epic(task("teaser", "x"))
    assert world.round().claimed == 1
    world.app.gate.pause_now(paused=True)
    world.carry()
    assert world.network.posts() == []
    world.app.decide.pause(asking(), paused=True)
    world.app.gate.settle_pause(paused=True)
    world.run()
    assert world.network.posts() == []
    assert world.subjects()[0].startswith("pause")
    pause(world, paused=False)
    world.run()
    assert world.network.texts() == TEASER
    assert len(world.delivery("teaser/x").attempts) == 1


def test_a_pause_in_git_alone_stops_everything_at_the_next_round(world: World) -> None:
    world.people.change("content/copydesk.yaml", "paused: false", "paused: true")
    world.epic(task("teaser", "x"))
    world.run()
    assert world.network.posts() == []
    assert world.ref(LEDGER) is None
    world.people.change("content/copydesk.yaml", "paused: true", "paused: false")
    world.people.push("Resume")
    with waiting("the post") as wait:
        while not world.network.posts():
            world.run()
            wait()
    assert world.network.texts() == TEASER


def test_a_pause_outlives_redis(world: World, empty_redis: "redis.Redis") -> None:
    world.epic(task("teaser", "x"))
    pause(world, paused=True)
    empty_redis.flushall()
    world.run()
    assert world.network.posts() == []


def test_pausing_twice_is_one_commit_and_changes_one_line(world: World) -> None:
    before = world.ref("main")
    pause(world, paused=True)
    pause(world, paused=True)
    world.people.pull()
    diff = world.people.git("diff", "--unified=0", f"{before}..HEAD").split("\n")
    assert [line for line in diff if line[:1] in "+-" and line[:3] not in {"+++", "---"}] == [
        "-paused: false",
        "+paused: true",
    ]
    assert world.people.git("log", "-1", "--format=%an|%cn|%s") == (
        "Ana Silva|Copydesk|pause: nothing goes out"
    )


# People who change their mind between the claim and the call.


def carried_meanwhile(world: World, change: Callable[[], object]) -> None:
    """A carrier on another machine has the claim and waits for its time; people change things."""
    failed: list[BaseException] = []

    def carry() -> None:
        try:
            app = App(world.config("far"))
            try:
                world.carry(app)
            finally:
                close(app)
        except BaseException as error:  # noqa: BLE001 - told below, in the main thread
            failed.append(error)

    with waiting("the claim") as wait:
        while not world.round().claimed:
            wait()
    thread = threading.Thread(target=carry)
    thread.start()
    with waiting("the carrier") as wait:
        while world.app.gate.waiting():
            wait()
    change()
    world.round()
    thread.join(20)
    assert not thread.is_alive()
    assert not failed


def test_unscheduled_between_claim_and_time_it_does_not_go_out(world: World) -> None:
    world.epic(task("teaser", "x"), due=whole_second_after(1.5))

    def unschedule() -> None:
        world.people.write(f"{SPRING}/epic.yaml", epic_text(None, task("teaser", "x")))
        world.people.push("Unschedule")

    carried_meanwhile(world, unschedule)
    world.run()
    assert world.network.posts() == []
    assert world.delivery("teaser/x").claim is None
    assert world.status("teaser/x") is DeliveryStatus.PENDING


def test_edited_between_claim_and_time_the_new_text_goes_out_and_never_the_old(
    world: World,
) -> None:
    due = whole_second_after(3)
    world.epic(task("teaser", "x"), due=due)

    def edit() -> None:
        world.epic(task("teaser", "x", body="A better text."), due=due)

    carried_meanwhile(world, edit)
    world.run()
    assert world.network.texts() == ["A better text."]
    assert world.network.posts()[0]["received_at"] >= due.timestamp()


def test_rescheduled_between_claim_and_time_only_the_new_time_counts(world: World) -> None:
    due = whole_second_after(3)
    world.epic(task("teaser", "x"), due=due)
    later = due + timedelta(seconds=1)

    def reschedule() -> None:
        world.epic(task("teaser", "x"), due=later)

    carried_meanwhile(world, reschedule)
    world.run()
    [post] = world.network.posts()
    assert post["received_at"] >= later.timestamp()
    assert len(world.delivery("teaser/x").attempts) == 1


def test_what_nobody_wants_any_more_is_revoked_after_its_claim(world: World) -> None:
    later = utc_now() + 60 * MINUTE
    changes: dict[str, str | None] = {
        "gone": None,
        "broken": "title: [broken\n",
        "other-task": epic_text(ago(), task("other", "press", body="Something else.")),
        "later": epic_text(later, task("teaser", "x", body="On later.")),
        "unscheduled": epic_text(None, task("teaser", "x", body="On unscheduled.")),
        "empty": "title: Empty\n",
    }
    paths = {name: f"content/epics/2026/{name}" for name in changes}
    for name, path in paths.items():
        text = epic_text(ago(), task("teaser", "x", body=f"On {name}."), title=name)
        world.people.write(f"{path}/epic.yaml", text)
    world.people.push("All of them")
    assert world.round().claimed == len(changes)
    for name, change in changes.items():
        if change is None:
            world.people.remove(paths[name])
        else:
            world.people.write(f"{paths[name]}/epic.yaml", change)
    world.people.push("Not like this")
    world.round()
    world.carry()
    world.run()
    assert world.network.texts("acme-x") == []
    assert [name for name in changes if world.delivery("teaser/x", name).claim] == []


def test_what_nobody_wants_any_more_is_revoked_even_when_the_settings_change_too(
    world: World,
) -> None:
    world.epic(task("teaser", "x"))
    assert world.round().claimed == 1
    world.people.write(f"{SPRING}/epic.yaml", epic_text(None, task("teaser", "x")))
    world.people.change("content/copydesk.yaml", "PT1H", "PT2H")
    world.people.push("Unschedule, and more grace")
    world.round()
    world.carry()
    assert world.network.texts() == []


def test_moved_and_unscheduled_in_one_push_it_is_revoked(world: World) -> None:
    world.epic(task("teaser", "x"))
    assert world.round().claimed == 1
    moved = "content/epics/2027/spring-launch"
    world.people.move(SPRING, moved)
    world.people.write(f"{moved}/epic.yaml", epic_text(None, task("teaser", "x")))
    world.people.push("Move and unschedule")
    world.round()
    world.carry()
    world.run()
    assert world.network.texts() == []


def test_an_account_renamed_between_claim_and_call_gets_nothing_under_the_old_claim(
    world: World,
) -> None:
    world.epic(task("teaser", "x"))
    assert world.round().claimed == 1
    world.people.write("content/profiles.yaml", profiles_text(world.network.url, x="acme-new"))
    world.people.push("Another account")
    world.round()
    world.carry()
    world.run()
    assert world.network.texts("acme-x") == []
    assert world.network.texts("acme-new") == TEASER


# More than one repository, and a Redis that forgets.


def test_several_repositories_share_one_redis_and_know_nothing_of_each_other(
    make_world: Callable[[str], World], empty_redis: "redis.Redis"
) -> None:
    one, two = make_world("one"), make_world("two")
    for world in (one, two):
        world.epic(task("teaser", "x", body=f"From {world.folder.name[:3]}."))
    assert one.round().claimed == 1
    two.carry()
    assert two.round().claimed == 1
    pause(two, paused=True)
    two.carry()
    one.carry()
    one.run()
    assert one.network.texts() == ["From one."]
    pause(two, paused=False)
    two.run()
    assert one.network.texts() == ["From one.", "From two."]
    assert [post["key"] for post in one.network.posts()] == [
        "one/spring-launch/teaser/x/0",
        "two/spring-launch/teaser/x/0",
    ]
    prefixes = {":".join(key.split(":")[:2]) for key in empty_redis.scan_iter("copydesk:*")}
    assert prefixes == {"copydesk:one", "copydesk:two"}


def test_an_emptied_redis_between_claim_and_call_treats_the_call_as_made(
    world: World, empty_redis: "redis.Redis"
) -> None:
    world.environ["COPYDESK_TIMING"] = SHORT_LEASE
    world.epic(task("teaser", "x"), task("blind", "press"))
    assert world.round().claimed == 2
    empty_redis.flushall()
    world.run_until(lambda: world.status("teaser/x") is DeliveryStatus.PUBLISHED)
    assert world.network.requests("look_up") >= 1
    assert world.network.texts() == TEASER
    assert world.status("blind/press") is DeliveryStatus.UNCONFIRMED


def test_an_emptied_redis_before_the_due_time_costs_nothing(
    world: World, empty_redis: "redis.Redis"
) -> None:
    """Its call cannot have begun, so even a blind platform is simply called at the time."""
    world.environ["COPYDESK_TIMING"] = SHORT_LEASE
    world.epic(task("blind", "press"), due=whole_second_after(2))
    with waiting("the claim") as wait:
        while not world.round().claimed:
            wait()
    empty_redis.flushall()
    world.run_until(lambda: world.status("blind/press") is not DeliveryStatus.PENDING)
    world.run()
    assert world.status("blind/press") is DeliveryStatus.PUBLISHED
    assert len(world.network.posts()) == 1


def test_reports_lost_with_redis_are_found_out_by_asking_the_platform(
    world: World, empty_redis: "redis.Redis"
) -> None:
    world.environ["COPYDESK_TIMING"] = SHORT_LEASE
    world.epic(task("teaser", "x", "press"))
    world.round()
    world.carry()
    assert len(world.network.posts()) == 2
    empty_redis.flushall()
    moving = {DeliveryStatus.PENDING, DeliveryStatus.PROCESSING}
    world.run_until(lambda: not any(d.status in moving for d in world.record().deliveries.values()))
    assert world.status("teaser/x") is DeliveryStatus.PUBLISHED
    assert world.status("teaser/press") is DeliveryStatus.UNCONFIRMED
    assert len(world.network.posts()) == 2


def test_a_claim_that_nobody_carried_is_claimed_again_after_its_lease(world: World) -> None:
    world.environ["COPYDESK_TIMING"] = SHORT_LEASE
    world.epic(task("teaser", "press"))
    assert world.round().claimed == 1
    world.app.client.delete(world.app.gate.keys.handover)
    assert world.round().claimed == 0
    world.run_until(lambda: bool(world.network.posts()))
    world.run()
    assert world.network.texts() == TEASER
    assert world.delivery("teaser/press").seq == 2


def test_a_long_call_keeps_its_claim_by_heartbeat(world: World) -> None:
    world.environ["COPYDESK_TIMING"] = SHORT_LEASE
    world.network.arm("slow", seconds=2.5)
    world.epic(task("teaser", "press"))
    assert world.round().claimed == 1
    failed: list[BaseException] = []

    def carry() -> None:
        try:
            app = App(world.config("far"))
            try:
                asyncio.run(app.carry("far"))
            finally:
                close(app)
        except BaseException as error:  # noqa: BLE001 - told below, in the main thread
            failed.append(error)

    thread = threading.Thread(target=carry)
    thread.start()
    while thread.is_alive():
        world.round()
        thread.join(0.2)
    assert not failed
    world.run()
    assert world.network.texts() == TEASER
    assert world.delivery("teaser/press").seq == 1
    assert world.status("teaser/press") is DeliveryStatus.PUBLISHED


def test_a_call_under_way_for_long_is_shown_as_processing(world: World) -> None:
    world.network.arm("slow", seconds=3.6)
    world.epic(task("teaser", "x"))
    assert world.round().claimed == 1
    thread = threading.Thread(target=lambda: world.carry(App(world.config("far"))))
    thread.start()
    with waiting("processing", 15) as wait:
        while world.status("teaser/x") is not DeliveryStatus.PROCESSING:
            world.round()
            wait()
    assert world.shown()["tasks"]["teaser"]["x"]["status"] == "processing"
    assert world.subjects()[0] == "status: spring-launch in progress on x (0 of 1)"
    thread.join()
    world.run()
    assert world.status("teaser/x") is DeliveryStatus.PUBLISHED


def test_a_decision_is_carried_out_once_a_request_and_says_who_made_it(world: World) -> None:
    world.network.arm("rejected", account="acme-x")
    world.epic(task("teaser", "x"))
    world.run()
    asked = asking("again-7")
    first = world.app.decide.retry("spring-launch", "x", asked)
    world.network.arm("rejected", account="acme-x")
    world.run()

    second = world.app.decide.retry("spring-launch", "x", asked)

    assert (first.again, second.again) == (False, True)
    assert first.commit == second.commit
    assert world.status("teaser/x") is DeliveryStatus.FAILED
    told = git(world.remote, "log", "-1", "--format=%an|%cn|%B", first.commit)
    assert told.startswith("Ana Silva|Copydesk|retry: spring-launch/teaser/x")
    assert "Epic: spring-launch" in told
    assert "Request-Id: again-7" in told

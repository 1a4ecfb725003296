"""What keeps media back is told, nothing of it is called, and everything else goes on."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.domain.delivery import DeliveryStatus, Key, Record
from publisher.domain.epic import Epic, Media
from publisher.domain.facts import Facts, Step
from publisher.domain.fit import NO_LIMITS, Steps, Strip
from publisher.domain.limits import Limits, MediaLimits
from publisher.domain.media import (
    MediaCause,
    MediaFault,
    MediaStatus,
    Seen,
    Unpinned,
    Unprobed,
    Unusable,
    Usable,
)
from publisher.domain.plan import plan_epic
from publisher.domain.situation import EpicSituation, assess
from publisher.domain.states import EpicState, PostStatus, post_status
from publisher.domain.subject import Change, line_of
from tests.unit.builders import (
    CHECKABLE,
    HOUR,
    KEY,
    MINUTE,
    NOW,
    SECOND,
    approved,
    delivery,
    epic,
    facts,
    live_part,
    profile,
    published_delivery,
    record,
    task,
    usable,
)

HERO, MAP, FAR = (
    Media("media/hero.jpg"),
    Media("media/map.png"),
    Media(url="https://cdn.test/a.jpg"),
)
GONE = Unusable(MediaFault(MediaCause.NOT_FOUND, "The address answered 404: nothing is there."))
SMALL = Limits(image=MediaLimits(bytes=(None, 10)))
PLAIN = Key("spring-launch", "plain", "x-acme")


def with_media(*media: Media, due: timedelta = timedelta(0)) -> Epic:
    return epic(task(media=media, due=NOW + due), task("plain", due=NOW + due, body="No picture."))


def seeing(found: Mapping[str, Seen]) -> Callable[[str], Seen]:
    return lambda name: found.get(name) or usable(name)


def planned(
    of: Epic, found: Mapping[str, Seen], known: Record | None = None, **more: object
) -> Step:
    seen = facts(media=seeing(found), **more)  # type: ignore[arg-type]
    return plan_epic(of, known or record(), seen)


def epic_state(of: Epic, known: Record) -> EpicState:
    return assess(EpicSituation(epic=of, record=known, approvals=approved(of))).state


@pytest.mark.parametrize("keeps", [GONE, Unpinned(), Unprobed()])
def test_nothing_goes_out_with_media_that_are_not_ready_and_the_rest_goes_on(keeps: Seen) -> None:
    step = planned(with_media(HERO, MAP), {"media/map.png": keeps})

    assert step.claimed == (PLAIN,)


@pytest.mark.parametrize("keeps", [GONE, Unpinned(), Unprobed()])
def test_nothing_is_prepared_either(keeps: Seen) -> None:
    step = planned(with_media(HERO, due=MINUTE), {HERO.name: keeps}, traits=CHECKABLE)

    assert step.claimed == (PLAIN,)


def test_media_of_a_thread_keep_the_whole_thread_back() -> None:
    of = with_media()
    first, *others = of.tasks
    threaded = replace(first, parts=(*first.parts, replace(first.parts[0], media=(HERO,))))
    step = planned(replace(of, tasks=(threaded, *others)), {HERO.name: GONE})

    assert step.claimed == (PLAIN,)


def test_a_failure_is_remembered_long_before_the_due_time_with_its_cause() -> None:
    step = planned(with_media(HERO, due=HOUR), {HERO.name: GONE})

    (unready,) = step.record.media
    assert (unready.task, unready.name, unready.at) == ("teaser", HERO.name, NOW)
    assert (unready.status, unready.cause) == (MediaStatus.FAILED, "not_found")
    assert unready.message == GONE.fault.message
    assert step.record.title == "Spring launch"


def test_an_address_that_nobody_fetched_is_pending_not_failed() -> None:
    step = planned(with_media(FAR, due=HOUR), {FAR.name: Unpinned()})

    (unready,) = step.record.media
    assert (unready.status, unready.cause) == (MediaStatus.PENDING, "")
    assert "copydesk pin" in unready.message


def test_looking_again_changes_nothing_and_keeps_the_time_of_the_first_look() -> None:
    of = with_media(HERO, due=HOUR)
    first = planned(of, {HERO.name: GONE}).record
    later = facts(NOW + MINUTE, media=seeing({HERO.name: GONE}))

    assert plan_epic(of, first, later).record == first


def test_mended_media_are_forgotten_and_go_out() -> None:
    of = with_media(HERO)
    broken = planned(of, {HERO.name: GONE}).record
    mended = planned(of, {}, broken)

    assert mended.record.media == ()
    assert KEY in mended.claimed


def test_what_must_only_be_looked_at_is_looked_at_in_a_moment_and_told_to_nobody() -> None:
    step = planned(with_media(HERO, due=HOUR), {HERO.name: Unprobed()})

    assert step.record.media == ()
    assert step.wake_at == NOW + SECOND


def test_media_of_what_is_out_or_cancelled_fail_nobody() -> None:
    out = record(published_delivery(), published_delivery(PLAIN))
    step = planned(with_media(HERO), {HERO.name: GONE}, out)

    assert step.record == out


def test_media_that_must_be_looked_at_anew_revoke_no_claim() -> None:
    of = with_media(HERO, due=5 * SECOND)
    claimed = planned(of, {}).record
    step = planned(of, {HERO.name: Unprobed()}, claimed)

    assert step.fence == {}
    assert step.wake_at == NOW + SECOND


def test_other_bytes_revoke_the_claim() -> None:
    of = with_media(HERO, due=5 * SECOND)
    claimed = planned(of, {}).record
    other = replace(usable(HERO.name), sha256="other")

    assert planned(of, {HERO.name: other}, claimed).fence == {f"{KEY}#1": True}


def test_what_a_profile_cannot_take_is_its_failure_only() -> None:
    strict = profile("linkedin-acme", "acme-inc", platform="linkedin")
    of = epic(task(profiles=("x-acme", "linkedin-acme"), media=(HERO,)))
    here: Facts = facts(
        profiles=(profile(), strict),
        limits=lambda of: SMALL if of is strict else NO_LIMITS,
    )
    step = plan_epic(of, record(), here)

    assert step.claimed == (KEY,)
    (unready,) = step.record.media
    assert unready.cause == "does_not_fit"
    assert unready.message.startswith("linkedin-acme: media/hero.jpg does not fit:")


def test_what_was_tried_ahead_and_does_not_fit_is_told_ahead() -> None:
    heavy = usable(HERO.name, metadata=True)
    stripping = replace(profile(), fit=("strip_metadata",))
    too_heavy = MediaFault(MediaCause.DOES_NOT_FIT, "It is larger than 1 MiB.")
    tried: list[tuple[str, Steps]] = []

    def fitted(name: str, steps: Steps) -> MediaFault | None:
        tried.append((name, steps))
        return too_heavy

    of = with_media(HERO, due=HOUR)
    step = planned(of, {HERO.name: heavy}, profiles=(stripping,), fitted=fitted)

    assert set(tried) == {(HERO.name, (Strip(),))}
    assert step.record.media[0].message == "x-acme: It is larger than 1 MiB."
    assert epic_state(of, step.record) is EpicState.ERROR


def test_what_is_still_to_be_tried_is_kept_back_for_a_moment() -> None:
    of = with_media(HERO)
    step = planned(of, {}, fitted=lambda _name, _steps: Unprobed())

    assert step.claimed == (PLAIN,)
    assert step.record.media == ()
    assert step.wake_at == NOW + SECOND


def test_how_media_are_fitted_is_part_of_the_digest_but_not_of_what_readers_see() -> None:
    of = epic(task(media=(HERO,)))
    photo = usable(HERO.name, metadata=True)
    plain, stripping = profile(), replace(profile(), fit=("strip_metadata",))
    one, other = (
        planned(of, {HERO.name: photo}, profiles=(each,)).record.deliveries[KEY]
        for each in (plain, stripping)
    )

    assert one.digest != other.digest
    assert one.fingerprint == other.fingerprint


def test_failed_media_are_an_error_and_pending_ones_are_not() -> None:
    of = with_media(HERO, due=HOUR)
    failed, pending = planned(of, {HERO.name: GONE}), planned(of, {HERO.name: Unpinned()})

    assert epic_state(of, failed.record) is EpicState.ERROR
    assert epic_state(of, pending.record) is EpicState.SCHEDULED
    assert epic_state(epic(), failed.record) is EpicState.REVIEW


@pytest.mark.parametrize(
    ("found", "due", "expected"),
    [
        (GONE, HOUR, PostStatus.MEDIA_FAILED),
        (GONE, timedelta(0), PostStatus.MEDIA_FAILED),
        (Unpinned(), HOUR, PostStatus.PENDING),
        (usable(HERO.name), HOUR, PostStatus.SCHEDULED),
    ],
)
def test_the_status_of_a_task_with_media(found: Seen, due: timedelta, expected: PostStatus) -> None:
    of = with_media(HERO, due=due)
    known = planned(of, {HERO.name: found}).record

    assert post_status(of.tasks[0], (), NOW, known.media) is expected
    assert post_status(of.tasks[1], (), NOW + HOUR, known.media) is PostStatus.PENDING


def test_a_commit_says_what_failed_and_what_was_mended() -> None:
    of = with_media(HERO, due=HOUR)
    broken = planned(of, {HERO.name: GONE}).record

    assert line_of(Change(record(), broken, 2)) == (
        "spring-launch media failed: media/hero.jpg (0 of 2)"
    )
    assert line_of(Change(broken, replace(broken, media=()), 2)) == (
        "spring-launch media no longer failing: media/hero.jpg (0 of 2)"
    )


def test_every_status_of_a_delivery_that_is_over_asks_for_no_media() -> None:
    asked: list[str] = []

    def media(name: str) -> Usable:
        asked.append(name)
        return usable(name)

    of = epic(task(media=(HERO,)))
    for status in (DeliveryStatus.FAILED, DeliveryStatus.UNCONFIRMED, DeliveryStatus.PUBLISHED):
        known = record(delivery(status, parts=(live_part(),)))
        plan_epic(of, known, facts(media=media))
    assert asked == []

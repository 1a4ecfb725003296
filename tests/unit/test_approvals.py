"""What an approval is bound to, and which entries count."""

from dataclasses import fields, replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.approvals import (
    Approvals,
    Entry,
    EntryKind,
    SigningKey,
    digests_of,
    genuine,
    overruled,
    sign,
    task_digest,
    verified,
)
from publisher.domain.epic import Media, Override, Profile, Task
from tests.unit.approving import (
    BO,
    CY,
    EPIC,
    KEY,
    LINKEDIN,
    OLD_KEY,
    REPOSITORY,
    X,
    desk,
    forged,
    said,
)
from tests.unit.builders import HOUR, NOW, task

PROFILES = {"x-acme": X, "linkedin-acme": LINKEDIN}
BOTH = ("x-acme", "linkedin-acme")
HERO = Media("media/hero.jpg", "A tulip")
SHA = {"media/hero.jpg": "a" * 64}
WHOLE = task(
    profiles=BOTH,
    subject="Spring",
    media=(HERO,),
    thread=("Second part",),
    overrides={"linkedin-acme": Override("For work", None)},
    params={"x": {"format": "post"}},
)


def digest(of: Task = WHOLE, profiles: Any = None, sha: Any = None, *, time: bool = False) -> str:
    return task_digest(of, profiles or PROFILES, sha or SHA, time=time)


CHANGED: dict[str, Task] = {
    "the body": task(profiles=BOTH, body="Spring was here."),
    "one space": task(profiles=BOTH, body="Spring is here. "),
    "the thread": task(profiles=BOTH, thread=("More",)),
    "the subject": task(profiles=BOTH, subject="S"),
    "an override": task(profiles=BOTH, overrides={"x-acme": Override("Other", None)}),
    "a parameter": task(profiles=BOTH, params={"x": {"format": "reel"}}),
    "a profile less": task(profiles=("x-acme",)),
    "media": task(profiles=BOTH, media=(HERO,)),
    "an alt text": task(profiles=BOTH, media=(replace(HERO, alt="Red"),)),
}


def test_every_change_of_what_goes_out_gives_another_digest() -> None:
    digests = [digest(each) for each in (task(profiles=BOTH), *CHANGED.values(), WHOLE)]

    assert len(set(digests)) == len(digests)


def test_the_bytes_of_the_media_count() -> None:
    assert digest(sha={"media/hero.jpg": "b" * 64}) != digest()


def test_the_account_counts_and_its_name_here_does_not() -> None:
    moved = {**PROFILES, "x-acme": replace(X, account="other")}
    renamed = {"x": replace(X, id="x", name="Our X"), "linkedin-acme": LINKEDIN}

    assert digest(profiles=moved) != digest()
    assert digest(replace(WHOLE, profiles=("x", "linkedin-acme")), renamed) == digest()


def test_what_says_nothing_to_readers_changes_nothing() -> None:
    turned = replace(WHOLE, profiles=BOTH[::-1], id="other")
    unused = replace(WHOLE, params={**WHOLE.params, "mastodon": {"visibility": "unlisted"}})

    assert digest(turned) == digest(unused) == digest(replace(WHOLE, due=NOW + HOUR)) == digest()


def test_the_time_counts_where_the_policy_says_so() -> None:
    later = replace(WHOLE, due=NOW + HOUR)
    elsewhere = replace(WHOLE, due=NOW.astimezone(timezone(timedelta(hours=5))))

    assert digest(later, time=True) != digest(time=True) != digest()
    assert digest(elsewhere, time=True) == digest(time=True)
    assert digests_of([later], desk(time=True), SHA.__getitem__) == {
        "teaser": digest(later, time=True)
    }


def test_a_profile_that_appears_later_is_another_promise() -> None:
    assert digest(profiles={"x-acme": X}) != digest()


def test_two_accounts_cannot_stand_in_for_each_other() -> None:
    """What goes where counts, not only which texts and which accounts there are."""
    swapped: dict[str, Profile] = {
        "x-acme": replace(LINKEDIN, id="x-acme"),
        "linkedin-acme": replace(X, id="linkedin-acme"),
    }

    assert digest(profiles=swapped) != digest()


def test_what_we_signed_counts() -> None:
    entry = said(BO, "d" * 64)

    assert verified([entry], REPOSITORY, EPIC, [KEY]) == (entry,)


EDITS: dict[str, Any] = {
    "id": "0" * 32,
    "kind": EntryKind.CHANGES,
    "task": "other",
    "digest": "e" * 64,
    "person": "cy",
    "at": NOW + HOUR,
    "via": "api",
    "request": "r2",
    "text": "!",
    "key": "2025",
    "mac": "0" * 64,
}


@pytest.mark.parametrize("name", [each.name for each in fields(Entry)])
def test_an_edited_entry_counts_as_none(name: str) -> None:
    edited = forged(said(BO, "d" * 64, request="r1", text="?"), **{name: EDITS[name]})

    assert verified([edited], REPOSITORY, EPIC, [KEY, OLD_KEY]) == ()


@pytest.mark.parametrize("mac", ["", "é", "a", "A" * 64, "\ud800"])
def test_a_signature_that_is_none_is_no_bug(mac: str) -> None:
    assert not genuine(forged(said(BO, "d" * 64), mac=mac), REPOSITORY, EPIC, [KEY])


def test_an_entry_copied_from_elsewhere_counts_as_none() -> None:
    entry = said(BO, "d" * 64)

    assert verified([entry], REPOSITORY, "autumn-launch", [KEY]) == ()
    assert verified([entry], "other-brand", EPIC, [KEY]) == ()


def test_where_one_name_ends_and_the_next_begins_is_signed_too() -> None:
    entry = said(BO, "d" * 64, epic="a")

    assert not genuine(forged(entry, task="a" + entry.task), REPOSITORY, "", [KEY])
    assert not genuine(entry, REPOSITORY + "a", "", [KEY])


def test_an_old_key_counts_until_it_is_taken_away_and_a_new_secret_is_another_key() -> None:
    entry = said(BO, "d" * 64, key=OLD_KEY)

    assert genuine(entry, REPOSITORY, EPIC, [KEY, OLD_KEY])
    assert not genuine(entry, REPOSITORY, EPIC, [KEY])
    assert not genuine(entry, REPOSITORY, EPIC, [SigningKey("2025", "n" * 32)])
    assert not genuine(entry, REPOSITORY, EPIC, [])


def test_a_withdrawn_entry_stays_dead_whatever_is_reverted() -> None:
    approval = said(BO, "d" * 64)
    word = said(BO, "d" * 64, EntryKind.WITHDRAW)
    dead = overruled(word, [approval, said(CY, "d" * 64), said(BO, "e" * 64)])

    assert dead == (approval.id,)
    assert verified([approval], REPOSITORY, EPIC, [KEY], dead) == ()


def test_asking_for_changes_ends_an_approval_and_approving_ends_nothing() -> None:
    approval = said(BO, "d" * 64)

    assert overruled(said(BO, "d" * 64, EntryKind.CHANGES), [approval]) == (approval.id,)
    assert overruled(said(BO, "d" * 64), [approval]) == ()


@given(st.text(), st.text())
def test_what_no_file_can_hold_is_taken_out_before_it_is_signed(text: str, request: str) -> None:
    entry = sign(said(BO, "d" * 64, text=text, request=request), REPOSITORY, EPIC, KEY)

    assert genuine(entry, REPOSITORY, EPIC, [KEY])
    assert entry.text.isprintable() or not text.isprintable()


def test_a_secret_is_in_no_repr() -> None:
    assert KEY.secret not in repr(KEY)


def test_a_request_that_comes_twice_finds_what_it_has_done() -> None:
    first = said(BO, "d" * 64, request="r1")
    kept = Approvals().added(first, said(CY, "d" * 64))

    assert kept.of_request("r1") == (first,)
    assert kept.of_request("") == kept.of_request("r2") == ()
    assert kept.added(first) == kept

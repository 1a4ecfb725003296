"""What would be published, its digest (all of it) and its fingerprint (what readers see)."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.epic import Media, Override, Part, Profile, Task
from publisher.domain.payload import Payload, PayloadPart, digest_of, fingerprint_of, payload_of
from tests.unit.builders import profile, task

HERO, LENS = Media("media/hero.jpg", "A red tulip"), Media("media/lens.jpg", "A lens")
SHAS = {"media/hero.jpg": "1" * 64, "media/lens.jpg": "2" * 64}
TASK = task(
    subject="Spring",
    media=(HERO, LENS),
    thread=("Second part.",),
    params={"sandbox": {"format": "post"}, "mastodon": {"visibility": "public"}},
)


def both(
    of: Task = TASK, to: Profile | None = None, shas: dict[str, str] = SHAS
) -> tuple[str, str]:
    to = to or profile()
    payload = payload_of(of, to)
    return digest_of(payload, to, shas), fingerprint_of(payload, to, shas)


def parts_of(*bodies: str) -> tuple[Part, ...]:
    return tuple(Part(body, (HERO, LENS) if at == 0 else ()) for at, body in enumerate(bodies))


SEEN_BY_READERS: dict[str, tuple[str, str]] = {
    "body": both(replace(TASK, parts=parts_of("Other.", "Second part."))),
    "override": both(replace(TASK, overrides={"x-acme": Override(body="Other.")})),
    "subject": both(replace(TASK, subject="Other")),
    "override of the subject": both(replace(TASK, overrides={"x-acme": Override(None, "Other")})),
    "thread": both(replace(TASK, parts=parts_of("Spring is here.", "Other."))),
    "thread longer": both(replace(TASK, parts=parts_of("Spring is here.", "Second part.", "3"))),
    "thread shorter": both(replace(TASK, parts=parts_of("Spring is here."))),
    "media bytes": both(shas={**SHAS, "media/hero.jpg": "3" * 64}),
    "media order": both(
        replace(TASK, parts=(Part("Spring is here.", (LENS, HERO)), TASK.parts[1]))
    ),
    "media of another part": both(
        replace(TASK, parts=(Part("Spring is here."), Part("Second part.", (HERO, LENS))))
    ),
    "account": both(to=profile(account="another")),
    "platform": both(replace(TASK, params={}), to=profile(platform="mastodon")),
}
SEEN_BY_APPROVERS: dict[str, tuple[str, str]] = {
    "alt text": both(
        replace(TASK, parts=(Part("Spring is here.", (replace(HERO, alt=""), LENS)), TASK.parts[1]))
    ),
    "params": both(replace(TASK, params={"sandbox": {"format": "story"}})),
    "params gone": both(replace(TASK, params={})),
}
SEEN_BY_NOBODY: dict[str, tuple[str, str]] = {
    "name of the task": both(replace(TASK, id="other")),
    "time": both(replace(TASK, due=None)),
    "name of the profile": both(to=profile("renamed")),
    "params of another platform": both(replace(TASK, params={"sandbox": {"format": "post"}})),
    "override for another profile": both(replace(TASK, overrides={"other": Override("Other.")})),
    "order of params": both(replace(TASK, params=dict(reversed(list(TASK.params.items()))))),
}


@pytest.mark.parametrize("changed", SEEN_BY_READERS.values(), ids=SEEN_BY_READERS)
def test_what_readers_see_changes_both(changed: tuple[str, str]) -> None:
    digest, print_ = both()

    assert changed[0] != digest
    assert changed[1] != print_


@pytest.mark.parametrize("changed", SEEN_BY_APPROVERS.values(), ids=SEEN_BY_APPROVERS)
def test_what_only_approvers_see_changes_the_digest(changed: tuple[str, str]) -> None:
    digest, print_ = both()

    assert changed[0] != digest
    assert changed[1] == print_


@pytest.mark.parametrize("changed", SEEN_BY_NOBODY.values(), ids=SEEN_BY_NOBODY)
def test_what_nobody_sees_changes_nothing(changed: tuple[str, str]) -> None:
    assert changed == both()


def test_different_changes_have_different_digests() -> None:
    """Only the override and the body, and the subject and its override, say the same."""
    rows = {**SEEN_BY_READERS, **SEEN_BY_APPROVERS}
    same = {"override", "override of the subject"}
    digests = [digest for name, (digest, _) in rows.items() if name not in same]

    assert len(set(digests)) == len(digests)
    assert rows["override"] == rows["body"]


def test_the_file_name_of_an_attachment_is_not_what_readers_see() -> None:
    moved = replace(HERO, file="media/moved.jpg")
    parts = (Part("Spring is here.", (moved, LENS)), TASK.parts[1])
    digest, print_ = both(replace(TASK, parts=parts), shas={**SHAS, "media/moved.jpg": "1" * 64})

    assert digest != both()[0]
    assert print_ == both()[1]


def test_a_payload_is_what_this_profile_gets() -> None:
    of = replace(TASK, overrides={"x-acme": Override("For X.", "X"), "other": Override("No.")})

    assert payload_of(of, profile()) == Payload(
        parts=(PayloadPart("For X.", (HERO, LENS)), PayloadPart("Second part.")),
        subject="X",
        params={"format": "post"},
    )
    assert payload_of(of, profile(platform="wordpress")).params == {}


def test_an_override_may_be_empty_and_an_absent_one_changes_nothing() -> None:
    assert payload_of(replace(TASK, overrides={"x-acme": Override("", "")}), profile()) == Payload(
        parts=(PayloadPart("", (HERO, LENS)), PayloadPart("Second part.")),
        subject="",
        params={"format": "post"},
    )
    assert (
        payload_of(replace(TASK, overrides={"x-acme": Override()}), profile()).subject == "Spring"
    )


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.text(), min_size=1, max_size=4), st.dictionaries(st.text(), plain, max_size=3))
def test_a_digest_is_stable_and_covers_where_one_part_ends(
    bodies: list[str], params: dict[str, Any]
) -> None:
    of = replace(TASK, parts=tuple(Part(body) for body in bodies), params={"sandbox": params})
    joined = replace(of, parts=(Part("".join(bodies)),))

    assert both(of) == both(replace(of))
    assert len(both(of)[0]) == len(both(of)[1]) == 64
    if len(bodies) > 1:
        assert both(of)[0] != both(joined)[0]


@given(plain, plain)
def test_different_params_have_different_digests(one: Any, other: Any) -> None:
    def digest(value: Any) -> str:
        return both(replace(TASK, params={"sandbox": {"it": value}}))[0]

    assert (digest(one) == digest(other)) is (repr_of(one) == repr_of(other))


def repr_of(value: Any) -> str:
    """Return a text that is equal for equal JSON values: 1 is not 1.0, and true is not 1."""
    if isinstance(value, dict):
        return "{" + repr(sorted((k, repr_of(v)) for k, v in value.items())) + "}"
    if isinstance(value, list):
        return repr([repr_of(item) for item in value])
    return repr(value)


def test_half_a_character_has_a_digest_too() -> None:
    assert both(replace(TASK, subject="\ud83d"))[0] != both()[0]


def test_media_without_known_bytes_has_no_digest() -> None:
    with pytest.raises(KeyError):
        both(shas={})

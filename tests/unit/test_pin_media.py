"""Pinning fetches what must be fetched, keeps what is pinned, and says which file to commit."""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.epic import Epic, Media
from publisher.domain.errors import ContentError
from publisher.domain.media import (
    MediaCause,
    MediaFault,
    MediaKind,
    Probe,
    Unusable,
    Usable,
)
from publisher.files.media_lock import Pin, dump_lock, read_lock
from publisher.usecases.pin_media import AT_ONCE, PinMedia, Pinned
from tests.unit.builders import MINUTE, NOW, epic, task, usable

A, B, C = (f"https://cdn.test/{name}.jpg" for name in "abc")
PATH = "content/epics/spring-launch/media.lock.yaml"
GONE = Unusable(MediaFault(MediaCause.NOT_FOUND, "The address answered 404: nothing is there."))


def held(url: str) -> Usable:
    return Usable(hashlib.sha256(url.encode()).hexdigest(), usable(url).probe)


class Internet:
    """Answers what it is told to; counts how many fetches run at once."""

    def __init__(self, answers: Mapping[str, Usable | Unusable] | None = None) -> None:
        self.answers = answers or {}
        self.asked: list[str] = []
        self._now, self.most = 0, 0

    async def fetch(self, url: str) -> Usable | Unusable:
        self.asked.append(url)
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(0)
        self._now -= 1
        answer = self.answers.get(url, held(url))
        assert isinstance(answer, Usable | Unusable)
        return answer


def of(*urls: str) -> Epic:
    return epic(
        task(media=tuple(Media(url=url) for url in urls)), task("files", media=(Media("a"),))
    )


def pinned(
    wanted: Epic, internet: Internet, lock: bytes | None = None, now: datetime = NOW, **how: Any
) -> Pinned:
    return asyncio.run(PinMedia(internet).pin(wanted, lock, now, **how))


def lock_of(found: Pinned) -> bytes:
    data = found.files[PATH]
    assert data is not None
    return data


def test_each_address_is_fetched_once_and_files_are_not() -> None:
    internet = Internet()
    found = pinned(of(A, B, A), internet)

    assert internet.asked == [A, B]
    assert list(read_lock(lock_of(found), PATH)) == [A, B]
    assert found.failed == ()


def test_what_is_pinned_is_never_fetched_again_by_itself() -> None:
    lock = lock_of(pinned(of(A), Internet()))
    internet = Internet({A: GONE})
    found = pinned(of(A, B), internet, lock, NOW + MINUTE)

    assert internet.asked == [B]
    pins = read_lock(lock_of(found), PATH)
    assert pins[A] == Pin(A, NOW, held(A))
    assert pins[B].at == NOW + MINUTE


def test_nothing_new_means_nothing_to_commit() -> None:
    lock = lock_of(pinned(of(A), Internet()))

    assert pinned(of(A), Internet(), lock, NOW + MINUTE).files == {}


def test_a_failure_is_kept_with_its_cause_and_tried_again() -> None:
    first = pinned(of(A, B), Internet({A: GONE}))
    assert [pin.url for pin in first.failed] == [A]

    same = pinned(of(A, B), Internet({A: GONE}), lock_of(first), NOW + MINUTE)
    assert same.files == {}
    mended = pinned(of(A, B), Internet(), lock_of(first), NOW + MINUTE)
    assert mended.failed == ()
    assert read_lock(lock_of(mended), PATH)[A].at == NOW + MINUTE


def test_again_fetches_everything_anew() -> None:
    lock = lock_of(pinned(of(A), Internet()))
    other = Usable("f" * 64, held(A).probe)
    found = pinned(of(A), Internet({A: other}), lock, NOW + MINUTE, again=True)

    assert read_lock(lock_of(found), PATH)[A].found == other


def test_a_raced_push_does_not_fetch_again() -> None:
    first = pinned(of(A), Internet())
    internet = Internet()
    again = pinned(of(A), internet, None, NOW + MINUTE, known=lock_of(first), again=True)

    assert internet.asked == []
    assert again.files == first.files


def test_the_last_address_takes_the_lock_along() -> None:
    lock = lock_of(pinned(of(A), Internet()))

    assert pinned(of(), Internet(), lock).files == {PATH: None}
    assert pinned(of(), Internet(), None).files == {}


def test_a_broken_lock_is_written_anew() -> None:
    found = pinned(of(A), Internet(), b"media: [{url: ")
    assert read_lock(lock_of(found), PATH)[A].found == held(A)


def test_only_a_few_are_fetched_at_once() -> None:
    internet = Internet()
    pinned(of(*(f"https://cdn.test/{n}" for n in range(40))), internet)

    assert internet.most == AT_ONCE


def test_the_lock_says_who_writes_it_and_which_schema_it_has() -> None:
    text = lock_of(pinned(of(A), Internet())).decode()

    assert text.startswith("# Written by Copydesk")
    assert "copydesk pin --again spring-launch" in text
    assert "$schema=../../../schemas/media.lock.schema.json" in text


@pytest.mark.parametrize(
    "broken",
    [
        b"media: 7\n",
        b"media: [{url: a}]\n",
        b"media: [{url: a, fetched_at: 2026-01-01T00:00:00Z, sha256: abc, is: {}}]\n",
        b"media: []\nmore: 1\n",
        b"\xff",
    ],
)
def test_what_a_person_broke_is_told_with_its_place(broken: bytes) -> None:
    with pytest.raises(ContentError) as caught:
        read_lock(broken, PATH)
    assert all(problem.path == PATH for problem in caught.value.problems)


probes = st.builds(
    Probe,
    kind=st.sampled_from(MediaKind),
    content_type=st.sampled_from(["image/jpeg", "video/mp4"]),
    size=st.integers(1, 2**40),
    width=st.integers(0, 9000),
    height=st.integers(0, 9000),
    colour=st.sampled_from(["", "RGB", "no"]),
    transparent=st.booleans(),
    turned=st.booleans(),
    metadata=st.booleans(),
    frames=st.integers(0, 99),
    seconds=st.floats(0, 10**6).map(lambda seconds: round(seconds, 3)),
    video_codec=st.sampled_from(["", "h264"]),
    audio_codec=st.sampled_from(["", "aac"]),
)
words = st.text(st.characters(categories=("L", "N", "P", "Zs")), min_size=1, max_size=40)
found_media = st.builds(Usable, st.sampled_from(["a" * 64, "0" * 64]), probes) | st.builds(
    lambda cause, message: Unusable(MediaFault(cause, message)),
    st.sampled_from(MediaCause),
    words,
)


@given(st.dictionaries(words, found_media, max_size=3))
def test_a_lock_reads_back_as_it_was_written(of: dict[str, Usable | Unusable]) -> None:
    pins = {url: Pin(url, NOW, found) for url, found in of.items()}
    data = dump_lock(pins.values(), "content/epics/spring-launch")

    assert read_lock(data, PATH) == pins
    assert dump_lock(read_lock(data, PATH).values(), "content/epics/spring-launch") == data

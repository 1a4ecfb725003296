"""What is done to media, and what is refused with a sentence: by limits and by what is allowed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain.fit import (
    NO_LIMITS,
    Encode,
    Resize,
    Rewrap,
    Steps,
    Strip,
    fit,
    fitted_type,
    imprint,
)
from publisher.domain.limits import Limits, MediaLimits
from publisher.domain.media import MediaCause, MediaFault, MediaKind, Probe

PHOTO = Probe(
    kind=MediaKind.IMAGE,
    content_type="image/jpeg",
    size=6_000_000,
    width=4000,
    height=3000,
    colour="RGB",
    metadata=True,
)
DRAWING = replace(PHOTO, content_type="image/png", transparent=True, metadata=False)
MOVING = replace(PHOTO, kind=MediaKind.ANIMATION, content_type="image/gif", frames=9)
CLIP = Probe(
    kind=MediaKind.VIDEO,
    content_type="video/quicktime",
    size=9_000_000,
    width=1920,
    height=1080,
    seconds=30,
    video_codec="h264",
    audio_codec="aac",
)
NOTHING: frozenset[str] = frozenset()
STRIP = frozenset({"strip_metadata"})
REENCODE = frozenset({"reencode"})
BOTH = frozenset({"reencode", "resize"})
JPEG = Encode("image/jpeg")


def image(**limits: object) -> Limits:
    return Limits(image=MediaLimits(**limits))  # type: ignore[arg-type]


def video(**limits: object) -> Limits:
    return Limits(video=MediaLimits(**limits))  # type: ignore[arg-type]


HEAVY = image(bytes=(None, 5_000_000))
NARROW = image(width=(320, 1440))
ONLY_JPEG = image(types=("image/jpeg",))
ONLY_MP4 = video(types=("video/mp4",))

DONE: dict[str, tuple[Probe, Limits, frozenset[str], Steps]] = {
    "nothing is known": (PHOTO, NO_LIMITS, BOTH, ()),
    "it fits": (PHOTO, image(types=("image/jpeg",), bytes=(None, 6_000_000)), BOTH, ()),
    "metadata stay unless asked": (PHOTO, NO_LIMITS, BOTH, ()),
    "metadata go when asked": (PHOTO, NO_LIMITS, STRIP, (Strip(),)),
    "there are none to go": (DRAWING, NO_LIMITS, STRIP, ()),
    "a turned PNG is written anew": (
        replace(PHOTO, content_type="image/png", turned=True),
        NO_LIMITS,
        STRIP | REENCODE,
        (Encode("image/png"),),
    ),
    "too heavy": (PHOTO, HEAVY, REENCODE, (Encode("image/jpeg", 5_000_000),)),
    "too heavy, may shrink": (PHOTO, HEAVY, BOTH, (Encode("image/jpeg", 5_000_000, True),)),
    "too wide": (PHOTO, NARROW, BOTH, (Resize(1440, 1080), replace(JPEG, may_shrink=True))),
    "too many pixels": (
        PHOTO,
        image(pixels=3_000_000),
        BOTH,
        (Resize(2000, 1500), replace(JPEG, may_shrink=True)),
    ),
    "sides together": (
        PHOTO,
        image(sides=3500),
        BOTH,
        (Resize(2000, 1500), replace(JPEG, may_shrink=True)),
    ),
    "wrong type": (replace(PHOTO, content_type="image/tiff"), ONLY_JPEG, REENCODE, (JPEG,)),
    "a heavy PNG without gaps": (
        replace(DRAWING, transparent=False),
        HEAVY,
        REENCODE,
        (Encode("image/jpeg", 5_000_000),),
    ),
    "a heavy PNG with gaps": (DRAWING, HEAVY, REENCODE, (Encode("image/webp", 5_000_000),)),
    "printing colours": (replace(PHOTO, colour="CMYK"), NO_LIMITS, REENCODE, (JPEG,)),
    "printing colours stay": (replace(PHOTO, colour="CMYK"), NO_LIMITS, NOTHING, ()),
    "an animation that fits": (MOVING, Limits(animation=MediaLimits()), BOTH, ()),
    "a film that fits": (CLIP, video(seconds=(3, 60)), BOTH, ()),
    "a film in the wrong wrapping": (CLIP, ONLY_MP4, REENCODE, (Rewrap(),)),
    "a film with tags": (
        replace(CLIP, metadata=True),
        NO_LIMITS,
        STRIP | REENCODE,
        (Rewrap(),),
    ),
}

REFUSED: dict[str, tuple[Probe, Limits, frozenset[str], str]] = {
    "too heavy, not allowed": (PHOTO, HEAVY, NOTHING, "5.7 MiB; 4.8 MiB is allowed"),
    "says what to allow": (PHOTO, HEAVY, NOTHING, "allow `reencode`"),
    "too wide, may not shrink": (PHOTO, NARROW, REENCODE, "allow `resize`"),
    "too narrow": (replace(PHOTO, width=200), NARROW, BOTH, "200 pixels wide and must be 320"),
    "too low": (PHOTO, image(height=(3001, None)), BOTH, "3000 pixels high"),
    "too flat": (PHOTO, image(ratio=(0.8, 1.2)), BOTH, "1.33 times its height"),
    "too small once it is small enough": (
        PHOTO,
        image(width=(3000, None), pixels=10**6),
        BOTH,
        "would be too small",
    ),
    "gaps and only JPEG": (DRAWING, ONLY_JPEG, BOTH, "none of that can hold"),
    "not taken": (CLIP, ONLY_JPEG, BOTH, "takes no video"),
    "a heavy animation": (
        MOVING,
        Limits(animation=MediaLimits(bytes=(None, 9))),
        BOTH,
        "is allowed",
    ),
    "a large animation": (MOVING, Limits(animation=MediaLimits(pixels=9)), BOTH, "too many"),
    "an animation of a wrong type": (
        MOVING,
        Limits(animation=MediaLimits(types=("image/webp",))),
        BOTH,
        "takes image/webp",
    ),
    "too long": (CLIP, video(seconds=(0.5, 20)), BOTH, "30.0 seconds"),
    "too short": (CLIP, video(seconds=(60, None)), BOTH, "at least 60"),
    "a heavy film": (CLIP, video(bytes=(None, 10**6)), BOTH, "is allowed"),
    "a large film": (CLIP, video(width=(None, 640)), BOTH, "too many"),
    "a codec that MP4 cannot hold": (
        replace(CLIP, content_type="video/webm", video_codec="vp8"),
        ONLY_MP4,
        BOTH,
        "takes video/mp4",
    ),
    "a wrong wrapping, not allowed": (CLIP, ONLY_MP4, NOTHING, "allow `reencode`"),
    "a platform without MP4": (CLIP, video(types=("video/webm",)), BOTH, "takes video/webm"),
    "tags in WebP": (
        replace(PHOTO, content_type="image/webp"),
        NO_LIMITS,
        STRIP,
        "allow `reencode`",
    ),
}


@pytest.mark.parametrize(("probe", "limits", "allowed", "steps"), DONE.values(), ids=DONE)
def test_what_is_done(probe: Probe, limits: Limits, allowed: frozenset[str], steps: Steps) -> None:
    assert fit("media/a", probe, limits, allowed) == steps


@pytest.mark.parametrize(("probe", "limits", "allowed", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(probe: Probe, limits: Limits, allowed: frozenset[str], words: str) -> None:
    found = fit("media/a", probe, limits, allowed)

    assert isinstance(found, MediaFault)
    assert found.cause is MediaCause.DOES_NOT_FIT
    assert found.message.startswith("media/a does not fit: ")
    assert words in found.message
    assert "Put another file in its place" in found.message


def test_an_imprint_names_the_bytes_and_every_step() -> None:
    steps = (Resize(10, 20), Encode("image/jpeg", 99, may_shrink=True))

    assert imprint("abc", ()) == "abc"
    assert imprint("abc", steps) == (
        "abc; resize to 10×20; encode as image/jpeg, at most 99 bytes, smaller where needed"
    )
    assert imprint("abc", (Strip(), Rewrap())) == "abc; strip metadata; rewrap as video/mp4"


def test_the_type_of_what_comes_out() -> None:
    assert fitted_type(PHOTO, ()) == "image/jpeg"
    assert fitted_type(PHOTO, (Strip(),)) == "image/jpeg"
    assert fitted_type(PHOTO, (Resize(1, 1), Encode("image/png"))) == "image/png"
    assert fitted_type(CLIP, (Rewrap(),)) == "video/mp4"


probes = st.builds(
    Probe,
    kind=st.sampled_from(MediaKind),
    content_type=st.sampled_from(["image/jpeg", "image/png", "image/webp", "video/mp4"]),
    size=st.integers(1, 10**8),
    width=st.integers(1, 9000),
    height=st.integers(1, 9000),
    colour=st.sampled_from(["RGB", "CMYK"]),
    transparent=st.booleans(),
    metadata=st.booleans(),
    turned=st.booleans(),
)
ranges = st.tuples(st.none() | st.integers(1, 900), st.none() | st.integers(901, 10**7))
some_limits = st.builds(
    MediaLimits, bytes=ranges, width=ranges, height=ranges, pixels=st.none() | st.integers(1, 10**8)
)


@given(probes, some_limits, st.frozensets(st.sampled_from(["reencode", "resize"])))
def test_nothing_is_done_that_is_not_allowed_and_nothing_becomes_larger(
    probe: Probe, limit: MediaLimits, allowed: frozenset[str]
) -> None:
    limits = Limits(image=limit, animation=limit, video=limit, document=limit)
    steps = fit("a", probe, limits, allowed)
    if isinstance(steps, MediaFault):
        return
    assert not steps or "reencode" in allowed
    for step in steps:
        if isinstance(step, Resize):
            assert "resize" in allowed
            assert step.width <= probe.width
            assert step.height <= probe.height
            assert not (limit.width[1] and step.width > limit.width[1])
            assert step.width >= (limit.width[0] or 0)
            assert not (limit.pixels and step.width * step.height > limit.pixels)

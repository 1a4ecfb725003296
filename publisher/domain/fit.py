"""How media are made to fit a platform: steps that its profile allows, or a sentence why not.

Nothing is ever cropped, enlarged, flattened or made worse without a word: what a profile does not
allow in `fit` is refused, and the steps that are taken belong to what people approve.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum

from publisher.domain.limits import Limits, MediaLimits, Range, within
from publisher.domain.media import MediaCause, MediaFault, MediaKind, Probe

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
MP4 = "video/mp4"
WRITTEN = frozenset({JPEG, PNG, WEBP})
MIB = 1024 * 1024
_IN_MP4 = frozenset({"h264", "hevc", "av1", "mpeg4", "aac", "mp3"})


class Allowed(StrEnum):
    """What a profile may allow in `fit`."""

    REENCODE = "reencode"
    RESIZE = "resize"
    STRIP = "strip_metadata"


NO_LIMITS = Limits()
_OPEN = MediaLimits()


@dataclass(frozen=True, slots=True)
class Resize:
    """Make it smaller, with the same proportions."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"resize to {self.width}×{self.height}"


@dataclass(frozen=True, slots=True)
class Encode:
    """Write it anew: upright, without metadata, in sRGB.

    `at_most` is in bytes (0: any); when it is still too heavy at a good quality it may be made
    smaller where `may_shrink` says so, and is refused otherwise.
    """

    content_type: str
    at_most: int = 0
    may_shrink: bool = False

    def __str__(self) -> str:
        limit = f", at most {self.at_most} bytes" if self.at_most else ""
        smaller = ", smaller where needed" if self.at_most and self.may_shrink else ""
        return f"encode as {self.content_type}{limit}{smaller}"


@dataclass(frozen=True, slots=True)
class Strip:
    """Leave out metadata; the picture itself stays bit for bit."""

    def __str__(self) -> str:
        return "strip metadata"


@dataclass(frozen=True, slots=True)
class Rewrap:
    """Put the same sound and pictures into an MP4 that can be played while it loads."""

    def __str__(self) -> str:
        return "rewrap as video/mp4"


Step = Resize | Encode | Strip | Rewrap
Steps = tuple[Step, ...]


def fit(name: str, probe: Probe, limits: Limits, allowed: AbstractSet[str]) -> Steps | MediaFault:
    """The steps from these bytes to what the platform takes; () when they fit as they are."""
    limit = _limit(probe.kind, limits)
    if limit is None:
        return _refused(name, f"this platform takes no {probe.kind}")
    never = next(_hopeless(probe, limit), "")
    if never:
        return _refused(name, never)
    if probe.kind is MediaKind.IMAGE:
        return _image(name, probe, limit, allowed)
    if probe.kind is MediaKind.VIDEO:
        return _video(name, probe, limit, allowed)
    return _as_it_is(name, probe, limit)


def fitted_type(probe: Probe, steps: Steps) -> str:
    """The content type of what comes out."""
    for step in steps:
        if isinstance(step, Encode):
            return step.content_type
        if isinstance(step, Rewrap):
            return MP4
    return probe.content_type


def imprint(sha256: str, steps: Steps) -> str:
    """The bytes that will be sent, as a digest can cover them: their source and what is done."""
    return "; ".join((sha256, *map(str, steps)))


def _limit(kind: MediaKind, limits: Limits) -> MediaLimits | None:
    """What holds for this kind; None: the platform does not take it."""
    named = {
        MediaKind.IMAGE: limits.image,
        MediaKind.ANIMATION: limits.animation,
        MediaKind.VIDEO: limits.video,
        MediaKind.DOCUMENT: limits.document,
    }.get(kind)
    return named or (None if limits.closed else _OPEN)


def _hopeless(probe: Probe, limit: MediaLimits) -> Iterator[str]:
    """What no step mends without cropping, enlarging or cutting."""
    for side, there, (least, _most) in (
        ("wide", probe.width, limit.width),
        ("high", probe.height, limit.height),
    ):
        if least is not None and there < least:
            yield f"it is {there} pixels {side} and must be {least:g} or more"
    ratio = probe.width / probe.height if probe.height else None
    if ratio is not None and not within(ratio, limit.ratio):
        yield f"its width is {ratio:.2f} times its height, not {_range(limit.ratio)}"
    if probe.seconds and not within(probe.seconds, limit.seconds):
        yield f"it takes {probe.seconds:.1f} seconds, not {_range(limit.seconds)}"


def _range(allowed: Range) -> str:
    least, most = allowed
    words = [f"at least {least:g}" if least is not None else ""]
    words += [f"at most {most:g}" if most is not None else ""]
    return " and ".join(filter(None, words))


def _image(
    name: str, probe: Probe, limit: MediaLimits, allowed: AbstractSet[str]
) -> Steps | MediaFault:
    smaller = _smaller(probe, limit)
    why = _unlike(probe, limit)
    if smaller and not why:
        why = f"it is {probe.width}×{probe.height} pixels; {smaller[0]}×{smaller[1]} is allowed"
    printed = probe.colour == "CMYK" and Allowed.REENCODE in allowed
    if not why and not printed:
        return _stripped(name, probe, allowed)
    if Allowed.REENCODE not in allowed:
        return _not_allowed(name, why, Allowed.REENCODE)
    if smaller and Allowed.RESIZE not in allowed:
        return _not_allowed(name, why, Allowed.RESIZE)
    if smaller and any(_hopeless(replace(probe, width=smaller[0], height=smaller[1]), limit)):
        return _refused(name, f"{why}, and what is left would be too small")
    target = _target(probe, limit)
    if target is None:
        return _refused(name, f"{why}, and none of that can hold what it shows")
    resize = (Resize(*smaller),) if smaller else ()
    return (*resize, Encode(target, _most(limit), Allowed.RESIZE in allowed))


def _unlike(probe: Probe, limit: MediaLimits) -> str:
    """What is wrong with the type or the weight; empty when both are fine."""
    if limit.types and probe.content_type not in limit.types:
        return f"it is {probe.content_type}, and this platform takes {', '.join(limit.types)}"
    if _most(limit) and probe.size > _most(limit):
        return f"it is {probe.size / MIB:.1f} MiB; {_most(limit) / MIB:.1f} MiB is allowed"
    return ""


def _most(limit: MediaLimits) -> int:
    """The most bytes; 0 when nothing is known."""
    return int(limit.bytes[1] or 0)


def _smaller(probe: Probe, limit: MediaLimits) -> tuple[int, int] | None:
    """The largest size with the same proportions that is allowed; None when it is as it is."""
    scales = [
        allowed / there
        for allowed, there in (
            (limit.width[1], probe.width),
            (limit.height[1], probe.height),
            (limit.sides, probe.width + probe.height),
        )
        if allowed
    ]
    if limit.pixels:
        scales.append((limit.pixels / (probe.width * probe.height)) ** 0.5)
    scale = min(scales, default=1.0)
    if scale >= 1:
        return None
    return max(1, int(probe.width * scale)), max(1, int(probe.height * scale))


def _target(probe: Probe, limit: MediaLimits) -> str | None:
    """What to write: the type it has, else one that loses nothing it shows; None: there is none."""
    written = (WEBP, PNG) if probe.transparent else (JPEG, PNG, WEBP)
    takes = [kind for kind in written if not limit.types or kind in limit.types]
    heavy_png = probe.content_type == PNG and probe.size > (_most(limit) or probe.size)
    if probe.content_type in takes and not heavy_png:
        return probe.content_type
    return next(iter(takes), None)


def _stripped(name: str, probe: Probe, allowed: AbstractSet[str]) -> Steps | MediaFault:
    """Metadata go when the profile asks for it, without touching the picture where possible."""
    if Allowed.STRIP not in allowed or not probe.metadata:
        return ()
    if probe.content_type == JPEG or (probe.content_type == PNG and not probe.turned):
        return (Strip(),)
    if Allowed.REENCODE not in allowed or probe.content_type not in WRITTEN:
        return _not_allowed(name, "its metadata are to go", Allowed.REENCODE)
    return (Encode(probe.content_type),)


def _video(
    name: str, probe: Probe, limit: MediaLimits, allowed: AbstractSet[str]
) -> Steps | MediaFault:
    """A wrong wrapping is mended without loss; pictures and sound are never made anew."""
    wrong_type = bool(limit.types) and probe.content_type not in limit.types
    why = _unlike(probe, limit)
    if why and not wrong_type:
        return _refused(name, why)
    if _smaller(probe, limit):
        return _refused(name, f"its {probe.width}×{probe.height} pixels are too many")
    if not wrong_type and not (probe.metadata and Allowed.STRIP in allowed):
        return ()
    codecs = (probe.video_codec in _IN_MP4, not probe.audio_codec or probe.audio_codec in _IN_MP4)
    if not all(codecs) or (limit.types and MP4 not in limit.types):
        return _refused(name, why or f"its metadata cannot be taken out of {probe.content_type}")
    if Allowed.REENCODE not in allowed:
        return _not_allowed(name, why or "its metadata are to go", Allowed.REENCODE)
    return (Rewrap(),)


def _as_it_is(name: str, probe: Probe, limit: MediaLimits) -> Steps | MediaFault:
    """Animations, sound and documents go out untouched or not at all."""
    why = _unlike(probe, limit)
    if not why and _smaller(probe, limit):
        why = f"its {probe.width}×{probe.height} pixels are too many"
    return _refused(name, why) if why else ()


def _refused(name: str, why: str) -> MediaFault:
    message = f"{name} does not fit: {why}. Put another file in its place."
    return MediaFault(MediaCause.DOES_NOT_FIT, message)


def _not_allowed(name: str, why: str, needed: Allowed) -> MediaFault:
    message = (
        f"{name} does not fit: {why}. Put another file in its place, or allow `{needed}`"
        " in the profile's `fit`."
    )
    return MediaFault(MediaCause.DOES_NOT_FIT, message)

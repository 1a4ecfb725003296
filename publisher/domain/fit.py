"""How media are made to fit a platform: steps that its profile allows, or a sentence why not.

Nothing is ever cropped, enlarged, flattened or made worse without a word: what a profile does not
allow in `fit` is refused, and the steps that are taken belong to what people approve.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from publisher.domain.media import MediaCause, MediaFault, MediaKind, Probe

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
MP4 = "video/mp4"
WRITTEN = frozenset({JPEG, PNG, WEBP})
MIB = 1024 * 1024


class Allowed(StrEnum):
    """What a profile may allow in `fit`."""

    REENCODE = "reencode"
    RESIZE = "resize"
    STRIP = "strip_metadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindLimits:
    """What a platform takes of one kind of media. 0 and () mean that it does not say.

    `width` is in pixels, `ratio` width by height, `seconds` the length: least and most.
    """

    taken: bool = True
    types: tuple[str, ...] = ()
    bytes: int = 0
    width: tuple[int, int] = (0, 0)
    pixels: int = 0
    ratio: tuple[float, float] = (0.0, 0.0)
    seconds: tuple[float, float] = (0.0, 0.0)
    frames: int = 0
    video_codecs: tuple[str, ...] = ()
    audio_codecs: tuple[str, ...] = ()
    rgb_only: bool = False


MediaLimits = Mapping[MediaKind, KindLimits]

NO_LIMITS: MediaLimits = {}
_OPEN = KindLimits()


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


def fit(
    name: str, probe: Probe, limits: MediaLimits, allowed: AbstractSet[str]
) -> Steps | MediaFault:
    """The steps from these bytes to what the platform takes; () when they fit as they are."""
    limit = limits.get(probe.kind, _OPEN)
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


def _hopeless(probe: Probe, limit: KindLimits) -> Iterator[str]:
    """What no step mends without cropping, enlarging or cutting."""
    if not limit.taken:
        yield f"this platform takes no {probe.kind}"
    if limit.width[0] and probe.width < limit.width[0]:
        yield f"it is {probe.width} pixels wide and must be {limit.width[0]} or more"
    low, high = limit.ratio
    if probe.height and (low or high):
        ratio = probe.width / probe.height
        if ratio < low or (high and ratio > high):
            yield (
                f"its proportions are {ratio:.2f}:1, outside {low:g}:1 to {high:g}:1."
                " Copydesk does not crop"
            )
    shortest, longest = limit.seconds
    if probe.seconds and (probe.seconds < shortest or (longest and probe.seconds > longest)):
        yield f"it takes {probe.seconds:.1f} s, outside {shortest:g} to {longest:g} s"
    if limit.frames and probe.frames > limit.frames:
        yield f"it has {probe.frames} frames, more than {limit.frames}"


def _image(
    name: str, probe: Probe, limit: KindLimits, allowed: AbstractSet[str]
) -> Steps | MediaFault:
    smaller = _smaller(probe, limit)
    wrong_type = bool(limit.types) and probe.content_type not in limit.types
    wrong_colour = limit.rgb_only and probe.colour == "CMYK"
    too_heavy = bool(limit.bytes) and probe.size > limit.bytes
    if not (smaller or wrong_type or wrong_colour or too_heavy):
        return _stripped(name, probe, allowed)
    if Allowed.REENCODE not in allowed:
        what = _what(probe, limit, wrong_colour=wrong_colour, smaller=smaller)
        return _not_allowed(name, what, Allowed.REENCODE)
    if smaller and Allowed.RESIZE not in allowed:
        return _not_allowed(name, _what(probe, limit, smaller=smaller), Allowed.RESIZE)
    target = _target(probe, limit)
    if target is None:
        seen = "it has transparent parts" if probe.transparent else f"it is {probe.content_type}"
        return _refused(name, f"{seen}, and this platform takes only {', '.join(limit.types)}")
    resize = (Resize(*smaller),) if smaller else ()
    return (*resize, Encode(target, limit.bytes, Allowed.RESIZE in allowed))


def _what(
    probe: Probe,
    limit: KindLimits,
    *,
    wrong_colour: bool = False,
    smaller: tuple[int, int] | None = None,
) -> str:
    if limit.types and probe.content_type not in limit.types:
        return f"it is {probe.content_type}, and this platform takes {', '.join(limit.types)}"
    if wrong_colour:
        return "its colours are CMYK, and this platform takes RGB"
    if smaller:
        return (
            f"it is {probe.width}×{probe.height} pixels, and this platform takes"
            f" {smaller[0]}×{smaller[1]}"
        )
    return _too_heavy(probe, limit)


def _smaller(probe: Probe, limit: KindLimits) -> tuple[int, int] | None:
    """The largest size with the same proportions that is allowed; None when it is as it is."""
    scale = 1.0
    if limit.width[1]:
        scale = min(scale, limit.width[1] / probe.width)
    if limit.pixels:
        scale = min(scale, (limit.pixels / (probe.width * probe.height)) ** 0.5)
    if scale >= 1:
        return None
    return max(1, int(probe.width * scale)), max(1, int(probe.height * scale))


def _target(probe: Probe, limit: KindLimits) -> str | None:
    """What to write: the type it has, else one that loses nothing it shows; None: there is none."""
    written = (WEBP, PNG) if probe.transparent else (JPEG, PNG, WEBP)
    takes = [kind for kind in written if not limit.types or kind in limit.types]
    heavy_png = probe.content_type == PNG and limit.bytes and probe.size > limit.bytes
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
    name: str, probe: Probe, limit: KindLimits, allowed: AbstractSet[str]
) -> Steps | MediaFault:
    """A wrong wrapping is mended without loss; pictures and sound are never made anew."""
    for codec, takes, what in (
        (probe.video_codec, limit.video_codecs, "pictures"),
        (probe.audio_codec, limit.audio_codecs, "sound"),
    ):
        if codec and takes and codec not in takes:
            return _refused(name, f"its {what} are {codec}, and this platform takes {takes[0]}")
    if limit.width[1] and probe.width > limit.width[1]:
        return _refused(name, f"it is {probe.width} pixels wide, more than {limit.width[1]}")
    if limit.pixels and probe.width * probe.height > limit.pixels:
        return _refused(name, f"it is {probe.width}×{probe.height}, more than {limit.pixels} px")
    if limit.bytes and probe.size > limit.bytes:
        return _refused(name, _too_heavy(probe, limit))
    wrong_type = bool(limit.types) and probe.content_type not in limit.types
    wanted = probe.metadata and Allowed.STRIP in allowed
    if not wrong_type and not wanted:
        return ()
    if Allowed.REENCODE not in allowed or (limit.types and MP4 not in limit.types):
        what = _what(probe, limit) if wrong_type else "its metadata are to go"
        return _not_allowed(name, what, Allowed.REENCODE)
    return (Rewrap(),)


def _as_it_is(name: str, probe: Probe, limit: KindLimits) -> Steps | MediaFault:
    """Animations, sound and documents go out untouched or not at all."""
    if limit.types and probe.content_type not in limit.types:
        return _refused(name, _what(probe, limit))
    if limit.pixels and probe.width * probe.height * max(1, probe.frames) > limit.pixels:
        return _refused(name, f"it has more than {limit.pixels} pixels in all")
    if limit.bytes and probe.size > limit.bytes:
        return _refused(name, _too_heavy(probe, limit))
    return ()


def _too_heavy(probe: Probe, limit: KindLimits) -> str:
    return f"it is {probe.size / MIB:.1f} MiB, and this platform takes {limit.bytes / MIB:.1f} MiB"


def _refused(name: str, why: str) -> MediaFault:
    message = f"{name} does not fit: {why}. Put another file in its place."
    return MediaFault(MediaCause.DOES_NOT_FIT, message)


def _not_allowed(name: str, why: str, needed: Allowed) -> MediaFault:
    message = (
        f"{name} does not fit: {why}. Put another file in its place, or allow `{needed}`"
        " in the profile's `fit`."
    )
    return MediaFault(MediaCause.DOES_NOT_FIT, message)

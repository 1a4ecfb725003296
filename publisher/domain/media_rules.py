"""What a platform would refuse in the media of a delivery, judged by their bytes."""

from collections import Counter
from collections.abc import Iterator, Mapping

from publisher.domain.epic import Media
from publisher.domain.findings import Finding, Pointer
from publisher.domain.limits import Limits, MediaLimits, Range, within
from publisher.domain.media import MediaKind, Probe
from publisher.domain.rules import Rule
from publisher.domain.text_rules import Delivered

_PLURAL = {
    MediaKind.IMAGE: "images",
    MediaKind.ANIMATION: "animated images",
    MediaKind.VIDEO: "films",
    MediaKind.AUDIO: "sound files",
    MediaKind.DOCUMENT: "documents",
}
_OWN_TASK = "Change the media, or send this profile a task of its own."


def media_findings(one: Delivered, probes: Mapping[str, Probe]) -> Iterator[Finding]:
    """Everything about the attachments; those that could not be looked at are left out."""
    for number, part in enumerate(one.payload.parts):
        at = one.part_at(number)
        yield from _number(one, at, part.media, first=number == 0)
        seen = [probes[media.name] for media in part.media if media.name in probes]
        yield from _kinds(one, at, seen)
        for index, media in enumerate(part.media):
            place = (*at, "media", index)
            if media.name in probes:
                yield from _one(one, place, probes[media.name])
            most = one.limits.alt
            if most is not None and len(media.alt) > most:
                message = f"This alt text is too long for {one.who}: {len(media.alt)} of {most}."
                yield Finding((*place, "alt"), Rule.ALT_LONG, message, "Shorten it.")


def alt_findings(at: Pointer, media: Media, probe: Probe | None) -> Iterator[Finding]:
    """What is missing for people who cannot see; asked once a picture, not once a profile."""
    pictures = {MediaKind.IMAGE, MediaKind.ANIMATION}
    if not media.alt.strip() and probe is not None and probe.kind in pictures:
        hint = "Add `alt` with a sentence that says what is to be seen."
        yield Finding(at, Rule.ALT_MISSING, "This picture has no alt text.", hint)


def _number(
    one: Delivered, at: Pointer, media: tuple[Media, ...], *, first: bool
) -> Iterator[Finding]:
    least, most = one.limits.media
    place = (*at, "media") if media else at
    if first and len(media) < least:
        message = f"{one.who} needs at least {least} attachment{'s' if least > 1 else ''}."
        yield Finding(place, Rule.MEDIA_COUNT, message, "Add `media`.")
    if most is not None and len(media) > most:
        message = f"{one.who} takes at most {most} attachments in a post; here are {len(media)}."
        yield Finding(place, Rule.MEDIA_COUNT, message, _OWN_TASK)


def _kinds(one: Delivered, at: Pointer, seen: list[Probe]) -> Iterator[Finding]:
    counts = Counter(probe.kind for probe in seen)
    place = (*at, "media")
    if len(counts) > 1 and not one.limits.mixed:
        names = " and ".join(_PLURAL[kind] for kind in counts)
        message = f"{one.who} takes one kind of media in a post; here are {names}."
        yield Finding(place, Rule.MEDIA_MIXED, message, _OWN_TASK)
    for kind, count in counts.items():
        allowed = _allowed(one.limits, kind)
        most = allowed.most if allowed else None
        together = one.limits.media[1]
        if most is not None and count > most and (together is None or count <= together):
            message = f"{one.who} takes at most {most} {_PLURAL[kind]} in a post; here are"
            yield Finding(place, Rule.MEDIA_COUNT, f"{message} {count}.", _OWN_TASK)


def _one(one: Delivered, at: Pointer, probe: Probe) -> Iterator[Finding]:
    allowed = _allowed(one.limits, probe.kind)
    who, place = one.who, (*at, "file")
    if allowed is None:
        if one.limits.closed:
            message = f"{who} takes no {_PLURAL[probe.kind]}."
            yield Finding(place, Rule.MEDIA_TYPE, message, _OWN_TASK)
        return
    if allowed.types and not any(_is(probe.content_type, kind) for kind in allowed.types):
        kinds = ", ".join(kind.partition("/")[2].upper() for kind in allowed.types)
        message = f"{who} takes no {probe.content_type}."
        yield Finding(place, Rule.MEDIA_TYPE, message, f"It takes: {kinds}.")
    if not within(probe.size, allowed.bytes):
        least, most = allowed.bytes
        bound = f"at most {_size(most)}" if probe.size > (most or 0) else f"at least {_size(least)}"
        message = f"{who} takes files of {bound}; this one has {_size(probe.size)}."
        yield Finding(place, Rule.MEDIA_BYTES, message, "Export it in another quality.")
    yield from _pixels(who, place, probe, allowed)
    if probe.kind is MediaKind.VIDEO and not within(probe.seconds, allowed.seconds):
        message = f"{who} takes films of {_range(allowed.seconds)} seconds"
        yield Finding(place, Rule.MEDIA_SECONDS, f"{message}; this one lasts {probe.seconds:g}.")


def _pixels(who: str, at: Pointer, probe: Probe, allowed: MediaLimits) -> Iterator[Finding]:
    width, height = probe.width, probe.height
    if not width or not height:
        return
    here = f"; this is {width}×{height}."
    hint = "Scale it."
    for name, value, bound in (
        ("a width", width, allowed.width),
        ("a height", height, allowed.height),
        ("width and height together", width + height, (None, allowed.sides)),
        ("a number of pixels", width * height, (None, allowed.pixels)),
    ):
        if not within(value, bound):
            message = f"{who} wants {name} of {_range(bound)}{here}"
            yield Finding(at, Rule.MEDIA_PIXELS, message, hint)
    if not within(round(width / height, 4), allowed.ratio):
        message = f"{who} takes an aspect ratio (width by height) of {_range(allowed.ratio)}"
        message += f"; this is {width / height:.2f} ({width}×{height})."
        yield Finding(at, Rule.MEDIA_RATIO, message, "Crop it.")


def _allowed(limits: Limits, kind: MediaKind) -> MediaLimits | None:
    match kind:
        case MediaKind.IMAGE:
            return limits.image
        case MediaKind.ANIMATION:
            return limits.animation or limits.image
        case MediaKind.VIDEO:
            return limits.video
        case MediaKind.DOCUMENT:
            return limits.document
        case MediaKind.AUDIO:
            return None


def _is(content_type: str, allowed: str) -> bool:
    return content_type == allowed or (
        allowed.endswith("/*") and content_type.startswith(allowed[:-1])
    )


def _range(bound: Range) -> str:
    least, most = bound
    if least is None or not least:
        return f"at most {most:,g}"
    return f"at least {least:,g}" if most is None else f"{least:,g} to {most:,g}"


def _size(size: float | None) -> str:
    size = size or 0
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}".replace(".0 ", " ")
    return f"{size:g} bytes"

"""Looking at films and sound with PyAV: the streams, the length, and one picture."""

from typing import BinaryIO

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from publisher.adapters.media_sniff import Kind
from publisher.domain.media import MediaCause, MediaFault, MediaKind, Probe

LARGEST_PICTURE = 8192 * 4320
_MADE_BY_PROGRAMS = frozenset(
    {"major_brand", "minor_version", "compatible_brands", "encoder", "creation_time", "duration"}
)


class Refusal(Exception):
    """Carries a fault out of the depths of a reader."""

    def __init__(self, cause: MediaCause, message: str) -> None:
        super().__init__(message)
        self.fault = MediaFault(cause, message)


def film(stream: BinaryIO, kind: Kind, size: int) -> Probe:
    """Probe it without reading more than headers and one picture; raise Refusal or av's errors."""
    with opened(stream, kind) as container:
        pictures = shown(container)
        sound = container.streams.audio
        if not pictures and not sound:
            raise Refusal(MediaCause.BROKEN, "It holds neither pictures nor sound.")
        if any(track.codec_context is None for track in (*pictures, *sound)):
            why = "It is cut short, or made with a codec that nobody knows. Export it again."
            raise Refusal(MediaCause.BROKEN, why)
        width, height = (pictures[0].width, pictures[0].height) if pictures else (0, 0)
        if width * height > LARGEST_PICTURE:
            why = f"Its pictures are {width}×{height} pixels: too large. Make them smaller."
            raise Refusal(MediaCause.TOO_LARGE, why)
        if max(map(_ends, (*pictures, *sound)), default=0) > size:
            raise Refusal(MediaCause.BROKEN, "It is cut short. Export it again.")
        first = pictures[0] if pictures else sound[0]
        frame = next(iter(container.decode(first)), None)
        if frame is None:
            raise Refusal(MediaCause.BROKEN, "Nothing of it can be played. Export it again.")
        turned = isinstance(frame, VideoFrame) and bool(frame.rotation % 360)
        if isinstance(frame, VideoFrame) and frame.rotation % 180:
            width, height = height, width
        return Probe(
            kind=MediaKind.VIDEO if pictures else MediaKind.AUDIO,
            content_type=_content_type(kind, has_pictures=bool(pictures)),
            size=size,
            width=width,
            height=height,
            turned=turned,
            metadata=bool({tag.lower() for tag in container.metadata} - _MADE_BY_PROGRAMS),
            seconds=round((container.duration or 0) / av.time_base, 3),
            video_codec=pictures[0].codec_context.name if pictures else "",
            audio_codec=sound[0].codec_context.name if sound else "",
        )


def shown(container: InputContainer) -> list[VideoStream]:
    """The pictures that move: the one on a record's sleeve is no film."""
    return [
        track
        for track in container.streams.video
        if not track.disposition & Disposition.attached_pic
    ]


def opened(stream: BinaryIO, kind: Kind) -> InputContainer:
    """Open it with the one reader for its format; it may follow no reference to elsewhere."""
    references = {"enable_drefs": "0"} if kind.format == "mov" else {}
    options = {"protocol_whitelist": "none", **references}
    return av.open(stream, "r", format=kind.format, options=options)


def _ends(track: Stream) -> int:
    """The byte after the last one that the index at the file's head names; 0 without an index."""
    entries = track.index_entries if isinstance(track, VideoStream | AudioStream) else None
    return entries[-1].pos + entries[-1].size if entries else 0


def _content_type(kind: Kind, *, has_pictures: bool) -> str:
    _family, _slash, name = kind.content_type.partition("/")
    return f"{'video' if has_pictures else 'audio'}/{name}"

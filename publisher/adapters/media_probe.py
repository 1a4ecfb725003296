"""Looking at media with Pillow and PyAV: what they are, and whether they are whole.

Hostile bytes are expected. A picture's size is judged by its header before anything is decoded,
JPEGs are decoded at an eighth of their size, of a film only the first picture is; readers are
chosen by the bytes, so that nothing makes Pillow or FFmpeg open another file or an address.
"""

import io
import struct
import warnings
from pathlib import Path
from typing import BinaryIO

import av.error
from PIL import ExifTags, Image, UnidentifiedImageError

from publisher.adapters.media_film import Refusal, film
from publisher.adapters.media_sniff import HEAD, Kind, sniff
from publisher.domain.media import MediaCause, MediaFault, MediaKind, Probe

PROBE_VERSION = 1
MOST_PIXELS = 50_000_000
MOST_IN_ALL = 400_000_000
TOO_MANY_PIXELS = (
    f"It has more pixels than the {MOST_PIXELS // 1_000_000} million that are taken."
    " Make it smaller."
)
_SIDEWAYS = frozenset({5, 6, 7, 8})
_TELLS = ("exif", "xmp", "comment", "photoshop", "Author", "Comment", "Description")

_BROKEN = (
    UnidentifiedImageError,
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    struct.error,
)

# Pillow refuses more than twice this number, in headers and in frames, and warns below that.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2
warnings.filterwarnings("ignore", module=r"PIL\.")


def probe_file(path: Path) -> Probe | MediaFault:
    """Look at a file on this machine."""
    with path.open("rb") as stream:
        return probe(stream)


def probe(stream: BinaryIO) -> Probe | MediaFault:
    """Look at a seekable stream from its beginning; never raises for what the bytes are."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if not size:
        return MediaFault(MediaCause.EMPTY, "The file is empty. Put the real one in its place.")
    kind = sniff(stream.read(HEAD))
    stream.seek(0)
    try:
        return _probed(stream, kind, size)
    except Refusal as refusal:
        return refusal.fault
    except Image.DecompressionBombError:
        return MediaFault(MediaCause.TOO_LARGE, TOO_MANY_PIXELS)
    except MemoryError:
        why = "It needs more memory than there is. Make it smaller."
        return MediaFault(MediaCause.TOO_LARGE, why)
    except (*_BROKEN, av.error.FFmpegError) as error:
        words = getattr(error, "strerror", None) or str(error) or type(error).__name__
        said = " ".join(words.split())[:100]
        why = f"It is damaged or cut short ({said}). Export it again."
        return MediaFault(MediaCause.BROKEN, why)


def _probed(stream: BinaryIO, kind: Kind, size: int) -> Probe:
    if kind.reader == "none":
        raise Refusal(MediaCause.UNSUPPORTED, kind.why)
    if kind.reader == "pdf":
        return Probe(kind=MediaKind.DOCUMENT, content_type=kind.content_type, size=size)
    return _picture(stream, kind, size) if kind.reader == "pillow" else film(stream, kind, size)


def _picture(stream: BinaryIO, kind: Kind, size: int) -> Probe:
    if kind.format == "PNG":
        with Image.open(stream, formats=("PNG",)) as image:
            image.verify()  # loading alone does not miss the end
        stream.seek(0)
    with Image.open(stream, formats=(kind.format,)) as image:  # judges the size by the header
        width, height = image.size
        turned_by = image.getexif().get(ExifTags.Base.Orientation, 1)
        metadata = bool(len(image.getexif())) or any(image.info.get(tell) for tell in _TELLS)
        colour = image.mode
        frames = 1 if image.format == "MPO" else int(getattr(image, "n_frames", 1))
        transparent = _decoded(image, frames)
    if turned_by in _SIDEWAYS:
        width, height = height, width
    return Probe(
        kind=MediaKind.ANIMATION if frames > 1 and kind.format != "TIFF" else MediaKind.IMAGE,
        content_type=kind.content_type,
        size=size,
        width=width,
        height=height,
        colour=colour,
        transparent=transparent,
        turned=turned_by not in {0, 1},
        metadata=metadata,
        frames=frames,
    )


def _decoded(image: Image.Image, frames: int) -> bool:
    """Read it to its end, which shows what is missing; return whether any of it is transparent."""
    if frames * image.width * image.height > MOST_IN_ALL:
        why = f"It has {frames} frames of {image.width}×{image.height}: too much. Make it smaller."
        raise Refusal(MediaCause.TOO_LARGE, why)
    if image.format in {"JPEG", "MPO"}:
        image.draft(image.mode, (max(1, image.width // 8), max(1, image.height // 8)))
    transparent = False
    for frame in range(frames):
        image.seek(frame)
        image.load()
        transparent = transparent or (frame == 0 and _see_through(image))
    return transparent


def _see_through(image: Image.Image) -> bool:
    if image.mode in {"RGBA", "LA", "PA"}:
        low, _high = image.getchannel("A").getextrema()
        return isinstance(low, int | float) and low < 255  # noqa: PLR2004 - fully opaque
    return "transparency" in image.info

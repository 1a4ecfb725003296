"""Doing what `domain/fit.py` decided, with Pillow and PyAV; results are kept by content."""

import hashlib
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import av.error
from PIL import ExifTags, Image, ImageOps

from publisher.adapters.media_colour import in_srgb
from publisher.adapters.media_probe import TOO_MANY_PIXELS
from publisher.adapters.media_rewrap import rewrap
from publisher.adapters.media_store import FolderStore
from publisher.adapters.media_strip import stripped_jpeg, stripped_png
from publisher.domain.errors import MediaRefused
from publisher.domain.fit import JPEG, MIB, PNG, Encode, Resize, Rewrap, Steps, Strip, imprint

FIT_VERSION = 1
_QUALITIES = (92, 88, 84, 80)
_SHRINK = 0.85
_SHRINK_AT_MOST = 6
_SIDEWAYS = frozenset({5, 6, 7, 8})
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


class Fitter:
    """Fits one file at a time, so that memory stays bounded; asking again costs a look-up."""

    def __init__(self, kept: FolderStore) -> None:
        self._kept = kept
        self._one_at_a_time = threading.Lock()

    def known(self, sha256: str, steps: Steps) -> Path | None:
        """What came of these steps before."""
        place = self._place(sha256, steps)
        return place if place.exists() else None

    def fitted(self, source: Path | bytes, sha256: str, steps: Steps) -> Path:
        """The file that comes of the steps; raise MediaRefused when it cannot be done well."""
        with self._one_at_a_time:
            place = self._place(sha256, steps)
            if place.exists():
                return place
            place.parent.mkdir(parents=True, exist_ok=True)
            with self._kept.temporary() as out:
                try:
                    _fit(source, steps, out)
                except Image.DecompressionBombError as error:
                    raise MediaRefused(TOO_MANY_PIXELS) from error
                except (OSError, ValueError, SyntaxError, av.error.FFmpegError) as error:
                    why = f"It cannot be fitted: {error}. Put another file in its place."
                    raise MediaRefused(why) from error
                out.replace(place)
            return place

    def _place(self, sha256: str, steps: Steps) -> Path:
        name = f"{FIT_VERSION} {imprint(sha256, steps)}"
        return self._kept.root / "fitted" / hashlib.sha256(name.encode()).hexdigest()


def _fit(source: Path | bytes, steps: Steps, out: Path) -> None:
    stream: BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    with stream:
        if any(isinstance(step, Rewrap) for step in steps):
            rewrap(stream, out)
        elif any(isinstance(step, Strip) for step in steps):
            out.write_bytes(_stripped(stream))
        else:
            out.write_bytes(_encoded(stream, steps))


def _stripped(stream: BinaryIO) -> bytes:
    with Image.open(stream, formats=("JPEG", "PNG")) as image:
        is_png = image.format == "PNG"
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    stream.seek(0)
    data = stream.read()
    return stripped_png(data) if is_png else stripped_jpeg(data, orientation)


def _encoded(stream: BinaryIO, steps: Steps) -> bytes:
    resize = next((step for step in steps if isinstance(step, Resize)), None)
    encode = next(step for step in steps if isinstance(step, Encode))
    with Image.open(
        stream, formats=("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")
    ) as source:
        sideways = source.getexif().get(ExifTags.Base.Orientation, 1) in _SIDEWAYS
        if resize is not None:
            box = (resize.height, resize.width) if sideways else (resize.width, resize.height)
            source.thumbnail(box, Image.Resampling.LANCZOS, reducing_gap=3.0)
        image = in_srgb(ImageOps.exif_transpose(source), keep_alpha=encode.content_type != JPEG)
    for data in _tries(image, encode):
        if not encode.at_most or len(data) <= encode.at_most:
            return data
    raise MediaRefused(
        f"It is larger than {encode.at_most / MIB:.1f} MiB at a good quality. Make it smaller,"
        " or allow `resize` in the profile's `fit`."
    )


def _tries(image: Image.Image, encode: Encode) -> Iterator[bytes]:
    """Ever smaller files: a little less quality first, then (where allowed) fewer pixels."""
    for again in range(_SHRINK_AT_MOST if encode.may_shrink else 1):
        if again:
            size = (max(1, int(image.width * _SHRINK)), max(1, int(image.height * _SHRINK)))
            image = image.resize(size, Image.Resampling.LANCZOS)
        for quality in _QUALITIES if encode.content_type != PNG else _QUALITIES[:1]:
            out = io.BytesIO()
            how = {} if encode.content_type == PNG else {"quality": quality}
            image.save(out, _FORMATS[encode.content_type], **how)
            yield out.getvalue()

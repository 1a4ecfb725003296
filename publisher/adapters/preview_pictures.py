"""Thumbnails of attachments, from pictures and from the first picture of films."""

import io
from pathlib import Path

import av
import av.error
from PIL import Image, ImageOps, UnidentifiedImageError

from publisher.domain.media import MediaKind
from publisher.domain.preview import CardMedia

_CANNOT = (UnidentifiedImageError, OSError, ValueError, SyntaxError, av.error.FFmpegError)


def thumbnail(folder: Path, media: CardMedia, size: tuple[int, int]) -> Image.Image | None:
    """Return a picture that fits into `size` pixels; None where there is none to show.

    Only media that were looked at before are opened, so nothing hostile reaches a decoder twice.
    """
    if media.probe is None:
        return None
    file = folder / media.file
    try:
        match media.probe.kind:
            case MediaKind.IMAGE | MediaKind.ANIMATION:
                with Image.open(file) as image:
                    image.draft("RGB", size)
                    whole = ImageOps.exif_transpose(image).convert("RGBA")
            case MediaKind.VIDEO:
                whole = _first_of(file)
            case _:
                return None
    except _CANNOT:
        return None
    whole.thumbnail(size)
    return whole


def as_jpeg(image: Image.Image) -> bytes:
    """Return the picture on white, small enough to stand inside a page."""
    flat = Image.new("RGB", image.size, "white")
    flat.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=80)
    return out.getvalue()


def _first_of(file: Path) -> Image.Image:
    with av.open(str(file), options={"protocol_whitelist": "file"}) as container:
        for frame in container.decode(video=0):
            picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
            return picture.convert("RGBA")
    raise ValueError("This film holds no picture.")

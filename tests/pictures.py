"""Pictures and films for tests, made by the libraries that read them."""

import io
import struct
import wave
from fractions import Fraction
from typing import Any

import av
from PIL import ExifTags, Image

RED, BLUE = (200, 30, 30), (30, 30, 200)


def picture(
    size: tuple[int, int] = (40, 30),
    form: str = "PNG",
    colour: Any = RED,
    mode: str = "RGB",
    **how: Any,
) -> bytes:
    """One plain picture; its left half is `colour`, its right half is darker."""
    image = Image.new(mode, size, colour)
    half = Image.new(mode, (max(1, size[0] // 2), size[1]), tuple(part // 2 for part in colour))
    image.paste(half, (size[0] - half.width, 0))
    out = io.BytesIO()
    image.save(out, form, **how)
    return out.getvalue()


def noise(size: tuple[int, int], form: str = "JPEG", **how: Any) -> bytes:
    """A picture that does not compress."""
    image = Image.effect_noise(size, 80).convert("RGB")
    out = io.BytesIO()
    image.save(out, form, **how)
    return out.getvalue()


def photo(size: tuple[int, int] = (40, 30), orientation: int = 1, form: str = "JPEG") -> bytes:
    """A picture as a camera writes it: with a place, a comment, and turned."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "Camera of Ana"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    return picture(size, form, exif=exif)


def animation(frames: int = 3, size: tuple[int, int] = (40, 30), form: str = "GIF") -> bytes:
    images = [Image.new("RGB", size, (80 * n % 255, 10 * n, 30)) for n in range(frames)]
    out = io.BytesIO()
    images[0].save(out, form, save_all=True, append_images=images[1:], duration=100)
    return out.getvalue()


def film(
    form: str = "mp4",
    seconds: float = 1.0,
    size: tuple[int, int] = (64, 48),
    *,
    sound: bool = True,
    **tags: str,
) -> bytes:
    """A short film in grey, with a tone of silence."""
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        container.metadata.update(tags)
        webm = form == "webm"
        pictures = container.add_stream("libvpx" if webm else "libx264", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = *size, "yuv420p"
        tone = container.add_stream("libopus" if webm else "aac", rate=48000) if sound else None
        for n in range(int(seconds * 10)):
            frame = av.VideoFrame(*size, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([(n * 20) % 255]) * plane.buffer_size)
            frame.pts, frame.time_base = n, Fraction(1, 10)
            container.mux(pictures.encode(frame))
        container.mux(pictures.encode(None))
        if tone is not None:
            _silence(container, tone, seconds)
    return out.getvalue()


def turned_film(size: tuple[int, int] = (64, 48), form: str = "mov") -> bytes:
    """A film as a phone held upright writes it: stored lying, turned by the track's matrix."""
    data = bytearray(film(form, size=size, sound=False))
    matrix = data.index(b"tkhd") + 44
    one, by_height = 0x00010000, size[1] << 16
    data[matrix : matrix + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, by_height, 0, 0x40000000)
    return bytes(data)


def _silence(container: Any, tone: Any, seconds: float) -> None:
    resampler = av.AudioResampler(format=tone.format, layout="stereo", rate=48000, frame_size=960)
    for n in range(int(seconds * 50)):
        frame = av.AudioFrame("s16", "stereo", 960)
        frame.sample_rate, frame.pts, frame.time_base = 48000, n * 960, Fraction(1, 48000)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        for ready in resampler.resample(frame):
            container.mux(tone.encode(ready))
    container.mux(tone.encode(None))


def tone() -> bytes:
    """A second of silence as WAV."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16000))
    return out.getvalue()

"""Bad input: every hostile or odd file ends in what it is, or in one sentence; never in a crash."""

import io
import re
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from publisher.adapters.media_probe import probe
from publisher.adapters.media_rewrap import rewrap
from publisher.domain.media import MediaFault, MediaKind, Probe
from tests.media.memory import peak_of
from tests.pictures import animation, film, noise, photo, picture, tone, turned_film

LARGE = noise((400, 400))


def of(data: bytes) -> Probe:
    found = probe(io.BytesIO(data))
    assert isinstance(found, Probe), found
    return found


def refused(data: bytes) -> tuple[str, str]:
    found = probe(io.BytesIO(data))
    assert isinstance(found, MediaFault), found
    assert found.message.endswith("."), found.message
    assert "\n" not in found.message
    assert len(found.message) < 300
    return found.cause.value, found.message


def png_claiming(width: int, height: int) -> bytes:
    """A tiny PNG whose header promises a huge picture: a decompression bomb."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(10_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def gif_claiming(frames: int, size: int) -> bytes:
    """Many frames of a large picture that take a few bytes each."""
    data = animation(2, (size, size))
    first, second = (match.start() for match in list(re.finditer(rb"\x21\xf9\x04", data))[:2])
    return data[:first] + data[first:second] * frames + b";"


def test_one_pixel_is_a_picture() -> None:
    found = of(picture((1, 1)))
    assert (found.kind, found.width, found.height) == (MediaKind.IMAGE, 1, 1)


@pytest.mark.parametrize("side", [7_072, 13_000, 40_000, 200_000, 2**31 - 1])
def test_a_bomb_is_judged_by_its_header(side: int) -> None:
    def refuse() -> None:
        cause, message = refused(png_claiming(side, side))
        assert cause == "too_large"
        assert "50 million" in message

    assert peak_of(refuse) < 30_000_000


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_the_largest_picture_that_is_taken_is_taken() -> None:
    side = 7_071
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    assert of(out.getvalue()).width == side


def test_a_frame_that_is_larger_than_its_animation_is_a_bomb_too() -> None:
    data = bytearray(animation(2))
    second = data.rindex(b"\x2c", 0, data.rindex(b"\x21\xf9\x04") + 30)
    data[second + 5 : second + 9] = struct.pack("<HH", 60_000, 60_000)
    assert refused(bytes(data))[0] in {"too_large", "broken"}


def test_a_real_picture_of_40000_by_40000_in_a_few_kilobytes_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (40_000, 40_000)).save(out, "TIFF", compression="group4")
    assert len(out.getvalue()) < 500_000
    assert refused(out.getvalue())[0] == "too_large"


def test_very_many_frames_are_refused_before_they_are_drawn() -> None:
    assert refused(gif_claiming(1_000, 1_000))[0] == "too_large"


def test_a_file_of_no_bytes_is_empty() -> None:
    assert refused(b"")[0] == "empty"


@pytest.mark.parametrize(
    ("form", "content_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("TIFF", "image/tiff"),
        ("BMP", "image/bmp"),
        ("AVIF", "image/avif"),
    ],
)
def test_the_type_comes_from_the_bytes(form: str, content_type: str) -> None:
    found = of(picture(form=form))
    assert (found.content_type, found.kind) == (content_type, MediaKind.IMAGE)
    assert (found.width, found.height) == (40, 30)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_what_moves_is_an_animation(form: str) -> None:
    found = of(animation(4, form=form))
    assert (found.kind, found.frames) == (MediaKind.ANIMATION, 4)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_has_the_size_that_viewers_show(orientation: int) -> None:
    found = of(photo((40, 30), orientation))
    assert (found.width, found.height) == ((30, 40) if orientation >= 5 else (40, 30))
    assert (found.turned, found.metadata) == (orientation != 1, True)


def test_printing_colours_are_recognised() -> None:
    assert of(picture(form="JPEG", mode="CMYK", colour=(9, 90, 9, 9))).colour == "CMYK"


@pytest.mark.parametrize(("alpha", "seen_through"), [(255, False), (254, True), (0, True)])
def test_transparent_means_that_something_shows_through(alpha: int, seen_through: bool) -> None:
    image = Image.new("RGBA", (9, 9), (1, 2, 3, alpha))
    out = io.BytesIO()
    image.save(out, "PNG")
    assert of(out.getvalue()).transparent is seen_through


@pytest.mark.parametrize("form", ["mp4", "mov", "webm", "matroska"])
@pytest.mark.parametrize("sound", [True, False])
def test_a_film_with_and_without_sound(form: str, sound: bool) -> None:
    found = of(film(form, sound=sound))
    assert (found.kind, found.width, found.height) == (MediaKind.VIDEO, 64, 48)
    assert bool(found.audio_codec) is sound
    assert found.seconds == pytest.approx(1, abs=0.1)


def test_a_film_from_a_phone_held_upright_is_upright() -> None:
    found = of(turned_film((64, 48)))
    assert (found.width, found.height, found.turned) == (48, 64, True)


def test_sound_alone_is_sound() -> None:
    found = of(tone())
    assert (found.kind, found.content_type, found.seconds) == (MediaKind.AUDIO, "audio/wav", 1.0)


@pytest.mark.parametrize(
    "whole",
    [LARGE, noise((200, 200), "PNG"), noise((200, 200), "WEBP"), noise((200, 200), "GIF"), film()],
    ids=["jpeg", "png", "webp", "gif", "mp4"],
)
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_what_is_cut_short_is_broken(whole: bytes, kept: float) -> None:
    assert refused(whole[: int(len(whole) * kept)])[0] == "broken"


def test_a_png_without_its_end_is_broken() -> None:
    assert refused(picture()[:-12])[0] == "broken"


def test_a_film_with_its_index_in_front_and_its_end_missing_is_broken(tmp_path: Path) -> None:
    rewrap(io.BytesIO(film(seconds=3)), tmp_path / "film.mp4")
    data = (tmp_path / "film.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert of(data).seconds == pytest.approx(3, abs=0.1)
    assert refused(data[:-200])[0] == "broken"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<!DOCTYPE html><title>Sign in</title>", "a web page"),
        (b"\xef\xbb\xbf  <HTML>", "a web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"%!PS-Adobe-3.0 EPSF", "PostScript"),
        (b"#EXTM3U\nhttp://127.0.0.1/secret", "a playlist"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "no picture, film or sound"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"PK\x03\x04", "ZIP"),
        (b"RIFF\0\0\0\0junk", "RIFF"),
        (b"\0" * 500, "no picture, film or sound"),
        (b"x", "no picture, film or sound"),
    ],
)
def test_what_is_no_media_is_named(data: bytes, words: str) -> None:
    cause, message = refused(data)
    assert cause == "unsupported_format"
    assert words in message


def test_a_film_that_points_elsewhere_makes_nobody_open_anything() -> None:
    """A QuickTime file may name another file as its data; the reader follows no such reference."""
    data = bytearray(film("mov"))
    at = data.index(b"dref")
    data[at + 12 : at + 20] = struct.pack(">I4s", 12, b"alis")
    found = probe(io.BytesIO(bytes(data)))
    assert isinstance(found, Probe | MediaFault)


WHOLE = (picture(), LARGE, animation(), picture(form="WEBP"), photo(orientation=6), film(), tone())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_never_raise(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from(WHOLE)))
    for _ in range(data.draw(st.integers(1, 20))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    assert isinstance(probe(io.BytesIO(bytes(whole[:cut]))), Probe | MediaFault)


def test_a_film_that_is_cut_anywhere_in_its_header_is_told_in_a_sentence() -> None:
    whole = film()
    for cut in range(whole.index(b"moov"), len(whole), 3):
        assert isinstance(probe(io.BytesIO(whole[:cut])), Probe | MediaFault)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_value(data: bytes) -> None:
    for head in (b"", b"\xff\xd8\xff", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x18ftypmp42"):
        assert isinstance(probe(io.BytesIO(head + data)), Probe | MediaFault)

"""The size of a picture is read from its head, or honestly not known."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.connecting.pictures import size_of

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 800, 600)
GIF = b"GIF89a" + struct.pack("<HH", 800, 600)
EXIF = b"\xff\xe1\x00\x0aExif\0\0xx"
FRAME = b"\xff\xc2\x00\x11\x08" + struct.pack(">HH", 600, 800) + b"\x03"
JPEG = b"\xff\xd8" + EXIF + b"\xff\xff\xdb\x00\x04xx\xff\x01" + FRAME
WEBP = b"RIFF\x00\x00\x00\x00WEBP"
LOSSY = WEBP + b"VP8 \x00\x00\x00\x00abc\x9d\x01\x2a" + struct.pack("<HH", 800 | 0x4000, 600)
LOSSLESS = WEBP + b"VP8L\x00\x00\x00\x00\x2f" + struct.pack("<I", 799 | 599 << 14)
EXTENDED = WEBP + b"VP8X\x00\x00\x00\x00abcd\x1f\x03\x00\x57\x02\x00"
KNOWN = {
    "png": PNG,
    "gif": GIF,
    "jpeg": JPEG,
    "lossy": LOSSY,
    "lossless": LOSSLESS,
    "extended": EXTENDED,
}


@pytest.mark.parametrize("data", KNOWN.values(), ids=KNOWN)
def test_size_is_read_from_the_head(data: bytes) -> None:
    assert size_of(data) == (800, 600)
    assert size_of(data + b"\xff" * 100) == (800, 600)


@pytest.mark.parametrize(
    "data", [b"", b"<html>", b"\xff\xd8", b"\xff\xd8\xff\xe1\xff\xff", PNG[:20], GIF[:6] + bytes(4)]
)
def test_what_cannot_be_read_is_not_guessed(data: bytes) -> None:
    assert size_of(data) is None


@given(st.sampled_from(list(KNOWN.values())), st.integers(0, 60), st.binary(max_size=40))
def test_no_bytes_break_the_reader(data: bytes, cut: int, more: bytes) -> None:
    found = size_of(data[:cut] + more)
    assert found is None or min(found) > 0

"""What bytes are by their first bytes, whatever the name says; and a word for what we refuse."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

HEAD = 64
_HEIC = frozenset({b"heic", b"heix", b"hevc", b"mif1", b"msf1"})
_AVIF = frozenset({b"avif", b"avis"})
_EBML = b"\x1aE\xdf\xa3"
_SAVE_AS = "Save it as JPEG, PNG, GIF, WebP, MP4 or WebM."


@dataclass(frozen=True, slots=True)
class Kind:
    """Which library reads it and under which of its names; `why` is set when none does."""

    reader: Literal["pillow", "av", "pdf", "none"]
    format: str = ""
    content_type: str = ""
    why: str = ""


_PILLOW: Sequence[tuple[bytes, str, str]] = (
    (b"\xff\xd8\xff", "JPEG", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "PNG", "image/png"),
    (b"GIF87a", "GIF", "image/gif"),
    (b"GIF89a", "GIF", "image/gif"),
    (b"II*\0", "TIFF", "image/tiff"),
    (b"MM\0*", "TIFF", "image/tiff"),
    (b"BM", "BMP", "image/bmp"),
)
_AV: Sequence[tuple[bytes, str, str]] = (
    (b"OggS", "ogg", "audio/ogg"),
    (b"fLaC", "flac", "audio/flac"),
    (b"ID3", "mp3", "audio/mpeg"),
    (b"\xff\xfb", "mp3", "audio/mpeg"),
    (b"\xff\xf3", "mp3", "audio/mpeg"),
)
_KNOWN_STRANGERS: Sequence[tuple[bytes, str]] = (
    (b"version https://git-lfs", "a Git LFS pointer, not the file that it points to"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "XML"),
    (b"%!PS", "PostScript"),
    (b"8BPS", "a Photoshop file"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"{", "JSON or other text"),
    (b"#EXTM3U", "a playlist"),
)


def sniff(head: bytes) -> Kind:
    """Name the format that begins with `head` (64 bytes are enough)."""
    for magic, name, content_type in _PILLOW:
        if head.startswith(magic):
            return Kind("pillow", name, content_type)
    if head.startswith(_EBML):
        return Kind("av", "matroska", "video/webm" if b"webm" in head else "video/x-matroska")
    for magic, name, content_type in _AV:
        if head.startswith(magic):
            return Kind("av", name, content_type)
    if head.startswith(b"%PDF-"):
        return Kind("pdf", content_type="application/pdf")
    if head.startswith(b"RIFF"):
        return _riff(head[8:12])
    if head[4:8] == b"ftyp":
        return _ftyp(head[8:12])
    return _stranger(head)


def _riff(form: bytes) -> Kind:
    if form == b"WEBP":
        return Kind("pillow", "WEBP", "image/webp")
    if form == b"AVI ":
        return Kind("av", "avi", "video/x-msvideo")
    if form == b"WAVE":
        return Kind("av", "wav", "audio/wav")
    return Kind("none", why=f"It holds an unknown kind of RIFF data. {_SAVE_AS}")


def _ftyp(brand: bytes) -> Kind:
    if brand in _HEIC:
        return Kind("none", why="It is a HEIC picture. Save it as JPEG.")
    if brand in _AVIF:
        return Kind("pillow", "AVIF", "image/avif")
    if brand == b"qt  ":
        return Kind("av", "mov", "video/quicktime")
    if brand in {b"M4A ", b"M4B "}:
        return Kind("av", "mov", "audio/mp4")
    return Kind("av", "mov", "video/mp4")


def _stranger(head: bytes) -> Kind:
    lowered = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, what in _KNOWN_STRANGERS:
        if lowered.startswith(magic.lower()):
            return Kind("none", why=f"It is {what}, no picture, film or sound. {_SAVE_AS}")
    return Kind("none", why=f"It is no picture, film or sound that Copydesk knows. {_SAVE_AS}")

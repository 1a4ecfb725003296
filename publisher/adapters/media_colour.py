"""Colours as every viewer shows them: sRGB, whatever profile the picture came with."""

import io
from contextlib import suppress

from PIL import Image, ImageCms


def in_srgb(image: Image.Image, *, keep_alpha: bool) -> Image.Image:
    """Apply an embedded profile and leave it out, with everything else that is no picture."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "RGBA", "CMYK", "L"}:
        image = _managed(image, profile)
    wanted = _mode(image, keep_alpha=keep_alpha)
    made = image.convert(wanted) if image.mode != wanted else image.copy()
    made.info = {}
    return made


def _managed(image: Image.Image, profile: bytes) -> Image.Image:
    """A profile that does not go with its picture is ignored, as viewers do."""
    target = "RGBA" if image.mode == "RGBA" else "RGB"
    with suppress(ImageCms.PyCMSError, OSError):
        ours = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, ours, srgb, outputMode=target) or image
    return image


def _mode(image: Image.Image, *, keep_alpha: bool) -> str:
    if image.has_transparency_data and keep_alpha:
        return "RGBA"
    return "L" if image.mode == "L" else "RGB"

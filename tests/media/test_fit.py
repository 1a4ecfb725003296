"""Fitting does what was decided, keeps what readers see, and keeps results by content."""

import hashlib
import io
from pathlib import Path

import av
import pytest
from PIL import Image, ImageCms

from publisher.adapters.media_fit import Fitter
from publisher.adapters.media_probe import probe, probe_file
from publisher.adapters.media_store import FolderStore
from publisher.domain.errors import MediaRefused
from publisher.domain.fit import Encode, Resize, Rewrap, Step, Strip, fit
from publisher.domain.limits import Limits, MediaLimits
from publisher.domain.media import MediaFault, MediaKind, Probe
from tests.pictures import BLUE, RED, film, noise, photo, picture, turned_film

ALL = frozenset({"reencode", "resize", "strip_metadata"})


@pytest.fixture
def fitter(tmp_path: Path) -> Fitter:
    return Fitter(FolderStore(tmp_path / "media"))


def fitted(fitter: Fitter, data: bytes, *steps: Step) -> bytes:
    return fitter.fitted(data, hashlib.sha256(data).hexdigest(), steps).read_bytes()


def seen(data: bytes) -> Probe:
    found = probe(io.BytesIO(data))
    assert isinstance(found, Probe), found
    return found


def shown(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def near(pixel: object, colour: tuple[int, int, int], by: int = 12) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) <= by for one, other in zip(pixel, colour, strict=True))


def test_resizing_keeps_the_proportions_and_the_type(fitter: Fitter) -> None:
    found = seen(fitted(fitter, noise((400, 300)), Resize(100, 75), Encode("image/jpeg")))
    assert (found.width, found.height, found.content_type) == (100, 75, "image/jpeg")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("steps", [(), (Resize(20, 20),)], ids=["encode", "resize"])
def test_a_turned_photo_is_upright_afterwards_and_says_so_no_more(
    fitter: Fitter, orientation: int, steps: tuple[Step, ...]
) -> None:
    data = photo((40, 40), orientation)
    upright = fitted(fitter, data, *steps, Encode("image/png"))
    found = seen(upright)
    image = shown(upright)
    corner = (image.width // 8, image.height // 8)
    before = {1: RED, 4: RED, 5: RED, 8: (100, 15, 15)}
    dark = (100, 15, 15)
    expected = {1: RED, 2: dark, 3: dark, 4: RED, 5: RED, 6: RED, 7: dark, 8: dark}[orientation]

    assert before.get(orientation, expected) == expected
    assert (found.turned, found.metadata) == (False, False)
    assert near(image.getpixel(corner), expected, by=25)


def test_printing_colours_become_screen_colours(fitter: Fitter) -> None:
    data = picture(form="JPEG", mode="CMYK", colour=(0, 220, 220, 20), quality=95)
    found = seen(fitted(fitter, data, Encode("image/jpeg")))
    pixel = shown(fitted(fitter, data, Encode("image/png"))).getpixel((2, 2))

    assert found.colour == "RGB"
    assert near(pixel, shown(data).getpixel((2, 2)))  # type: ignore[arg-type]


def test_a_colour_profile_is_applied_before_it_is_left_out(fitter: Fitter) -> None:
    lab_like = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = picture(form="PNG", colour=BLUE, icc_profile=lab_like)
    out = fitted(fitter, data, Encode("image/png"))

    assert "icc_profile" not in Image.open(io.BytesIO(out)).info
    assert near(shown(out).getpixel((2, 2)), BLUE, by=2)


def test_a_profile_that_is_rubbish_is_left_out_like_in_a_browser(fitter: Fitter) -> None:
    data = picture(form="PNG", colour=BLUE, icc_profile=b"rubbish" * 30)
    assert near(shown(fitted(fitter, data, Encode("image/png"))).getpixel((2, 2)), BLUE, by=2)


@pytest.mark.parametrize("content_type", ["image/png", "image/webp"])
def test_what_shows_through_still_does(fitter: Fitter, content_type: str) -> None:
    data = picture(mode="RGBA", colour=(200, 30, 30, 60))
    assert seen(fitted(fitter, data, Encode(content_type))).transparent


def test_a_byte_limit_is_kept_at_a_good_quality(fitter: Fitter) -> None:
    data = noise((600, 400), quality=98)
    limit = int(len(data) * 0.6)
    out = fitted(fitter, data, Encode("image/jpeg", limit))

    assert len(out) <= limit
    assert (seen(out).width, seen(out).height) == (600, 400)


def test_what_cannot_be_kept_at_a_good_quality_is_refused_not_degraded(fitter: Fitter) -> None:
    data = noise((600, 400), quality=98)
    with pytest.raises(MediaRefused, match="good quality"):
        fitted(fitter, data, Encode("image/jpeg", len(data) // 8))


def test_it_becomes_smaller_only_where_that_is_allowed(fitter: Fitter) -> None:
    data = noise((600, 400), quality=98)
    limit = len(data) // 8
    out = fitted(fitter, data, Encode("image/jpeg", limit, may_shrink=True))

    assert len(out) <= limit
    assert seen(out).width / seen(out).height == pytest.approx(1.5, abs=0.02)


# Stripping.


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_stripping_leaves_out_everything_private_and_no_pixel(fitter: Fitter, form: str) -> None:
    data = photo((40, 30), form=form)
    assert b"Camera of Ana" in data
    out = fitted(fitter, data, Strip())

    assert b"Camera of Ana" not in out
    assert not seen(out).metadata
    assert shown(out).tobytes() == shown(data).tobytes()


def test_stripping_keeps_a_photo_upright(fitter: Fitter) -> None:
    out = fitted(fitter, photo((40, 30), orientation=6), Strip())
    image = Image.open(io.BytesIO(out))

    assert image.getexif().get(0x0112) == 6
    assert len(image.getexif()) == 1
    assert b"Camera of Ana" not in out


def test_stripping_a_progressive_jpeg_with_restarts_keeps_every_scan(fitter: Fitter) -> None:
    data = noise((200, 100), progressive=True, restart_marker_rows=1, comment=b"by Ana")
    out = fitted(fitter, data, Strip())

    assert b"by Ana" not in out
    assert shown(out).tobytes() == shown(data).tobytes()


def test_what_hides_behind_the_picture_goes_too(fitter: Fitter) -> None:
    for data in (photo() + b"hidden behind", photo(form="PNG") + b"hidden behind"):
        assert b"hidden" not in fitted(fitter, data, Strip())


def test_a_file_that_cannot_be_stripped_is_refused(fitter: Fitter) -> None:
    with pytest.raises(MediaRefused, match="cannot be fitted"):
        fitted(fitter, noise((100, 100))[:-200], Strip())


# Films.


def played(data: bytes) -> list[tuple[float, bytes]]:
    with av.open(io.BytesIO(data)) as container:
        return [
            (round(float(frame.time or 0), 2), bytes(frame.planes[0])[:64])
            for frame in container.decode(video=0)
        ]


@pytest.mark.parametrize("form", ["mov", "matroska", "mp4"])
@pytest.mark.parametrize("sound", [True, False])
def test_a_film_is_rewrapped_without_loss_and_without_its_tags(
    fitter: Fitter, form: str, sound: bool
) -> None:
    data = film(form, seconds=2, sound=sound, title="A secret title")
    out = fitted(fitter, data, Rewrap())
    before, after = seen(data), seen(out)

    assert after.content_type == "video/mp4"
    assert (after.width, after.height) == (64, 48)
    assert after.audio_codec == before.audio_codec
    assert after.seconds == pytest.approx(before.seconds, abs=0.1)
    assert played(out) == played(data)
    assert b"A secret title" not in out
    assert out.index(b"moov") < out.index(b"mdat")


def test_a_turned_film_stays_turned(fitter: Fitter) -> None:
    found = seen(fitted(fitter, turned_film((64, 48)), Rewrap()))
    assert (found.width, found.height, found.turned) == (48, 64, True)


# Keeping.


def test_the_same_steps_on_the_same_bytes_are_done_once(fitter: Fitter) -> None:
    data, steps = picture(), (Encode("image/jpeg"),)
    sha256 = hashlib.sha256(data).hexdigest()
    first = fitter.fitted(data, sha256, steps)
    stamp = first.stat().st_mtime_ns

    assert fitter.known(sha256, steps) == first
    assert fitter.known(sha256, (Encode("image/webp"),)) is None
    assert fitter.known("0" * 64, steps) is None
    assert fitter.fitted(b"never looked at", sha256, steps).stat().st_mtime_ns == stamp


def test_a_failure_leaves_nothing_behind(fitter: Fitter, tmp_path: Path) -> None:
    with pytest.raises(MediaRefused):
        fitted(fitter, b"no picture", Encode("image/jpeg"))
    assert [file for file in (tmp_path / "media").rglob("*") if file.is_file()] == []


def test_what_was_decided_comes_out_as_decided(fitter: Fitter, tmp_path: Path) -> None:
    """From limits to a file that the same limits take as it is."""
    limits = Limits(
        image=MediaLimits(
            types=("image/jpeg",), bytes=(None, 40_000), width=(None, 320), pixels=60_000
        )
    )
    for data in (noise((900, 700), "PNG"), photo((800, 600), 6), picture((500, 400), "BMP")):
        steps = fit("a", seen(data), limits, ALL)
        assert not isinstance(steps, MediaFault)
        place = fitter.fitted(data, hashlib.sha256(data).hexdigest(), steps)
        out = probe_file(place)
        assert isinstance(out, Probe)
        assert out.kind is MediaKind.IMAGE
        assert fit("a", out, limits, frozenset()) == ()

"""Pictures fitted beside Pillow alone, and a film of 2 GB on its way through."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

from benchmarks.figures import Figure, Peer, at_most
from benchmarks.media_work import Used

PICTURES = 100
PICTURE_SIZE = (4000, 3000)
PICTURE_BYTES = 10_000_000
PLATFORMS = 4
MIB = 1024 * 1024
FILM_BYTES = 2_000_000_000


def media(folder: Path) -> Iterator[Figure]:
    """100 pictures of 10 MB for 4 platforms, then a film of 2 GB fetched, kept and rewrapped."""
    picture = folder / "picture.jpg"
    picture.write_bytes(_picture())
    alone = _used("alone", picture, folder)
    ours = _used("fit", picture, folder)
    size = picture.stat().st_size / 1e6
    yield at_most(
        f"CPU for {PICTURES} pictures of {size:.0f} MB fitted for {PLATFORMS} platforms",
        [ours.cpu],
        "s",
        1.2 * alone.cpu,
        peer=Peer(name="Pillow alone doing the same", value=alone.cpu),
        ratio=f"{ours.cpu / alone.cpu:.2f}×",
        note="ours also looks at each, hashes it, and keeps the results",
    )
    yield at_most("peak memory meanwhile", [ours.peak / MIB], "MiB", 300)
    film = folder / "film.mov"
    _write_film(film)
    through = _used("film", film, folder)
    yield at_most(
        f"peak memory for a film of {film.stat().st_size / 1e9:.1f} GB",
        [through.peak / MIB],
        "MiB",
        200,
        note=f"fetched over HTTP, looked at, kept and rewrapped in {through.seconds:.0f} s",
    )


def _used(work: str, source: Path, folder: Path) -> Used:
    """Do it in a process of its own, and take over what that measured."""
    words = [sys.executable, "-m", "benchmarks.media_work", work, source, folder, PICTURES]
    ended = subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True)
    return Used(**json.loads(ended.stdout))


def _picture() -> bytes:
    """Noise in three colours, at the quality that comes nearest to the wanted size."""
    layers = [Image.effect_noise(PICTURE_SIZE, 40 + 10 * n) for n in range(3)]
    image = Image.merge("RGB", layers)
    made = {}
    for quality in range(70, 100, 4):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality)
        made[abs(len(out.getvalue()) - PICTURE_BYTES)] = out.getvalue()
    return made[min(made)]


def _write_film(place: Path) -> None:
    """One large picture, again and again, until the film is as large as it should be."""
    image = Image.merge("RGB", [Image.effect_noise((1920, 1080), 90)] * 3)
    with av.open(str(place), "w", format="mov") as container:
        track = container.add_stream("mjpeg", rate=25)
        track.width, track.height, track.pix_fmt = 1920, 1080, "yuvj420p"
        track.codec_context.qmin = track.codec_context.qmax = 1
        (first, *_others) = [
            *track.encode(
                av.VideoFrame.from_image(image).reformat(format="yuvj420p")  # type: ignore[no-untyped-call]  # av's own gap
            ),
            *track.encode(None),
        ]
        data, number, written = bytes(first), 0, 0
        while written < FILM_BYTES:
            packet = av.Packet(data)
            packet.stream, packet.time_base = track, Fraction(1, 25)
            packet.pts = packet.dts = number
            packet.is_keyframe = True
            container.mux(packet)
            number, written = number + 1, written + len(data)

"""A content repository on disk, with real pictures and films, to break in one way."""

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

import av
from PIL import Image

from publisher.adapters.content_files import DiskFiles
from publisher.domain.problems import Problem
from publisher.files.folder import check_folder
from publisher.usecases.validation import Circumstances, validate

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
PROFILES = """\
profiles:
  - {id: x-acme, platform: x, account: acme}
  - {id: insta, platform: instagram, account: acme}
  - {id: toot, platform: mastodon, account: acme}
  - {id: hook, platform: webhook, account: acme}
"""
EPIC = """\
title: Spring
owner: ana
schedule: {at: 2026-12-24T09:00, timezone: UTC}
tasks:
  - id: teaser
    profiles: [x-acme]
    body: Spring is here.
    media:
      - file: media/hero.jpg
        alt: A red tulip
"""


class Folder:
    """A content repository in a temporary folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("content/copydesk.yaml", "id: acme\n")
        self.write("content/people.yaml", "people:\n  - {id: ana, name: Ana}\n")
        self.write("content/profiles.yaml", PROFILES)

    def write(self, path: str, data: str | bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data if isinstance(data, bytes) else data.encode())
        return file

    def epic(self, text: str = EPIC, name: str = "spring", **files: bytes) -> None:
        """Write an epic; `hero_jpg=…` becomes media/hero.jpg."""
        base = f"content/epics/2026/{name}"
        self.write(f"{base}/epic.yaml", text)
        for file, data in files.items():
            self.write(f"{base}/media/{file.replace('_', '.')}", data)

    def status(self, text: str, name: str = "spring") -> None:
        self.write(f"content/epics/2026/{name}/status.yaml", text)

    def problems(
        self, *, fresh: Collection[str] = (), edited: Collection[str] = ()
    ) -> tuple[Problem, ...]:
        around = Circumstances(now=NOW, fresh=fresh, edited=edited)
        return validate(check_folder(self.root), DiskFiles(self.root), around)

    def rules(self, *, fresh: Collection[str] = ()) -> list[tuple[int, str]]:
        return [(problem.line, problem.rule) for problem in self.problems(fresh=fresh)]


def picture(
    path: Path, width: int = 800, height: int = 800, kind: str = "JPEG", frames: int = 1
) -> bytes:
    """Return a real picture's bytes; `path` is a scratch file."""
    images = [Image.new("RGB", (width, height), (n * 40 % 255, 9, 9)) for n in range(frames)]
    more = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    images[0].save(path, kind, **more)
    return path.read_bytes()


def film(path: Path, seconds: int = 4, width: int = 320, height: int = 320) -> bytes:
    """Return a real MP4's bytes, one frame a second."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=1)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for _ in range(seconds):
            for packet in stream.encode(av.VideoFrame(width, height, "yuv420p")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path.read_bytes()

"""What `benchmarks.media` measures, in a process of its own: `alone`, `fit` or `film`."""

import asyncio
import functools
import hashlib
import http.server
import json
import re
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic, process_time

from PIL import Image, ImageOps

from publisher.adapters.media_fetch import HttpMediaFetcher
from publisher.adapters.media_fit import Fitter
from publisher.adapters.media_probe import probe_file
from publisher.adapters.media_store import FolderStore
from publisher.domain.fit import Rewrap, fit
from publisher.domain.limits import Limits, MediaLimits
from publisher.domain.media import MediaFault, Probe, Usable

WIDTHS = {"instagram": 1440, "x": 2048, "bluesky": 2000, "mastodon": 3000}
ALLOWED = frozenset({"reencode", "resize"})


@dataclass(frozen=True, slots=True)
class Used:
    """CPU and wall clock in seconds, the peak of resident memory in bytes."""

    cpu: float
    seconds: float
    peak: int


def alone(source: Path, folder: Path, count: int) -> None:
    """Pillow as one would use it by hand: open, turn, make smaller, save."""
    del folder
    for _number in range(count):
        for width in WIDTHS.values():
            with Image.open(source) as image:
                height = image.height * width // image.width
                image.thumbnail((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
                upright = ImageOps.exif_transpose(image)
                upright.save(source.with_name("alone.jpg"), "JPEG", quality=92)


def fitted(source: Path, folder: Path, count: int) -> None:
    """The product: look once, then fit for each platform; every picture is another file."""
    fitter = Fitter(FolderStore(folder / "media"))
    limits = [Limits(image=MediaLimits(width=(None, width))) for width in WIDTHS.values()]
    data, own = source.read_bytes(), folder / "own.jpg"
    for number in range(count):
        own.write_bytes(data + number.to_bytes(4, "big"))
        found = probe_file(own)
        sha256 = hashlib.sha256(own.read_bytes()).hexdigest()
        for limit in limits:
            if not isinstance(found, Probe):
                raise TypeError(found)
            steps = fit(own.name, found, limit, ALLOWED)
            if isinstance(steps, MediaFault) or not steps:
                raise TypeError(steps)
            fitter.fitted(own, sha256, steps)


def film(source: Path, folder: Path, count: int) -> None:
    """Fetch, look, keep, rewrap."""
    del count
    store = FolderStore(folder / "kept")
    handler = functools.partial(_Quiet, directory=str(source.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/{source.name}"
        found = asyncio.run(HttpMediaFetcher(store, store, private=True).fetch(url))
        server.shutdown()
    if not isinstance(found, Usable):
        raise TypeError(found)
    kept = store.local(found.sha256)
    if kept is None:
        raise TypeError("it was not kept")
    Fitter(store).fitted(kept, found.sha256, (Rewrap(),))


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


WORK = {"alone": alone, "fit": fitted, "film": film}


def main() -> None:
    work, source, folder, count = sys.argv[1:]
    began, cpu = monotonic(), process_time()
    WORK[work](Path(source), Path(folder), int(count))
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    used = Used(
        cpu=process_time() - cpu,
        seconds=monotonic() - began,
        peak=int(peak[1]) * 1024 if peak else 0,
    )
    print(json.dumps(asdict(used)))


if __name__ == "__main__":
    main()

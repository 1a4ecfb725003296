"""`python -m benchmarks [NAME …] [--json]`: measure the speed claims beside their peers."""

import argparse
import json
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.burst import burst
from benchmarks.figures import Figure
from benchmarks.growth import growth
from benchmarks.lateness import lateness
from benchmarks.library import library
from benchmarks.media import media
from benchmarks.recovery import recovery
from benchmarks.validation import validation

BENCHMARKS: Mapping[str, Callable[[Path], Iterator[Figure]]] = {
    "burst": burst,
    "lateness": lateness,
    "recovery": recovery,
    "growth": growth,
    "library": library,
    "media": media,
    "validation": validation,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=_description())
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--json", action="store_true", help="one JSON list instead of text")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}")
    logging.disable(logging.WARNING)
    found = []
    for name in options.names or BENCHMARKS:
        if not options.json:
            first = (BENCHMARKS[name].__doc__ or "").splitlines()[0]
            print(f"\n{name}: {first}", flush=True)
        for figure in _run(name):
            found.append({"benchmark": name, **figure.plain()})
            if not options.json:
                print("\n".join(figure.lines()), flush=True)
    if options.json:
        print(json.dumps(found, indent=1))


def _run(name: str) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix=f"copydesk-{name}-") as scratch:
        yield from BENCHMARKS[name](Path(scratch))


def _description() -> str:
    return "Measure the speed claims of the README, each beside a named peer in the same run."


if __name__ == "__main__":
    main()

"""Reading a profile's options: a wrong one gets a sentence, and never stops anything else."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from publisher.domain.about import About
from publisher.domain.epic import Options, Profile

LONGEST = timedelta(days=365)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def address(options: Options, name: str, default: str = "") -> str:
    """A web address without a slash at its end; empty when it is missing or no text."""
    found = options.get(name, default)
    return found.strip().rstrip("/") if isinstance(found, str) else ""


def duration(options: Options, name: str, default: timedelta) -> timedelta:
    """A number of seconds; the default where it is missing or wrong."""
    seconds = _seconds(options.get(name))
    return default if seconds is None else timedelta(seconds=seconds)


def address_problem(options: Options, name: str, *, open_too: bool = False) -> Iterator[str]:
    """Say what is wrong with an address: it must be https, or http to this very machine."""
    found = address(options, name)
    if not found:
        yield f"options.{name} is missing: write the address, such as https://example.org."
        return
    try:
        parts = urlsplit(found)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if not host or parts.username is not None or parts.scheme not in {"http", "https"}:
        yield f"options.{name} is no web address such as https://example.org."
    elif parts.scheme == "http" and host not in LOOPBACK and not open_too:
        yield f"options.{name} must begin with https://, or the secret would travel in the open."


def duration_problems(options: Options, *names: str) -> Iterator[str]:
    for name in names:
        if name in options and _seconds(options[name]) is None:
            yield f"options.{name} must be a number of seconds, such as 2.5."


def unknown_options(profile: Profile, about: About) -> Iterator[str]:
    """A misspelled option would silently have no effect."""
    known = about.option_names
    offered = f"it has: {', '.join(sorted(known))}" if known else "it has none"
    for name in profile.options:
        if name not in known:
            yield f"{profile.platform} has no option {name!r}; {offered}."


def _seconds(found: object) -> float | None:
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if 0 <= found <= LONGEST.total_seconds() else None

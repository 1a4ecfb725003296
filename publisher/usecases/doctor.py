"""Whether everything that Copydesk depends on is as it must be; each fault says how to mend it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from publisher.domain.errors import CopydeskError

Check = Callable[[], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; without `faults` it is as it should be."""

    name: str
    faults: tuple[str, ...] = ()


def examined(checks: Mapping[str, Check]) -> Iterator[Finding]:
    """Look at one thing after the other; what cannot be looked at is a fault of its own."""
    for name, check in checks.items():
        try:
            faults = tuple(check())
        except CopydeskError as error:
            faults = (str(error),)
        yield Finding(name, faults)

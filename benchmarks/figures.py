"""One measured claim, and how it is shown."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median, quantiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The same thing done by something else in the same run, or derived from its constants."""

    name: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`goal` is in words; `met` None says that this one only informs. `runs` are all samples."""

    what: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None
    peer: Peer | None = None
    ratio: str = ""
    note: str = ""
    runs: tuple[float, ...] = ()

    def lines(self) -> list[str]:
        """For people: the figure, then what belongs to it, indented."""
        verdict = {True: "met", False: "NOT MET", None: ""}[self.met]
        shown = [f"  {self.what}: {number(self.value)} {self.unit}".rstrip()]
        if len(self.runs) > 1:
            spread = f"min {number(min(self.runs))}, max {number(max(self.runs))}"
            shown.append(f"      median of {len(self.runs)} ({spread})")
        if self.peer:
            shown.append(f"      peer {self.peer.name}: {number(self.peer.value)} {self.unit}")
        if self.ratio:
            shown.append(f"      ratio {self.ratio}")
        if self.goal:
            shown.append(f"      goal {self.goal}: {verdict}")
        if self.note:
            shown.append(f"      note {self.note}")
        return shown

    def plain(self) -> dict[str, object]:
        return asdict(self)


def number(value: float) -> str:
    """Three digits that matter, without an exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def at_most(
    what: str,
    runs: Sequence[float],
    unit: str,
    limit: float,
    *,
    peer: Peer | None = None,
    ratio: str = "",
    note: str = "",
) -> Figure:
    """A figure whose median must not be above `limit`."""
    return Figure(
        what=what,
        value=median(runs),
        unit=unit,
        goal=f"at most {number(limit)} {unit}".rstrip(),
        met=median(runs) <= limit,
        peer=peer,
        ratio=ratio,
        note=note,
        runs=tuple(runs),
    )


def percentile(samples: Sequence[float], percent: int) -> float:
    return quantiles(samples, n=100, method="inclusive")[percent - 1]

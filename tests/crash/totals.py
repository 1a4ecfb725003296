"""What the crash tests of one session came to, over all desks."""

import threading
from dataclasses import dataclass, field

from tests.crash.desk import Tally


@dataclass
class Totals:
    tally: Tally = field(default_factory=Tally)
    points: int = 0
    hit: int = 0
    excused: int = 0
    parts: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, tally: Tally, seconds: float) -> None:
        with self._lock:
            self.tally.add(tally)
            self.parts.append(f"{name}: {tally}, {seconds:.0f} s")

    def lines(self) -> list[str]:
        line = f"in all: {self.tally}; points hit {self.hit}/{self.points}"
        return [*self.parts, f"{line} ({self.excused} of the rest excused with a reason)"]


TOTALS = Totals()

"""When things go out, day by day in any zone: month and week grids, clashes, blackouts. Pure."""

import calendar
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from publisher.domain.epic import Blackout

_WEEK = 7
_ZONES_REACH = timedelta(days=2)


@dataclass(frozen=True, slots=True, order=True)
class GoLive:
    """One delivery in the calendar. `at` is UTC; `state` is the word that people see."""

    at: datetime
    epic: str
    task: str
    profile: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Clash:
    """Two or more tasks that follow each other too closely on one profile, in order of time."""

    profile: str
    entries: tuple[GoLive, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry on its day, with the local time, and what is wrong with that time."""

    local: datetime
    entry: GoLive
    clashes: bool
    blackout: Blackout | None


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a grid. `inside` is false for the days that only fill a month's weeks."""

    date: date
    entries: tuple[Placed, ...]
    blackouts: tuple[Blackout, ...]
    inside: bool = True


Week = tuple[Day, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Everything that goes out, and the rules that it is held against."""

    entries: Sequence[GoLive]
    zone: ZoneInfo
    blackouts: Sequence[Blackout] = ()
    clash_within: timedelta = timedelta(minutes=15)

    def week(self, day: date) -> Week:
        """Return Monday to Sunday around the day."""
        monday = day - timedelta(days=day.weekday())
        return self._days([monday + timedelta(days=count) for count in range(_WEEK)])

    def month(self, year: int, month: int) -> tuple[Week, ...]:
        """Return the month's weeks, Monday first, filled up with the days around it."""
        weeks = calendar.Calendar().monthdatescalendar(year, month)
        days = iter(self._days([day for week in weeks for day in week], month))
        return tuple(tuple(next(days) for _ in week) for week in weeks)

    def _days(self, dates: Sequence[date], month: int | None = None) -> tuple[Day, ...]:
        by_date: dict[date, list[Placed]] = {}
        for placed in self._placed(dates[0], dates[-1]):
            by_date.setdefault(placed.local.date(), []).append(placed)
        return tuple(
            Day(
                each,
                tuple(by_date.get(each, ())),
                tuple(dark for dark in self.blackouts if self._is_dark(dark, each)),
                inside=month is None or each.month == month,
            )
            for each in dates
        )

    def _placed(self, first: date, last: date) -> Iterator[Placed]:
        clashing = {entry for clash in self.clashes() for entry in clash.entries}
        start, end = _midnight(first) - _ZONES_REACH, _midnight(last) + _ZONES_REACH
        for entry in sorted(self.entries):
            if start <= entry.at <= end:
                local = entry.at.astimezone(self.zone)
                yield Placed(local, entry, entry in clashing, dark_at(self.blackouts, entry.at))

    def _is_dark(self, dark: Blackout, day: date) -> bool:
        start = dark.start.utc.astimezone(self.zone)
        end = (dark.end.utc - timedelta.resolution).astimezone(self.zone)
        return start.date() <= day <= end.date()

    def clashes(self) -> tuple[Clash, ...]:
        """Return what follows each other on one profile within `clash_within`, by time."""
        return clashes(self.entries, self.clash_within)

    def in_blackouts(self) -> tuple[tuple[GoLive, Blackout], ...]:
        """Return the entries that would go out in a blackout, by time."""
        found = ((entry, dark_at(self.blackouts, entry.at)) for entry in sorted(self.entries))
        return tuple((entry, dark) for entry, dark in found if dark is not None)


def clashes(entries: Iterable[GoLive], within: timedelta) -> tuple[Clash, ...]:
    """Group the tasks that stand on one profile no further apart than `within`."""
    by_profile: dict[str, list[GoLive]] = {}
    for entry in sorted(entries):
        by_profile.setdefault(entry.profile, []).append(entry)
    found = [
        Clash(profile, run)
        for profile, alike in by_profile.items()
        for run in _runs(alike, within)
        if len(run) > 1
    ]
    return tuple(sorted(found, key=lambda clash: (clash.entries[0], clash.profile)))


def dark_at(blackouts: Iterable[Blackout], at: datetime) -> Blackout | None:
    """Return the first blackout that covers the instant; its end is outside of it."""
    return next((dark for dark in blackouts if dark.start.utc <= at < dark.end.utc), None)


def _runs(entries: Sequence[GoLive], within: timedelta) -> Iterator[tuple[GoLive, ...]]:
    run = list(entries[:1])
    for before, entry in pairwise(entries):
        if entry.at - before.at > within:
            yield tuple(run)
            run = []
        run.append(entry)
    yield tuple(run)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)

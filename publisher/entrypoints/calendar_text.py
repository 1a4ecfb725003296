"""The calendar in a terminal of 80 columns: a month as a grid, and days with all that goes out."""

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Final

from publisher.domain.calendar import Calendar, Day, Placed, Week
from publisher.domain.epic import Blackout

WIDTH: Final = 80
_CELL: Final = 11
_NAMES: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def month_text(calendar: Calendar, year: int, month: int, today: date) -> Iterator[str]:
    """Yield the lines of a month: how much goes out each day, and below it what."""
    weeks = calendar.month(year, month)
    yield f"{_MONTHS[month - 1]} {year} · {calendar.zone.key}"
    yield ""
    yield "".join(f"{name:>{_CELL}}" for name in _NAMES)
    for week in weeks:
        yield from _grid_rows(week, today)
    yield ""
    days = [day for week in weeks for day in week if day.inside and day.entries]
    for day in days:
        yield from _day_rows(day, today)
    yield from _ending(days)


def week_text(calendar: Calendar, day: date, today: date) -> Iterator[str]:
    """Yield the lines of the week around a day: every day with all that goes out."""
    week = calendar.week(day)
    year, number, _ = day.isocalendar()
    yield f"Week {number} of {year} · {calendar.zone.key}"
    for each in week:
        yield ""
        yield from _day_rows(each, today)
    yield ""
    yield from _ending(week)


def _grid_rows(week: Week, today: date) -> Iterator[str]:
    cells = [_cell(day, today) if day.inside else [""] for day in week]
    for row in range(max(map(len, cells))):
        texts = (cell[row] if row < len(cell) else "" for cell in cells)
        yield "".join(f"{text:>{_CELL}}" for text in texts).rstrip()


def _cell(day: Day, today: date) -> list[str]:
    number = f"[{day.date.day}]" if day.date == today else str(day.date.day)
    cell = [number]
    if day.entries:
        cell.append(_counted(len(day.entries), "post"))
    if any(placed.clashes for placed in day.entries):
        cell.append("! clash")
    if day.blackouts:
        cell.append("blackout")
    return cell


def _day_rows(day: Day, today: date) -> Iterator[str]:
    name = f"{_NAMES[day.date.weekday()]} {day.date.day} {_MONTHS[day.date.month - 1]}"
    yield f"{name} (today)" if day.date == today else name
    for dark in day.blackouts:
        yield fitted(f"  {_blackout(dark)}", WIDTH)
    for placed in day.entries:
        yield from _entry_rows(placed)
    if not day.entries:
        yield "  –"


def _entry_rows(placed: Placed) -> Iterator[str]:
    """One line, or two where the names are too long for one."""
    entry = placed.entry
    mark = "!" if placed.clashes or placed.blackout else " "
    head = f"{mark} {_time(placed.local)}  "
    what, where = f"{entry.epic}/{entry.task}", f"→ {entry.profile}"
    state = f"  {entry.state}" if entry.state else ""
    if len(head) + len(what) + 1 + len(where) + len(state) <= WIDTH:
        yield f"{head}{what} {where}{state}"
        return
    yield fitted(f"{head}{what}", WIDTH)
    yield fitted(f"{' ' * len(head)}{where}{state}", WIDTH)


def _time(local: datetime) -> str:
    """The time of day; in the hour that the clocks repeat, with the name of the clock."""
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{local:%H:%M %Z}" if twice else f"{local:%H:%M}"


def _blackout(dark: Blackout) -> str:
    why = " ".join(dark.why.split())
    times = f"{dark.start.local:%Y-%m-%d %H:%M} to {dark.end.local:%Y-%m-%d %H:%M}"
    return f"# blackout{': ' + why if why else ''} ({times} {dark.start.zone})"


def _ending(days: Iterable[Day]) -> Iterator[str]:
    placed = [placed for day in days for placed in day.entries]
    if not placed:
        yield "Nothing goes out in this time."
        return
    clashing = sum(each.clashes for each in placed)
    dark = sum(each.blackout is not None for each in placed)
    yield f"{_counted(len(placed), 'post')} in all."
    if clashing:
        yield f"! {_counted(clashing, 'post')} too close to another on the same profile."
    if dark:
        yield f"! {_counted(dark, 'post')} in a blackout."


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def fitted(text: str, width: int) -> str:
    """Cut text to so many columns of a terminal; wide characters take two, accents none."""
    kept, used = [], 0
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cf"}:
            continue
        columns = 0 if unicodedata.combining(character) else 1
        columns += unicodedata.east_asian_width(character) in {"W", "F"}
        kept.append((character, used := used + columns))
    if used <= width:
        return "".join(character for character, _ in kept)
    return "".join(character for character, end in kept if end < width) + "…"

"""How often one repository may be pushed to: a forge's limit, shared by everything we push."""

from datetime import datetime, timedelta

WINDOW = timedelta(minutes=1)


class PushBudget:
    """At most `per_minute` pushes in any minute; 0 means no limit."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._spent: list[datetime] = []

    def allows(self, now: datetime) -> bool:
        self._spent = [time for time in self._spent if now - time < WINDOW]
        return not self._per_minute or len(self._spent) < self._per_minute

    def spend(self, now: datetime) -> None:
        self._spent.append(now)

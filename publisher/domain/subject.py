"""What a status commit says in one line, and in the lines below it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from publisher.domain.delivery import Delivery, DeliveryStatus, Record
from publisher.domain.media import MediaStatus

_WORDS = {
    DeliveryStatus.PUBLISHED: "published on",
    DeliveryStatus.FAILED: "failed on",
    DeliveryStatus.WAITING: "will retry on",
    DeliveryStatus.UNCONFIRMED: "unconfirmed on",
    DeliveryStatus.PROCESSING: "in progress on",
}
_LISTED = 3


@dataclass(frozen=True, slots=True)
class Change:
    """One epic's record before and after a round; `total` deliveries are wanted now."""

    before: Record
    after: Record
    total: int


def subject_of(changes: Sequence[Change]) -> str:
    """The subject line of a status commit; empty when people would see no difference."""
    lines = [line for change in changes if (line := line_of(change))]
    if not lines:
        return ""
    if len(lines) == 1:
        return f"status: {lines[0]}"
    words = "; ".join(_totals(changes))
    return f"status: {len(lines)} epics" + (f", {words}" if words else "")


def body_of(changes: Sequence[Change]) -> str:
    """One line an epic, when there are several."""
    lines = [line for change in changes if (line := line_of(change))]
    return "\n".join(f"- {line}" for line in lines[:50]) if len(lines) > 1 else ""


def claims_subject(keys: Sequence[str]) -> str:
    """The subject of a commit that only takes claims."""
    named = ", ".join(keys[:_LISTED])
    more = f" and {len(keys) - _LISTED} more" if len(keys) > _LISTED else ""
    return f"claim: {named}{more}"


def line_of(change: Change) -> str:
    """What happened to one epic, in words; empty when people would see no difference."""
    words = list(_words(change))
    if not words:
        return ""
    out = sum(d.status is DeliveryStatus.PUBLISHED for d in change.after.deliveries.values())
    return f"{change.after.epic} {'; '.join(words)} ({out} of {change.total})"


def _words(change: Change) -> Iterator[str]:
    moved = list(_moved(change))
    for status, words in _WORDS.items():
        profiles = [d.key.profile for d in moved if d.status is status]
        if profiles:
            yield f"{words} {_names(profiles)}"
    held = [d.key.profile for d in change.after.deliveries.values() if _newly(change, d, "held")]
    if held:
        yield f"held for {_names(held)}"
    for mark in ("cancelled", "removed", "released"):
        marked = [
            d.key.profile for d in change.after.deliveries.values() if _newly(change, d, mark)
        ]
        if marked:
            yield f"{mark} on {_names(marked)}"
    yield from _media(change)


def _media(change: Change) -> Iterator[str]:
    before, after = (
        [media.name for media in record.media if media.status is MediaStatus.FAILED]
        for record in (change.before, change.after)
    )
    broken = [name for name in after if name not in before]
    mended = [name for name in before if name not in after]
    if broken:
        yield f"media failed: {_names(broken)}"
    if mended:
        yield f"media no longer failing: {_names(mended)}"


def _moved(change: Change) -> Iterator[Delivery]:
    for delivery in change.after.deliveries.values():
        before = change.before.get(delivery.key)
        if before is None or _story(before) != _story(delivery):
            yield delivery


def _story(delivery: Delivery) -> tuple[DeliveryStatus, int]:
    """A retry that is refused again keeps its status and is news all the same."""
    return delivery.status, len(delivery.attempts)


def _newly(change: Change, delivery: Delivery, mark: str) -> bool:
    before = change.before.get(delivery.key)
    return bool(getattr(delivery, mark)) and not (before and getattr(before, mark))


def _names(profiles: Iterable[str]) -> str:
    names = list(dict.fromkeys(profiles))
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED + 1 else ""
    return ", ".join(names[: _LISTED if more else len(names)]) + more


def _totals(changes: Sequence[Change]) -> Iterator[str]:
    moved = [delivery for change in changes for delivery in _moved(change)]
    for status, words in _WORDS.items():
        count = sum(delivery.status is status for delivery in moved)
        if count:
            yield f"{count} {words.rsplit(' ', 1)[0]}"

"""The story of one epic, told from both branches: what people did, what happened to it."""

from collections.abc import Iterator
from datetime import datetime

from publisher.domain.delivery import Attempt, Record
from publisher.domain.errors import ContentError
from publisher.domain.subject import Change, line_of
from publisher.files.ledger_file import ledger_path, load_record
from publisher.ports import Heads, PastCommit, Store
from publisher.usecases.queries import Event

_MACHINE_SUBJECTS = ("status: ",)


def story_of(store: Store, heads: Heads, epic: str, folder: str, total: int) -> list[Event]:
    """Every event, oldest first; `total` is how many deliveries the epic wants now."""
    events = list(_by_people(store.history(heads.main, folder)))
    if heads.ledger:
        past = list(store.history(heads.ledger, ledger_path(epic)))
        events += _by_machine(store, past, epic, total)
    return sorted(events, key=lambda event: event.at)


def _by_people(past: list[PastCommit]) -> Iterator[Event]:
    for commit in reversed(past):
        if not commit.subject.startswith(_MACHINE_SUBJECTS):
            yield Event(at=commit.at, commit=commit.id, who=commit.author, text=commit.subject)


def _by_machine(store: Store, past: list[PastCommit], epic: str, total: int) -> Iterator[Event]:
    path = ledger_path(epic)
    before = Record(epic=epic)
    for commit in reversed(past):
        data = store.file(commit.id, path)
        try:
            after = load_record(data, path) if data else Record(epic=epic)
        except ContentError:
            continue
        text = line_of(Change(before, after, total)) or commit.subject
        detail = "\n".join(_attempts(before, after))
        text = text.removeprefix(f"{epic} ")
        yield Event(at=commit.at, commit=commit.id, who=commit.author, text=text, detail=detail)
        before = after


def _attempts(before: Record, after: Record) -> Iterator[str]:
    for key, delivery in after.deliveries.items():
        old = before.get(key)
        for attempt in delivery.attempts[len(old.attempts) if old else 0 :]:
            yield f"{key.task}/{key.profile}: {_told(attempt)}"
        for part in delivery.parts[len(old.parts) if old else 0 :]:
            if part.url:
                yield f"{key.task}/{key.profile}: {part.url}"
        if delivery.held and not (old and old.held):
            yield f"{key.task}/{key.profile}: {delivery.held.why}"


def _told(attempt: Attempt) -> str:
    words = f"attempt {attempt.n}: {attempt.result}"
    if attempt.fault:
        words += f" – {attempt.fault.message}"
    if attempt.retry_at:
        words += f" Again at {_time(attempt.retry_at)}."
    return words


def _time(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC")

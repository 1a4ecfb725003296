"""status.yaml: what happened, for people to read. A projection of the ledger, never read back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from publisher.domain.delivery import Attempt, Delivery, DeliveryStatus, Key, Record
from publisher.domain.epic import Epic
from publisher.domain.media import UnreadyMedia
from publisher.domain.situation import EpicSituation, assess
from publisher.domain.standing import TaskApproval
from publisher.files.machine_yaml import dump_yaml
from publisher.files.starter import schema_line

HEADER = """\
# Written by Copydesk: changes here are overwritten.
# The whole story is on the branch copydesk/ledger, or: copydesk log {epic}
{schema}
"""


def dump_status(epic: Epic, record: Record, approvals: Mapping[str, TaskApproval]) -> bytes:
    """Render the projection; the same epic, record and approvals always give the same bytes.

    It tells of main alone: branches and pull requests are not known here.
    """
    judged = assess(EpicSituation(epic=epic, record=record, approvals=approvals))
    plain: dict[str, Any] = {"epic": epic.id, "state": judged.state.value}
    if judged.why:
        plain["why"] = judged.why
    plain["tasks"] = {
        task.id: {
            name: _delivery(record.get(Key(epic.id, task.id, name))) for name in task.profiles
        }
        for task in epic.tasks
    }
    wanted = {Key(epic.id, task.id, name) for task, name in epic.deliveries()}
    gone = [d for d in record.deliveries.values() if d.key not in wanted and d.seq]
    if gone:
        plain["no_longer_in_the_epic"] = {
            f"{delivery.key.task}/{delivery.key.profile}": _delivery(delivery) for delivery in gone
        }
    if record.media:
        plain["media"] = [_media(media) for media in record.media]
    header = HEADER.format(epic=epic.id, schema=schema_line(epic.path, "status"))
    return (header + dump_yaml(plain)).encode()


def _delivery(delivery: Delivery | None) -> dict[str, Any]:
    if delivery is None:
        return {"status": DeliveryStatus.PENDING.value}
    shown: dict[str, Any] = {"status": delivery.status.value}
    if delivery.cancelled:
        shown["cancelled"] = _mark(delivery.cancelled.why, delivery.cancelled.by)
    if delivery.held:
        shown["held"] = {"reason": str(delivery.held.code), "why": delivery.held.why}
    if delivery.status is DeliveryStatus.WAITING and delivery.due:
        shown["retry_after"] = _time(delivery.due)
    if delivery.status is DeliveryStatus.PUBLISHED and delivery.parts:
        shown["published_at"] = _time(delivery.parts[0].at)
    if delivery.removed:
        shown["removed_there"] = _time(delivery.removed.at)
    if delivery.parts:
        first, *rest = delivery.parts
        shown["id"] = first.id
        shown["permalink"] = first.url
        if rest:
            shown["thread"] = [{"id": part.id, "permalink": part.url} for part in rest]
    if delivery.attempts:
        shown["attempts"] = [_attempt(attempt) for attempt in delivery.attempts]
    if delivery.notes:
        shown["notes"] = [_mark(note.why, note.by) for note in delivery.notes]
    return shown


def _media(media: UnreadyMedia) -> dict[str, Any]:
    shown = {"task": media.task, "media": media.name, "status": media.status.value}
    shown |= {"since": _time(media.at), "cause": str(media.cause), "message": media.message}
    return {name: value for name, value in shown.items() if value}


def _attempt(attempt: Attempt) -> dict[str, Any]:
    shown: dict[str, Any] = {"n": attempt.n, "at": _time(attempt.called_at or attempt.at)}
    if attempt.part:
        shown["part"] = attempt.part + 1
    shown["result"] = attempt.result
    if attempt.retry_at:
        shown["retry_after"] = _time(attempt.retry_at)
    if attempt.fault:
        fault = attempt.fault
        error = {
            "kind": fault.kind.value,
            "message": fault.message,
            "who_must_act": fault.who,
            "platform_code": fault.code,
            "platform_message": fault.platform_message,
        }
        shown["error"] = {name: value for name, value in error.items() if value}
    return shown


def _mark(why: str, by: str) -> str:
    return f"{why} ({by})" if by else why


def _time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

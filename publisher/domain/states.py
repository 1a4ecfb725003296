"""The layers that people see: epic (derived in `situation`) and post (task)."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from publisher.domain.delivery import Delivery, DeliveryStatus
from publisher.domain.epic import Task
from publisher.domain.media import MediaStatus, UnreadyMedia


class EpicState(StrEnum):
    """What people call the epic's state."""

    DRAFT = "Draft"
    REVIEW = "Review"
    SCHEDULED = "Scheduled"
    PUBLISHED = "Published"
    ERROR = "Error"


class PostStatus(StrEnum):
    """The post layer, with the names of the HTTP API. `processed` means that jobs have started."""

    DRAFT = "draft"
    PENDING = "pending"
    SCHEDULED = "scheduled"
    PROCESSING = "processing"
    PROCESSED = "processed"
    MEDIA_FAILED = "media_processing_failed"


def post_status(
    task: Task, deliveries: Iterable[Delivery], now: datetime, unready: Iterable[UnreadyMedia] = ()
) -> PostStatus:
    """The status of one task from those of its deliveries and of its media that are not ready."""
    known, waiting = list(deliveries), list(unready)
    statuses = {delivery.status for delivery in known}
    if _media_failed(waiting, task.id):
        return PostStatus.MEDIA_FAILED
    if not known or statuses <= {DeliveryStatus.PENDING}:
        if task.due is None:
            return PostStatus.DRAFT
        pending = any(media.task == task.id for media in waiting)
        return PostStatus.SCHEDULED if task.due > now and not pending else PostStatus.PENDING
    moving = {DeliveryStatus.PENDING, DeliveryStatus.PROCESSING}
    return PostStatus.PROCESSING if statuses & moving else PostStatus.PROCESSED


def _media_failed(unready: Iterable[UnreadyMedia], task: str) -> bool:
    """Only what keeps a delivery back is remembered, so what is out already is no error."""
    return any(m.task == task and m.status is MediaStatus.FAILED for m in unready)

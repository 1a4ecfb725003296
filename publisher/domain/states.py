"""The three layers that people see: epic (derived in `situation`), post (task) and media."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from publisher.domain.delivery import Delivery, DeliveryStatus
from publisher.domain.epic import Task


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


class MediaStatus(StrEnum):
    """The media layer, with the names of the HTTP API."""

    PENDING = "pending"
    PROCESSED = "processed"
    FAILED = "failed"


def post_status(task: Task, deliveries: Iterable[Delivery], now: datetime) -> PostStatus:
    """The status of one task from those of its deliveries."""
    known = list(deliveries)
    statuses = {delivery.status for delivery in known}
    if not known or statuses <= {DeliveryStatus.PENDING}:
        if task.due is None:
            return PostStatus.DRAFT
        return PostStatus.SCHEDULED if task.due > now else PostStatus.PENDING
    moving = {DeliveryStatus.PENDING, DeliveryStatus.PROCESSING}
    return PostStatus.PROCESSING if statuses & moving else PostStatus.PROCESSED

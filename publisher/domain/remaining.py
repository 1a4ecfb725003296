"""What of an epic still has to go out: only that needs approval, a time, a person's answer."""

from publisher.domain.delivery import Delivery, DeliveryStatus, Key, Record
from publisher.domain.epic import Epic, Task


def wanted(epic: Epic, record: Record) -> tuple[Delivery, ...]:
    """Every delivery that the epic wants and nobody has cancelled, as far as it has come."""
    keys = (Key(epic.id, task.id, name) for task, name in epic.deliveries())
    found = (record.get(key) or Delivery(key=key) for key in keys)
    return tuple(delivery for delivery in found if not delivery.cancelled)


def unsent(delivery: Delivery) -> bool:
    """Whether any of it may still have to be sent; what a platform has accepted need not be."""
    return delivery.status is not DeliveryStatus.PUBLISHED and not delivery.accepted


def remaining(epic: Epic, record: Record) -> tuple[Task, ...]:
    """The tasks that still have something to send, or go nowhere yet, as people ordered them."""
    open_tasks = {delivery.key.task for delivery in wanted(epic, record) if unsent(delivery)}
    return tuple(task for task in epic.tasks if task.id in open_tasks or not task.profiles)

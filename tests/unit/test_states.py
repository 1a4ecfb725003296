"""What people call the state of a task."""

import pytest

from publisher.domain.delivery import DeliveryStatus
from publisher.domain.states import PostStatus, post_status
from tests.unit.builders import MINUTE, NOW, delivery, task

S = DeliveryStatus
P = PostStatus


@pytest.mark.parametrize(
    ("statuses", "due", "expected"),
    [
        ([], None, P.DRAFT),
        ([S.PENDING], None, P.DRAFT),
        ([S.PENDING], NOW + MINUTE, P.SCHEDULED),
        ([S.PENDING], NOW, P.PENDING),
        ([], NOW - MINUTE, P.PENDING),
        ([S.PROCESSING], NOW, P.PROCESSING),
        ([S.PUBLISHED, S.PENDING], NOW, P.PROCESSING),
        ([S.PUBLISHED, S.WAITING], NOW, P.PROCESSED),
        ([S.PUBLISHED, S.FAILED], NOW, P.PROCESSED),
        ([S.PUBLISHED], NOW, P.PROCESSED),
        ([S.UNCONFIRMED], NOW, P.PROCESSED),
    ],
)
def test_the_status_of_a_task(statuses: list[S], due: object, expected: PostStatus) -> None:
    of = [delivery(status) for status in statuses]

    assert post_status(task(due=due), of, NOW) is expected  # type: ignore[arg-type]

"""The numbers: waits, limits, and time-outs that must not contradict each other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.domain.budget import PushBudget
from publisher.domain.errors import ConfigError
from publisher.domain.policy import Policy, Timing
from tests.unit.builders import MINUTE, NOW, SECOND, at


@pytest.mark.parametrize(
    ("count", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 30), (5, 60), (6, 60), (99, 60)]
)
def test_the_wait_after_each_call(count: int, minutes: int) -> None:
    assert Policy().backoff(count) == timedelta(minutes=minutes)


def test_the_defaults_fit_together() -> None:
    assert Timing().checked() == Timing()


def test_the_policy_and_the_time_outs_agree_about_the_lease() -> None:
    assert Policy().lease == timedelta(seconds=Timing().lease)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"heartbeat": 3.5}, "3 × heartbeat must fit into the lease"),
        ({"lease": 5.0}, "3 × heartbeat must fit into the lease"),
        ({"call_budget": 6.5}, "call_budget + heartbeat must be shorter than the lease"),
        ({"connect": 3.0}, "connect must be shorter than call_budget"),
        ({"tick": 5.0}, "tick must be shorter than stale"),
        ({"round_lock": 8.0}, "round_lock + stale must stay within 12 s"),
        ({"lease": 11.0}, "lease + tick must stay below 12 s"),
        ({"http": 0.0}, "all must be > 0"),
        ({"git": -1.0}, "all must be > 0"),
    ],
)
def test_a_contradiction_is_named(changes: dict[str, float], sentence: str) -> None:
    with pytest.raises(ConfigError, match="contradict each other") as error:
        replace(Timing(), **changes).checked()

    assert sentence in str(error.value)


def test_every_contradiction_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as error:
        Timing(lease=20, heartbeat=19, call_budget=0, connect=9, tick=30).checked()

    assert str(error.value).count(";") == 4


def test_a_budget_allows_so_many_pushes_in_any_minute() -> None:
    budget = PushBudget(2)
    budget.spend(NOW)
    assert budget.allows(at(seconds=10))
    budget.spend(at(seconds=10))

    assert not budget.allows(at(seconds=59))
    assert budget.allows(NOW + MINUTE)
    budget.spend(NOW + MINUTE)
    assert not budget.allows(NOW + MINUTE + SECOND)
    assert budget.allows(NOW + MINUTE + 10 * SECOND)


def test_zero_is_no_limit() -> None:
    budget = PushBudget(0)
    for _ in range(100):
        budget.spend(NOW)

    assert budget.allows(NOW)

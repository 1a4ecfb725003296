"""Options of profiles: what is wrong gets a sentence, and traits follow what is right."""

from datetime import timedelta

import pytest

from publisher.domain.epic import Profile
from publisher.domain.traits import Safety
from publisher.platforms import find_all


def profile(platform: str, options: dict[str, object]) -> Profile:
    return Profile(id="p", platform=platform, account="a", options=options)


@pytest.mark.parametrize(
    ("platform", "options", "word"),
    [
        ("mastodon", {}, "missing"),
        ("mastodon", {"server": 5}, "missing"),
        ("mastodon", {"server": "mastodon.social"}, "no web address"),
        ("mastodon", {"server": "ftp://mastodon.social"}, "no web address"),
        ("mastodon", {"server": "https://[::1"}, "no web address"),
        ("mastodon", {"server": "https://x.example:port"}, "no web address"),
        ("mastodon", {"server": "https://me:pw@x.example"}, "no web address"),
        ("mastodon", {"server": "http://mastodon.social"}, "https://"),
        ("mastodon", {"server": "http://127.0.0.1.evil.example"}, "https://"),
        ("webhook", {}, "missing"),
        ("webhook", {"url": "http://x.example"}, "https://"),
        ("webhook", {"url": "https://x.example", "idempotent": "yes"}, "true or false"),
        ("webhook", {"url": "https://x.example", "idempotant": True}, "no option"),
        ("sandbox", {"plays": "nice"}, "must be one of"),
        ("sandbox", {"plays": ["blind"]}, "must be one of"),
        ("sandbox", {"server": "nowhere"}, "no web address"),
        ("sandbox", {"settle": "2"}, "seconds"),
        ("sandbox", {"settle": True}, "seconds"),
        ("sandbox", {"key_memory": -1}, "seconds"),
        ("sandbox", {"key_memory": float("nan")}, "seconds"),
        ("sandbox", {"play": "blind"}, "no option"),
    ],
)
def test_wrong_options_are_told(platform: str, options: dict[str, object], word: str) -> None:
    (problem,) = find_all()[platform].problems(profile(platform, options))
    assert word in problem
    assert problem.endswith(".")
    find_all()[platform].traits(profile(platform, options))


@pytest.mark.parametrize(
    ("platform", "options"),
    [
        ("mastodon", {"server": "https://mastodon.social/"}),
        ("mastodon", {"server": "http://localhost:3000"}),
        ("mastodon", {"server": "http://[::1]:3000"}),
        ("webhook", {"url": "https://x.example/hook?a=1", "idempotent": False}),
        ("sandbox", {}),
        ("sandbox", {"server": "http://sandbox:8400", "plays": "blind", "settle": 0}),
    ],
)
def test_right_options_are_not_complained_about(platform: str, options: dict[str, object]) -> None:
    assert list(find_all()[platform].problems(profile(platform, options))) == []


def test_traits_of_the_sandbox_follow_its_options() -> None:
    sandbox = find_all()["sandbox"]
    for safety in Safety:
        traits = sandbox.traits(profile("sandbox", {"plays": safety.value}))
        assert (traits.safety, traits.can_look_up) == (safety, safety is not Safety.BLIND)
    usual = sandbox.traits(profile("sandbox", {}))
    assert usual.safety is Safety.IDEMPOTENT
    assert (usual.settle, usual.key_memory) == (timedelta(seconds=2), timedelta(seconds=3000))
    own = sandbox.traits(profile("sandbox", {"settle": 0.5, "key_memory": 10}))
    assert (own.settle, own.key_memory) == (timedelta(seconds=0.5), timedelta(seconds=10))


def test_traits_of_the_others() -> None:
    mastodon = find_all()["mastodon"].traits(profile("mastodon", {}))
    assert mastodon.safety is Safety.IDEMPOTENT
    assert mastodon.can_look_up
    assert timedelta(minutes=45) <= mastodon.key_memory < timedelta(minutes=60)
    webhook = find_all()["webhook"]
    assert webhook.traits(profile("webhook", {})).safety is Safety.BLIND
    assert not webhook.traits(profile("webhook", {})).can_look_up
    repeatable = webhook.traits(profile("webhook", {"idempotent": True}))
    assert repeatable.safety is Safety.IDEMPOTENT
    assert not repeatable.can_look_up
    assert repeatable.key_memory == timedelta(hours=24)
    assert webhook.traits(profile("webhook", {"idempotent": 1})).safety is Safety.BLIND

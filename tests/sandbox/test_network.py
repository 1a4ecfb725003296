"""The sandbox's state and faults on their own: no server, no clock, no I/O."""

import hashlib

import pytest

from publisher.sandbox import page
from publisher.sandbox.faults import Fault, FaultQueue, Kind, Step
from publisher.sandbox.model import (
    Call,
    Draft,
    Plays,
    Post,
    Query,
    Refused,
    Settings,
    Upload,
    iso,
)
from publisher.sandbox.network import Network, base36
from publisher.sandbox.shapes import instant_from

NOW = 1_700_000_000.0


def call(plays: Plays, key: str | None = None, account: str = "a") -> Call:
    return Call(plays, account, key, NOW)


def refused(status: int) -> "pytest.RaisesExc[Refused]":
    return pytest.raises(Refused, check=lambda error: error.status == status)


def publish(network: Network, plays: Plays, text: str = "Hi", now: float = NOW) -> Post:
    return network.publish(call(plays), Draft(text), now)[0]


def test_an_idempotent_key_returns_the_first_post_until_it_is_forgotten() -> None:
    network = Network()
    who = call(Plays.IDEMPOTENT, "k")
    first, created = network.publish(who, Draft("Hi"), NOW)
    again, created_again = network.publish(who, Draft("Hi"), NOW + 3599.9)
    assert (created, created_again, again is first) == (True, False, True)
    later, created_later = network.publish(who, Draft("Hi"), NOW + 3600)
    assert created_later
    assert later.id != first.id
    assert network.publish(who, Draft("Hi"), NOW + 3601) == (later, False)


def test_an_idempotent_key_with_another_text_is_refused() -> None:
    network = Network()
    network.publish(call(Plays.IDEMPOTENT, "k"), Draft("Hi"), NOW)
    with refused(422):
        network.publish(call(Plays.IDEMPOTENT, "k"), Draft("Ho"), NOW)
    assert len(network.posts) == 1


def test_a_key_belongs_to_one_account() -> None:
    network = Network()
    for account in ("a", "b"):
        assert network.publish(call(Plays.IDEMPOTENT, "k", account), Draft(account), NOW)[1]


@pytest.mark.parametrize("plays", [Plays.SEARCHABLE, Plays.BLIND])
def test_other_platforms_record_a_key_and_never_honour_it(plays: Plays) -> None:
    network = Network()
    network.publish(call(Plays.IDEMPOTENT, "k"), Draft("Hi"), NOW)
    posts = [network.publish(call(plays, "k"), Draft("Hi"), NOW)[0] for _ in range(2)]
    assert [post.key for post in posts] == ["k", "k"]
    assert len(network.posts) == 3


def test_a_container_publishes_once_and_keeps_its_key() -> None:
    network = Network()
    container = network.add_container(call(Plays.CHECKABLE, "k"), Draft("Hi"))
    assert not network.posts
    post = network.publish_container(call(Plays.CHECKABLE), container, NOW)
    assert (post.container, post.key) == (container.id, "k")
    with pytest.raises(Refused) as caught:
        network.publish_container(call(Plays.CHECKABLE), container, NOW)
    assert (caught.value.status, caught.value.post) == (409, post)
    assert len(network.posts) == 1
    with refused(404):
        network.container("b", container.id)


def test_a_searchable_post_appears_exactly_when_its_lag_is_over() -> None:
    network = Network()
    network.set_account("a", Settings(lag=10))
    post = publish(network, Plays.SEARCHABLE)
    assert network.listing(Plays.SEARCHABLE, "a", Query(), NOW + 9.9) == []
    assert network.listing(Plays.SEARCHABLE, "a", Query(), NOW + 10) == [post]


@pytest.mark.parametrize("plays", [Plays.IDEMPOTENT, Plays.CHECKABLE])
def test_only_searchable_platforms_lag(plays: Plays) -> None:
    network = Network()
    network.set_defaults(Settings(lag=10))
    publish(network, plays)
    assert len(network.listing(plays, "a", Query(), NOW)) == 1


def test_a_list_is_newest_first_from_since_on_without_deleted_posts() -> None:
    network = Network()
    posts = [publish(network, Plays.SEARCHABLE, str(n), NOW + n) for n in range(5)]
    network.delete(Plays.SEARCHABLE, "a", posts[3].id)
    listed = network.listing(Plays.SEARCHABLE, "a", Query(since=NOW + 1), NOW + 9)
    assert [post.text for post in listed] == ["4", "2", "1"]
    listed = network.listing(Plays.SEARCHABLE, "a", Query(limit=2), NOW + 9)
    assert [post.text for post in listed] == ["4", "2"]


def test_a_key_filter_is_exact_and_only_for_idempotent_platforms() -> None:
    network = Network()
    post, _ = network.publish(call(Plays.IDEMPOTENT, "k"), Draft("Hi"), NOW)
    network.publish(call(Plays.IDEMPOTENT, "kk"), Draft("Hi"), NOW)
    assert network.listing(Plays.IDEMPOTENT, "a", Query(key="k"), NOW) == [post]
    assert network.listing(Plays.IDEMPOTENT, "a", Query(key="K"), NOW) == []
    for plays in (Plays.SEARCHABLE, Plays.CHECKABLE):
        with refused(400):
            network.listing(plays, "a", Query(key="k"), NOW)


def test_a_blind_platform_shows_nothing() -> None:
    network = Network()
    post = publish(network, Plays.BLIND)
    with refused(403):
        network.listing(Plays.BLIND, "a", Query(), NOW)
    with refused(403):
        network.look_up(Plays.BLIND, "a", post.id)


def test_a_post_belongs_to_one_account_on_one_platform() -> None:
    network = Network()
    post = publish(network, Plays.SEARCHABLE)
    with refused(404):
        network.look_up(Plays.SEARCHABLE, "b", post.id)
    with refused(404):
        network.delete(Plays.IDEMPOTENT, "a", post.id)
    network.delete(Plays.SEARCHABLE, "a", post.id)
    with refused(410):
        network.look_up(Plays.SEARCHABLE, "a", post.id)


def test_media_must_exist_on_the_account_and_hold_bytes() -> None:
    network = Network()
    upload = Upload(b"abc", "image/png", "x.png", hashlib.sha256(b"abc").hexdigest())
    media = network.add_media("a", upload)
    draft = Draft("Hi", ((media.id, "alt"),))
    post, _ = network.publish(call(Plays.BLIND), draft, NOW)
    assert [(item.media, item.alt) for item in post.media] == [(media, "alt")]
    with refused(422):
        network.publish(call(Plays.BLIND, account="b"), draft, NOW)
    with refused(422):
        network.add_media("a", Upload(b"", "image/png", "", ""))


def test_a_reply_needs_a_post_that_is_there() -> None:
    network = Network()
    post = publish(network, Plays.BLIND)
    reply, _ = network.publish(call(Plays.BLIND), Draft("Re", reply_to=post.id), NOW)
    assert reply.reply_to == post.id
    network.delete(Plays.BLIND, "a", post.id)
    for gone in (post.id, "p-never"):
        with refused(422):
            network.publish(call(Plays.BLIND), Draft("Re", reply_to=gone), NOW)


def test_no_id_is_ever_given_twice_even_after_a_reset() -> None:
    network = Network()
    ids = set()
    for _ in range(3):
        ids |= {publish(network, Plays.BLIND).id for _ in range(50)}
        network.reset()
    assert len(ids) == 150
    assert publish(Network("x"), Plays.BLIND).id.startswith("px")
    assert [base36(n) for n in (0, 35, 36, 1295)] == ["0", "z", "10", "zz"]


def test_a_reset_forgets_everything_else() -> None:
    network = Network()
    network.set_account("a", Settings(lag=9))
    network.publish(call(Plays.IDEMPOTENT, "k"), Draft("Hi"), NOW)
    network.arm(Fault(Kind.SLOW))
    network.count("a", Step.PUBLISH)
    network.reset()
    assert network.settings("a") == Settings()
    assert (network.posts, network.faults.armed()) == ({}, [])
    assert network.counts()["accounts"] == {}
    assert network.publish(call(Plays.IDEMPOTENT, "k"), Draft("Ho"), NOW)[1]


def test_a_named_account_no_longer_follows_the_defaults() -> None:
    network = Network()
    network.set_account("a", Settings(lag=1))
    network.set_defaults(Settings(lag=2))
    assert (network.settings("a").lag, network.settings("b").lag) == (1, 2)


def test_counts_are_kept_per_step_and_account() -> None:
    network = Network()
    for account, step in (("a", Step.PUBLISH), ("a", Step.LOOK_UP), ("b", Step.PUBLISH)):
        network.count(account, step)
    publish(network, Plays.BLIND)
    nothing = {"publish": 0, "prepare": 0, "look_up": 0, "delete": 0}
    assert network.counts() == {
        "requests": {**nothing, "publish": 2, "look_up": 1},
        "posts": 1,
        "accounts": {
            "a": {"requests": {**nothing, "publish": 1, "look_up": 1}, "posts": 1},
            "b": {"requests": {**nothing, "publish": 1}, "posts": 0},
        },
    }


def test_faults_strike_in_the_order_they_were_armed_and_only_so_often() -> None:
    queue = FaultQueue()
    queue.arm(Fault(Kind.SLOW, times=2))
    queue.arm(Fault(Kind.REVOKED))
    struck = [queue.take(Step.PUBLISH, "a", "x") for _ in range(4)]
    kinds = [fault.kind if fault else None for fault in struck]
    assert kinds == [Kind.SLOW, Kind.SLOW, Kind.REVOKED, None]


@pytest.mark.parametrize(
    ("fault", "step", "account", "text", "strikes"),
    [
        (Fault(Kind.SLOW), Step.PUBLISH, "a", None, True),
        (Fault(Kind.SLOW), Step.PREPARE, "a", None, False),
        (Fault(Kind.SLOW, step=Step.LOOK_UP), Step.LOOK_UP, "a", None, True),
        (Fault(Kind.SLOW, account="b"), Step.PUBLISH, "a", "x", False),
        (Fault(Kind.SLOW, account="a"), Step.PUBLISH, "a", "x", True),
        (Fault(Kind.SLOW, contains="ell"), Step.PUBLISH, "a", "Hello", True),
        (Fault(Kind.SLOW, contains="ELL"), Step.PUBLISH, "a", "Hello", False),
        (Fault(Kind.SLOW, contains="ell"), Step.PUBLISH, "a", None, False),
    ],
)
def test_a_fault_matches_by_step_account_and_text(
    fault: Fault, step: Step, account: str, text: str | None, *, strikes: bool
) -> None:
    assert fault.strikes(step, account, text) is strikes


def test_a_posts_own_created_at_finds_it_again_as_since() -> None:
    network = Network()
    for n in range(200):
        post = publish(network, Plays.SEARCHABLE, now=NOW + n * 0.123456789)
        since = instant_from(iso(post.created_at))
        assert network.listing(Plays.SEARCHABLE, "a", Query(since, 1), NOW + 99) == [post]


def test_the_page_escapes_all_it_is_given() -> None:
    network = Network()
    evil = "<img src=x onerror=alert(1)>\"'&"
    upload = Upload(b"x", "text/html", evil, "0")
    media = network.add_media(evil, upload)
    who = call(Plays.BLIND, evil, evil)
    post, _ = network.publish(who, Draft(evil, ((media.id, evil),)), NOW)
    network.arm(Fault(Kind.SLOW, account=evil, contains=evil))
    for html in (
        page.timeline(network, None, "http://x", NOW),
        page.timeline(network, evil, "http://x", NOW),
        page.timeline(network, evil + "?", "http://x", NOW),
        page.single(network, post, NOW),
        page.missing(evil),
    ):
        assert "<img" not in html
        assert "&lt;img src=x" in html


def test_the_page_keeps_a_thread_together_under_its_first_post() -> None:
    network = Network()
    first = publish(network, Plays.BLIND, "first")
    other = publish(network, Plays.BLIND, "other")
    reply, _ = network.publish(call(Plays.BLIND), Draft("re", reply_to=first.id), NOW)
    html = page.timeline(network, None, "http://x", NOW)
    places = [html.index(f'id="{post.id}"') for post in (other, first, reply)]
    assert places == sorted(places)
    assert html.count('<div class="thread">') == 2

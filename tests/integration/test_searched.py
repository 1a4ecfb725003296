"""Whole rounds against X and LinkedIn, where only a search tells what became of a lost call."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
import yaml

from publisher.domain.delivery import DeliveryStatus
from tests.contract.fakes.linkedin import FakeLinkedIn
from tests.contract.fakes.x import FakeX
from tests.contract.worlds import linkedin, x
from tests.integration.servers import Server, Servers
from tests.integration.world import World, task

USER = "2244994945"
AUTHORS = {"company": "urn:li:organization:5515715", "ana": "urn:li:person:782bbtaQ"}
THREAD = {"thread": [{"body": "Second part"}, {"body": "Third (#3) part"}]}
TEXTS = ["Text of teaser.", "Second part", "Third (#3) part"]


@dataclass
class Searched:
    """X and two authors on LinkedIn."""

    x: FakeX
    company: FakeLinkedIn
    ana: FakeLinkedIn
    servers: Servers


@pytest.fixture
def searched(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Searched]:
    """The repository's profiles are accounts there; new posts are visible at once."""
    for platform in ("x", "linkedin"):
        monkeypatch.setattr(f"publisher.platforms.{platform}.SETTLE", timedelta(seconds=0.1))
    fake = FakeX(x.TOKEN, USER)
    company, ana = (FakeLinkedIn(linkedin.TOKEN, author) for author in AUTHORS.values())
    servers = {"x": Server(fake.app(), x.step_of, x.ANSWERS)}
    for name, author in (("company", company), ("ana", ana)):
        servers[name] = Server(author.app(), linkedin.step_of, linkedin.ANSWERS)
    running = Servers(servers)
    with running.running():
        world.people.write("content/profiles.yaml", profiles(running))
        world.people.push("Move to real platforms")
        world.environ |= {"X_ACCESS_TOKEN": x.TOKEN, "LINKEDIN_ACCESS_TOKEN": linkedin.TOKEN}
        yield Searched(fake, company, ana, running)


def profiles(servers: Servers) -> str:
    accounts = {"x": USER, **AUTHORS}
    listed = [
        {
            "id": f"{name}-acme",
            "platform": "x" if name == "x" else "linkedin",
            "account": accounts[name],
            "credentials": "X" if name == "x" else "LINKEDIN",
            "options": {"server": proxy.url},
        }
        for name, proxy in servers.proxies.items()
    ]
    return yaml.safe_dump({"profiles": listed})


def test_a_thread_goes_out_as_replies_and_as_comments(world: World, searched: Searched) -> None:
    world.epic(task("teaser", "x-acme", "company-acme", "ana-acme", **THREAD))
    world.run()
    assert world.shown()["state"] == "Published"
    assert [each.text for each in searched.x.tweets] == TEXTS
    parents = [None, *(each.id for each in searched.x.tweets[:2])]
    assert [each.reply_to for each in searched.x.tweets] == parents
    for author in (searched.company, searched.ana):
        assert [each.text for each in author.made] == TEXTS
        assert [each.root for each in author.made] == [None, *[author.made[0].urn] * 2]


@pytest.mark.parametrize("name", ["x", "company"])
def test_a_search_settles_a_lost_answer(name: str, world: World, searched: Searched) -> None:
    searched.servers.lose(name)
    world.epic(task("teaser", f"{name}-acme", **THREAD))
    key = f"teaser/{name}-acme"
    world.run_until(lambda: world.status(key) is DeliveryStatus.PUBLISHED)
    made = searched.x.tweets if name == "x" else searched.company.made
    assert [each.text for each in made] == TEXTS
    results = [each.result for each in world.delivery(key).attempts]
    assert results == ["lost", "published", "published", "published"]


def test_a_member_is_asked_about_a_lost_answer(world: World, searched: Searched) -> None:
    searched.servers.lose("ana")
    world.epic(task("teaser", "ana-acme"))
    key = "teaser/ana-acme"
    world.run_until(lambda: world.status(key) is DeliveryStatus.UNCONFIRMED)
    assert len(searched.ana.made) == 1


def test_a_refused_duplicate_of_a_lost_call_is_found(world: World, searched: Searched) -> None:
    """The timeline lags behind, so the post is sent again; X refuses it, and then shows it."""
    searched.x.hides = True
    searched.servers.lose("x")
    world.epic(task("teaser", "x-acme"))
    key = "teaser/x-acme"
    world.run_until(lambda: world.status(key) is DeliveryStatus.PUBLISHED)
    assert [each.result for each in world.delivery(key).attempts] == ["lost", "lost", "published"]
    assert len(searched.x.tweets) == 1

"""Rounds and carriers with the connectors of real platforms, whose servers run beside them."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
import yaml

from publisher.adapters.clock import utc_now
from publisher.domain.delivery import DeliveryStatus
from tests.contract.bot_api import BotApi, Chat
from tests.contract.pds import Owner, Pds
from tests.contract.worlds import bluesky, telegram
from tests.integration.servers import Server, Servers
from tests.integration.world import World, asking, task

READY_WITHIN = 20.0
THREAD = {"thread": [{"body": "Second part"}, {"body": "Third part"}]}


class Social(Servers):
    """Bluesky's server and Telegram's."""

    def __init__(self) -> None:
        self.pds, self.api = Pds(), BotApi(telegram.TOKEN)
        self.owner: Owner = self.pds.add("acme.example", bluesky.PASSWORD)
        self.chat: Chat = self.api.add(Chat(-1001, "acme"))
        super().__init__(
            {
                "bluesky": Server(self.pds.app(), bluesky.step_of, bluesky.ANSWERS),
                "telegram": Server(self.api.app(), telegram.step_of, telegram.ANSWERS),
            }
        )

    def profiles(self) -> str:
        server = {name: {"server": proxy.url} for name, proxy in self.proxies.items()}
        accounts = {"bluesky": "acme.example", "telegram": "@acme"}
        profiles = [
            {
                "id": f"{name}-acme",
                "platform": name,
                "account": account,
                "credentials": name.upper(),
                "options": server[name],
            }
            for name, account in accounts.items()
        ]
        return yaml.safe_dump({"profiles": profiles})


@pytest.fixture
def social(world: World) -> Iterator[Social]:
    """The repository's profiles are accounts on these servers."""
    social = Social()
    with social.running():
        world.people.write("content/profiles.yaml", social.profiles())
        world.people.push("Move to real platforms")
        world.environ |= {
            "BLUESKY_APP_PASSWORD": bluesky.PASSWORD,
            "TELEGRAM_BOT_TOKEN": telegram.TOKEN,
        }
        yield social


def until(world: World, name: str, status: DeliveryStatus) -> Callable[[], bool]:
    return lambda: world.status(name) is status


def test_a_thread_goes_out_on_both(world: World, social: Social) -> None:
    world.epic(task("teaser", "bluesky-acme", "telegram-acme", **THREAD))
    world.run()
    records = [value for _, value in social.owner.made]
    assert [record["text"] for record in records] == [
        *("Text of teaser.", "Second part", "Third part")
    ]
    uris = [uri for uri, _ in social.owner.made]
    assert [record["reply"]["parent"]["uri"] for record in records[1:]] == uris[:2]
    assert [message.text for message in social.chat.made] == [record["text"] for record in records]
    parents = [message.reply_to for message in social.chat.made]
    assert parents == [None, *(message.id for message in social.chat.made[:2])]
    shown = world.shown()
    assert shown["state"] == "Published"
    assert social.pds.asked["com.atproto.server.createSession"] == 1


def test_bluesky_settles_a_lost_answer_by_its_key(world: World, social: Social) -> None:
    social.lose("bluesky")
    world.epic(task("teaser", "bluesky-acme", **THREAD))
    world.run_until(until(world, "teaser/bluesky-acme", DeliveryStatus.PUBLISHED))
    assert len(social.owner.made) == 3
    results = [each.result for each in world.delivery("teaser/bluesky-acme").attempts]
    assert results == ["lost", "published", "published", "published"]


def test_telegram_asks_a_person_about_a_lost_answer(world: World, social: Social) -> None:
    social.lose("telegram")
    world.epic(task("teaser", "telegram-acme"))
    world.run_until(until(world, "teaser/telegram-acme", DeliveryStatus.UNCONFIRMED))
    url = f"https://t.me/acme/{social.chat.made[0].id}"
    world.app.decide.resolve("spring-launch", "telegram-acme", url, asking())
    world.run()
    assert world.shown()["state"] == "Published"
    assert len(social.chat.made) == 1


def test_what_was_taken_down_there_is_noticed(world: World, social: Social) -> None:
    world.epic(task("teaser", "bluesky-acme"))
    world.run()
    social.owner.records.clear()
    gone = asyncio.run(world.app.verify("spring-launch", utc_now()))
    assert [key.profile for key in gone] == ["bluesky-acme"]

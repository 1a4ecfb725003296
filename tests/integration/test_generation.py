"""Which Redis is still the one that the ledger knows, and which is not, however it looks."""

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from publisher.adapters.embedded import EmbeddedValkey
from publisher.adapters.git_store import LEDGER
from publisher.adapters.redis_gate import RedisGate
from publisher.domain.errors import Unavailable
from publisher.ports import HandedClaim
from tests.integration.people import git
from tests.integration.test_gate import SECOND, Door
from tests.integration.world import World, task, waiting

ALWAYS = {"appendfsync": "always"}
CERTAIN = pytest.mark.parametrize("settings", [{}, ALWAYS], ids=["our own", "always"])


class Server:
    """A Redis of its own that can be killed, changed and started again; and a ledger's stamp."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.valkey = EmbeddedValkey(folder, settings=settings)
        self.valkey.start()
        self.client = redis.Redis.from_url(self.valkey.url, decode_responses=True)
        self.newest: int | None = None

    @property
    def door(self) -> Door:
        """As a new process sees it."""
        return Door(self.valkey.url, self.client, RedisGate(self.client, "acme", "here"))

    def opened(self, newest: int | None = None) -> str:
        stamp = self.newest if newest is None else newest
        return self.door.gate.open(paused=False, newest=lambda _generation: stamp)

    def commit(self) -> None:
        """A round writes to the ledger."""
        generation, count = self.door.gate.stamp(self.opened()).rsplit(" ", 1)
        assert generation == self.opened()
        self.newest = int(count)

    def handed(self) -> HandedClaim:
        self.opened()
        self.commit()
        return self.door.handed()

    def kill(self) -> None:
        os.kill(self.valkey.pid, signal.SIGKILL)
        self.valkey.stop()

    def again(self, **settings: str) -> None:
        self.valkey.settings |= {name.replace("_", "-"): value for name, value in settings.items()}
        self.valkey.start()


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def make(name: str = "valkey", **settings: str) -> Server:
        made.append(Server(tmp_path / name, settings))
        return made[-1]

    yield make
    for server in made:
        server.client.close()
        server.valkey.stop()


@CERTAIN
def test_killed_and_restarted_it_knows_which_calls_were_made(
    make_server: Callable[..., Server], settings: dict[str, str]
) -> None:
    server = make_server(**settings)
    claim = server.handed()
    other = server.door.handed(id="a/b/c#1")
    assert server.door.word(claim) == "ok"
    server.kill()
    server.again()
    assert server.door.word(other) == "generation", "nobody passes before a round has looked"
    assert not server.door.gate.hand_out(claim.generation, [claim], server.door.gate.now() + SECOND)
    assert not server.door.fence(claim, force=True).same_generation
    assert server.opened() == claim.generation
    assert server.door.word(claim) == "called"
    assert server.door.word(other) == "ok"
    seen = server.door.fence(claim, force=True)
    assert (seen.same_generation, list(seen.calling), seen.caller) == (True, [0], "me")
    assert set(server.door.gate.calling(server.door.gate.now() + SECOND)) == {"a/b/c#1"}


def test_every_answer_outlives_a_kill(make_server: Callable[..., Server]) -> None:
    """Our own server flushes nothing to the disk, but keeps nothing to itself either."""
    server = make_server()
    counts = [0] * 4

    def write(number: int) -> None:
        with redis.Redis.from_url(server.valkey.url) as client, suppress(redis.RedisError):
            while True:
                counts[number] = client.incr(f"count:{number}")

    for _again in range(3):
        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        with waiting("writes") as wait:
            while min(counts) < 300 * (_again + 1):
                wait()
        server.client.bgrewriteaof()
        server.kill()
        for thread in threads:
            thread.join(10)
        server.again()
        for number, count in enumerate(counts):
            assert count <= int(server.client.get(f"count:{number}") or 0) <= count + 1


@CERTAIN
def test_an_older_copy_of_its_files_is_another_redis(
    make_server: Callable[..., Server], settings: dict[str, str]
) -> None:
    server = make_server(**settings)
    claim = server.handed()
    copy = server.valkey.folder.with_name("copy")
    shutil.copytree(server.valkey.folder, copy)
    assert server.door.word(claim) == "ok"
    server.commit()  # what came of the call, or anything else
    server.kill()
    shutil.rmtree(server.valkey.folder)
    copy.rename(server.valkey.folder)
    server.again()
    assert server.opened() != claim.generation
    assert server.door.word(claim) == "generation"


@CERTAIN
def test_a_redis_that_lost_its_files_or_was_flushed_is_another(
    make_server: Callable[..., Server], settings: dict[str, str]
) -> None:
    server = make_server(**settings)
    claim = server.handed()
    server.kill()
    shutil.rmtree(server.valkey.folder)
    server.again()
    emptied = server.opened()
    assert emptied != claim.generation
    server.client.flushall()
    assert server.opened() not in {emptied, claim.generation}
    server.kill()
    server.again()
    assert server.opened(newest=99) not in {emptied, claim.generation}


def test_a_redis_that_the_ledger_never_heard_of_is_another(
    make_server: Callable[..., Server],
) -> None:
    server = make_server()
    before = server.opened()
    server.kill()
    server.again()
    assert server.opened() != before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"appendfsync": "everysec"}, {}),
        ({"appendfsync": "everysec"}, {"appendfsync": "always"}),
        ({"appendfsync": "always"}, {"appendfsync": "everysec"}),
        ({"appendfsync": "no", "syslog-ident": "redis"}, {}),
        ({"appendfsync": "always", "no-appendfsync-on-rewrite": "yes"}, {}),
        ({}, {"syslog_ident": "boot:another"}),
        ({}, {"appendonly": "no", "dbfilename": "none.rdb"}),
    ],
    ids=["lazy", "lazy first", "lazy then", "kernel", "rewrite", "rebooted", "no log"],
)
def test_where_an_answer_may_be_lost_a_restart_begins_a_new_generation(
    make_server: Callable[..., Server], before: dict[str, str], after: dict[str, str]
) -> None:
    server = make_server(**before)
    claim = server.handed()
    known = server.door.gate  # a process that lives on and has asked before
    known.open(paused=False)
    server.kill()
    server.again(**after)
    known.open(paused=False, newest=lambda _generation: server.newest)
    assert server.opened() != claim.generation
    assert known.expired(known.now() + timedelta(days=1)) == frozenset()


def test_a_setting_that_was_changed_while_it_ran_is_noticed(
    make_server: Callable[..., Server],
) -> None:
    server = make_server(**ALWAYS)
    claim = server.handed()
    server.client.config_set("appendfsync", "everysec")
    assert server.opened() == claim.generation
    server.kill()
    server.again()
    assert server.opened() != claim.generation


def test_a_replica_that_took_over_is_another_redis(make_server: Callable[..., Server]) -> None:
    """It may lack the newest marks; while one is about, the first is not certain either."""
    server, replica = make_server(**ALWAYS), make_server("replica", **ALWAYS)
    claim = server.handed()
    replica.client.replicaof("127.0.0.1", str(server.valkey.port))
    with waiting("the replica") as wait:
        while not replica.client.exists(server.door.gate.keys.generation):
            wait()
    with waiting("the first one's word about it") as wait:
        while not server.client.info("replication")["connected_slaves"]:
            wait()
    assert replica.client.get(server.door.gate.keys.sealed)
    server.kill()
    replica.client.replicaof("NO", "ONE")
    assert replica.opened(newest=server.newest) != claim.generation


def test_with_a_replica_about_nothing_is_sealed(make_server: Callable[..., Server]) -> None:
    server, replica = make_server(**ALWAYS), make_server("replica", **ALWAYS)
    server.handed()
    replica.client.replicaof("127.0.0.1", str(server.valkey.port))
    with waiting("the replica") as wait:
        while not server.client.info("replication")["connected_slaves"]:
            wait()
    server.opened()
    assert server.client.get(server.door.gate.keys.sealed) is None


def test_no_stamp_is_given_for_another_generation(make_server: Callable[..., Server]) -> None:
    server = make_server()
    claim = server.handed()
    server.client.flushall()
    with pytest.raises(Unavailable, match="restarted or emptied"):
        server.door.gate.stamp(claim.generation)


# In the ledger.


def test_every_ledger_commit_of_a_round_is_stamped_and_people_add_nothing_to_it(
    world: World,
) -> None:
    world.published(task("teaser", "x"))
    store, heads = world.app.store, world.app.store.sync()
    stamps = git(world.remote, "log", "--format=%(trailers:key=Copydesk-Gate,valueonly)", LEDGER)
    words = [line.split() for line in stamps.splitlines() if line]
    generation = words[0][0]
    assert [(name, int(count)) for name, count in words] == [
        (generation, number) for number in range(len(words), 0, -1)
    ]
    assert len(words) == len(world.subjects(LEDGER)) - 1  # but for the one that begins it
    assert store.newest_stamp(heads.ledger, generation) == len(words)
    assert store.newest_stamp(heads.ledger, generation[:-1]) is None
    assert store.newest_stamp(None, generation) is None
    assert "Copydesk-Gate" not in git(world.remote, "log", "--format=%B", "main")


def test_a_restart_in_the_middle_of_a_call_asks_nobody(
    world: World, make_server: Callable[..., Server]
) -> None:
    """Redis is killed between claim and call: on a blind platform the call is simply made."""
    server = make_server()
    world.redis_url = server.valkey.url
    world.epic(task("teaser", "press"))
    assert world.round().claimed == 1
    server.kill()
    server.again()
    world.round()
    world.carry()
    world.run()
    assert world.network.texts() == ["Text of teaser."]
    assert world.shown()["state"] == "Published"

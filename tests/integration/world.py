"""A content repository with its remote, its people, its Redis and its sandbox."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import redis
import yaml

from publisher.adapters.clock import utc_now
from publisher.adapters.git_store import LEDGER
from publisher.adapters.index import SqliteIndex
from publisher.config import Config
from publisher.domain.delivery import Delivery, DeliveryStatus, Key, Record
from publisher.domain.epic import Person
from publisher.files.ledger_file import ledger_path, load_record
from publisher.files.status_file import dump_status
from publisher.ports import Signature
from publisher.usecases.editorial.doing import Doing
from publisher.usecases.round import RoundReport
from publisher.wiring import App
from tests.integration.network import Network
from tests.integration.people import People, git, raw_git

ANA = Signature("Ana Silva", "ana@example.com")
SPRING = "content/epics/2026/spring-launch"
FAST_RETRIES = "0.05,0.05,0.05,0.05,0.05"
SETTINGS = """\
id: acme
timezone: UTC
paused: false
projection: true
overdue_grace: PT1H
same_content_within: P30D
publication_attempts_limit: 6
approvals: {required: 0}
"""
PEOPLE = """\
people:
  - {id: ana, name: Ana Silva, email: ana@example.com, roles: [author, scheduler, admin]}
"""
PLAYS = {"x": "idempotent", "linkedin": "searchable", "press": "blind", "insta": "checkable"}


def profiles_text(server: str, plays: Mapping[str, str] = PLAYS, **accounts: str) -> str:
    """profiles.yaml with one sandbox account a profile; `accounts` names others than acme-ID."""
    profiles = [
        {
            "id": name,
            "platform": "sandbox",
            "account": accounts.get(name, f"acme-{name}"),
            "options": {"server": server, "plays": kind, "settle": 0.05},
        }
        for name, kind in plays.items()
    ]
    return yaml.safe_dump({"profiles": profiles}, sort_keys=False)


def task(name: str, *profiles: str, body: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": name, "profiles": list(profiles), "body": body or f"Text of {name}.", **more}


def epic_text(due: datetime | None, *tasks: Mapping[str, Any], title: str = "Spring launch") -> str:
    plain: dict[str, Any] = {"title": title, "owner": "ana"}
    if due is not None:
        at = due.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        plain["schedule"] = {"at": at, "timezone": "UTC"}
    return yaml.safe_dump({**plain, "tasks": list(tasks)}, sort_keys=False, allow_unicode=True)


def asking(request: str = "") -> Doing:
    """A request of Ana's, now."""
    ana = Person(id="ana", name=ANA.name, email=ANA.email)
    return Doing(who=ana, request=request or uuid4().hex, at=utc_now())


def ago(seconds: float = 60) -> datetime:
    return utc_now() - timedelta(seconds=seconds)


def whole_second_after(seconds: float) -> datetime:
    """The first time that epic.yaml can name at least so many seconds from now."""
    return (utc_now() + timedelta(seconds=seconds + 1)).replace(microsecond=0)


@contextmanager
def waiting(what: str, within: float = 10.0) -> Iterator[Callable[[], None]]:
    """`with waiting(...) as wait: while not there: wait()`; fails when it takes too long."""
    end = monotonic() + within

    def wait() -> None:
        if monotonic() > end:
            raise AssertionError(f"{what} did not happen within {within} s")
        sleep(0.02)

    yield wait


@dataclass
class World:
    """One repository. `app` is its publisher; `publisher()` makes more of them."""

    folder: Path
    remote: Path
    people: People
    network: Network
    redis_url: str
    environ: dict[str, str] = field(default_factory=dict)
    _apps: list[App] = field(default_factory=list)

    # Publishers.

    def config(self, state: str = "state", **environ: str) -> Config:
        settings = {
            "COPYDESK_STATE": str(self.folder / state),
            "REDIS_URL": self.redis_url,
            "COPYDESK_RETRY_AFTER": FAST_RETRIES,
            **self.environ,
            **environ,
        }
        return Config.from_env(settings, str(self.remote))

    def publisher(self, state: str = "state", **environ: str) -> App:
        app = App(self.config(state, **environ))
        self._apps.append(app)
        return app

    @property
    def app(self) -> App:
        return self._apps[0] if self._apps else self.publisher()

    def close(self) -> None:
        for app in self._apps:
            close(app)
        self._apps.clear()

    def begin_anew(self) -> None:
        """Start again with an index that must be read from git."""
        self.close()
        for file in (self.folder / "state").glob("index.sqlite*"):
            file.unlink()

    # What workers do.

    def round(self, app: App | None = None) -> RoundReport:
        report = (app or self.app).keep_round(force=True)
        assert report is not None
        return report

    def carry(self, app: App | None = None) -> None:
        """One carrier, and more while batches wait: as the pulse of a worker starts them."""
        app = app or self.app
        asyncio.run(app.carry(uuid4().hex))
        while app.gate.waiting():
            asyncio.run(app.carry(uuid4().hex))

    def run(self, app: App | None = None) -> list[RoundReport]:
        """Rounds and carriers until a round finds nothing to do."""
        told = []
        for _turn in range(40):
            told.append(self.round(app))
            if told[-1].claimed or (app or self.app).gate.waiting():
                self.carry(app)
            elif not told[-1].reported and not told[-1].commit:
                return told
        raise AssertionError(f"never comes to rest: {told}")

    def run_until(self, met: Callable[[], bool], within: float = 10.0) -> None:
        """The same through retries, until what is awaited is there."""
        with waiting("the awaited state", within) as wait:
            while True:
                self.run()
                if met():
                    return
                wait()

    # What people do.

    def epic(
        self,
        *tasks: Mapping[str, Any],
        due: datetime | None = None,
        path: str = SPRING,
        title: str = "Spring launch",
    ) -> str:
        """Write an epic and merge it to main; due a minute ago unless said otherwise."""
        self.people.write(f"{path}/epic.yaml", epic_text(due or ago(), *tasks, title=title))
        return self.people.push(f"Add {path.rsplit('/', 1)[1]}")

    def published(self, *tasks: Mapping[str, Any], **more: Any) -> None:
        """An epic that is out already, and people who have pulled what came of it."""
        before = len(self.network.posts())
        self.epic(*(tasks or (task("teaser", "x", "linkedin"),)), **more)
        self.run()
        assert len(self.network.posts()) > before
        self.people.pull()

    # What can be seen.

    def ref(self, name: str) -> str | None:
        try:
            return git(self.remote, "rev-parse", "--verify", "--quiet", f"refs/heads/{name}")
        except AssertionError:
            return None

    def file(self, path: str, branch: str = "main") -> bytes | None:
        try:
            return raw_git(self.remote, "show", f"{branch}:{path}")
        except AssertionError:
            return None

    def subjects(self, branch: str = "main") -> list[str]:
        """Newest first."""
        return git(self.remote, "log", "--format=%s", branch).split("\n")

    def record(self, epic: str = "spring-launch") -> Record:
        path = ledger_path(epic)
        data = self.file(path, LEDGER)
        return load_record(data, path) if data else Record(epic=epic)

    def delivery(self, name: str, epic: str = "spring-launch") -> Delivery:
        found = self.record(epic).get(Key(epic, *name.split("/")))
        assert found is not None, f"the ledger has no {epic}/{name}"
        return found

    def status(self, name: str, epic: str = "spring-launch") -> DeliveryStatus:
        return self.delivery(name, epic).status

    def held(self, name: str, epic: str = "spring-launch") -> str:
        mark = self.delivery(name, epic).held
        return mark.code if mark else ""

    def projection(self, path: str = SPRING) -> bytes:
        """What status.yaml must be, byte for byte."""
        name = path.rsplit("/", 1)[1]
        self.app.index.catch_up(self.app.store.sync(force=True))
        epic = self.app.index.epic(name)
        assert epic is not None
        record, desk = self.record(name), self.app.index.desk
        approvals = self.app.standings.of(epic, self.app.index.heads.main, record, desk).tasks
        return dump_status(epic, record, approvals)

    def shown(self, path: str = SPRING) -> dict[str, Any]:
        data = self.file(f"{path}/status.yaml")
        assert data is not None, f"there is no {path}/status.yaml"
        found: dict[str, Any] = yaml.safe_load(data)
        return found


def close(app: App) -> None:
    """Close what one publisher has opened, as the end of its process would."""
    made = app.__dict__
    if "index" in made:
        index: SqliteIndex = made["index"]
        with suppress(sqlite3.ProgrammingError):  # opened in another thread, which has ended
            index.close()
    for name in ("client", "rq_redis", "hints"):
        if name in made:
            made[name].close()


def new_world(
    folder: Path, template: Path, network: Network, redis_url: str, repository: str = "acme"
) -> World:
    remote = folder / "remote.git"
    shutil.copytree(template, remote)
    people = People(remote, folder / "people")
    if repository != "acme":
        people.change("content/copydesk.yaml", "id: acme", f"id: {repository}")
        people.push("Name it")
    return World(folder, remote, people, network, redis_url)


def make_template(folder: Path, network: Network) -> Path:
    """A bare repository with desk files and no epic; every test begins with a copy."""
    remote = folder / "template.git"
    git(folder, "init", "--quiet", "--bare", "--template=", str(remote))
    people = People(remote, folder / "author")
    people.write("content/copydesk.yaml", SETTINGS)
    people.write("content/people.yaml", PEOPLE)
    people.write("content/profiles.yaml", profiles_text(network.url))
    people.git("checkout", "--quiet", "-b", "main")
    people.push("Begin")
    return remote


def everything_in_redis(url: str) -> str:
    """Every key with its value, as one text to search."""
    client = redis.Redis.from_url(url, decode_responses=True)
    read: dict[str, Callable[[str], Any]] = {
        "string": client.get,
        "hash": client.hgetall,
        "list": lambda key: client.lrange(key, 0, -1),
        "set": lambda key: sorted(client.smembers(key)),
        "zset": lambda key: client.zrange(key, 0, -1, withscores=True),
    }
    try:
        found = {}
        for key in sorted(client.scan_iter()):
            kind = client.type(key)
            found[key] = read[kind](key) if kind in read else client.dump(key)
        return json.dumps(found, default=str)
    except UnicodeDecodeError:
        raw = redis.Redis.from_url(url)
        try:
            return repr([(key, raw.dump(key)) for key in raw.scan_iter()])
        finally:
            raw.close()
    finally:
        client.close()


def all_objects(repository: Path) -> bytes:
    """Every object of a repository, commits and trees and files, whether reachable or not."""
    return raw_git(repository, "cat-file", "--batch", "--batch-all-objects")


def keys_of(names: Sequence[str], epic: str = "spring-launch") -> list[Key]:
    return [Key(epic, *name.split("/")) for name in names]

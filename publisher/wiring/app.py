"""One process's view of one content repository."""

import logging
import os
import random
import socket
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import redis

from publisher.adapters.branch_index import SqliteBranchIndex
from publisher.adapters.clock import DriftGuard, utc_now
from publisher.adapters.git_branches import GitBranches
from publisher.adapters.git_store import BOT, GitStore
from publisher.adapters.http import AiohttpHttp
from publisher.adapters.index import SqliteIndex
from publisher.adapters.local_forge import LocalForge
from publisher.adapters.redis_gate import RedisGate
from publisher.adapters.rq_queue import (
    RqQueue,
    delivery_worker,
    round_worker,
    stop_all,
    worked,
)
from publisher.adapters.signing_key import SigningKeys
from publisher.config import KEYLESS, Config
from publisher.domain.budget import PushBudget
from publisher.domain.delivery import Key
from publisher.domain.epic import Desk, Person, Profile
from publisher.domain.fit import NO_LIMITS
from publisher.domain.limits import Limits
from publisher.domain.policy import Policy
from publisher.files.limits_file import limits_for
from publisher.platforms import find_all
from publisher.ports import Account, Forge, Heads, Platform
from publisher.usecases.decide import Decide
from publisher.usecases.editorial.doing import Doing
from publisher.usecases.queries import Event, Planned, Queries
from publisher.usecases.round import Round, RoundReport
from publisher.usecases.standings import Standings
from publisher.usecases.story import story_of
from publisher.usecases.verify import Verify
from publisher.wiring.carrying import carried
from publisher.wiring.connections import connected
from publisher.wiring.editorial import Editorial, editorial_of
from publisher.wiring.media import MediaParts
from publisher.wiring.round_lock import round_lock

if TYPE_CHECKING:
    from publisher.adapters.github import GitHub

_LOCAL_POLL = 2.0
_SELF = Person(id="copydesk", name=BOT.name, email=BOT.email)
_HINT = 1.0

log = logging.getLogger(__name__)


class App:
    """One process's view of one content repository; each part is made when first needed."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.name = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"

    @cached_property
    def store(self) -> GitStore:
        self.config.state.mkdir(parents=True, exist_ok=True)
        config = self.config
        talk = self.github
        credentials = talk.git_environment if talk else dict
        return GitStore(
            config.clone,
            config.repo,
            timeout=config.timing.git,
            poll=config.poll,
            credentials=credentials,
        )

    @cached_property
    def github(self) -> "GitHub | None":
        """Signed in to GitHub; None when the repository is somewhere else."""
        access = self.config.github
        if access is None:
            return None
        from publisher.adapters.github import GitHub  # noqa: PLC0415 - 0.2 s for who needs it

        return GitHub(self.config.repo, access, utc_now, threading.Event().wait)

    @cached_property
    def branches(self) -> GitBranches:
        return GitBranches(self.store)

    @cached_property
    def forge(self) -> Forge:
        """GitHub, or the local forge for every repository that is not there."""
        return self.github.forge if self.github else LocalForge(self.store, utc_now, _rest)

    @cached_property
    def index(self) -> SqliteIndex:
        return SqliteIndex(self.config.index, self.store, self.policy)

    @cached_property
    def media(self) -> MediaParts:
        return MediaParts(self.config, self.store, self.limits)

    @cached_property
    def repository(self) -> str:
        """The id in copydesk.yaml: it prefixes every key."""
        return self.store.desk(self.store.last_known_main()).settings.id

    @cached_property
    def platforms(self) -> Mapping[str, Platform]:
        return find_all()

    @cached_property
    def client(self) -> "redis.Redis":
        """For our own keys: text answers, and no retry that nobody sees."""
        return connected(self.config.redis_url)

    @cached_property
    def rq_redis(self) -> "redis.Redis":
        """For RQ's loops, which wait for jobs: RQ itself limits how long."""
        return connected(self.config.redis_url, decode=False, answer=None)

    @cached_property
    def hints(self) -> "redis.Redis":
        """For hints through RQ's queues, which nobody should wait for."""
        return connected(self.config.redis_url, decode=False, answer=_HINT)

    @cached_property
    def gate(self) -> RedisGate:
        return RedisGate(self.client, self.repository, self.config.installation)

    @cached_property
    def queue(self) -> RqQueue:
        return RqQueue(self.hints, self.repository)

    @cached_property
    def round(self) -> Round:
        per_minute = 0 if self.store.remote.local else self.config.pushes_per_minute
        return Round(
            store=self.store,
            index=self.index,
            gate=self.gate,
            queue=self.queue,
            platforms=self.platforms,
            media=self.media.desk,
            limits=self.limits,
            policy=self.policy,
            clock=DriftGuard(self.config.timing.clock_drift),
            budget=PushBudget(per_minute),
            owner=self.name,
            rest=_rest,
            standings=self.standings,
        )

    @cached_property
    def standings(self) -> Standings:
        keyless = "" if self.config.signing_keys or self.store.remote.local else KEYLESS
        return Standings(self.store, self.keys.known, keyless)

    @cached_property
    def keys(self) -> SigningKeys:
        return SigningKeys(self.config.signing_keys, self.store.remote.path, KEYLESS)

    @cached_property
    def editorial(self) -> Editorial:
        return editorial_of(
            self.store,
            self.index,
            SqliteBranchIndex(self.config.index),
            self.forge,
            self.standings,
            self.keys.signing,
            self.gate if self.config.redis_url else None,
            _rest,
            timedelta(seconds=_LOCAL_POLL if self.store.remote.local else self.config.poll),
            self.media.pin,
        )

    @cached_property
    def decide(self) -> Decide:
        return Decide(self.store, self.branches, self.index, self.standings)

    @cached_property
    def queries(self) -> Queries:
        return self._queries(self.index)

    def _queries(self, index: SqliteIndex) -> Queries:
        return Queries(
            self.store, index, self.platforms, self.policy, self.standings, self.editorial.look
        )

    def policy(self, desk: Desk) -> Policy:
        return self.config.policy(desk, local_forge=self.store.remote.local)

    def limits(self, profile: Profile) -> Limits:
        """What the platform of a profile takes; nothing is known of one that the table lacks."""
        return limits_for(profile) or NO_LIMITS

    def secrets(self, profile: Profile) -> Mapping[str, str]:
        return self.config.secrets(profile, self.platforms[profile.platform].about.secret_names)

    def plan_at(self, revision: str, now: datetime, until: datetime | None) -> list[Planned]:
        """The plan as another commit of main would have it, with an index of its own."""
        heads = Heads(self.store.resolve(revision), self.store.sync().ledger)
        with tempfile.TemporaryDirectory() as folder:
            index = SqliteIndex(Path(folder) / "index.sqlite", self.store, self.policy)
            index.catch_up(heads)
            try:
                queries = self._queries(index)
                return queries.plan(heads, now, until)
            finally:
                index.close()

    def story(self, heads: Heads, epic_id: str) -> list[Event]:
        """What people did to an epic and what happened to it, oldest first."""
        epic = self.index.epic(epic_id)
        record = self.store.record(heads.ledger, epic_id)
        folder = epic.path if epic else record.path
        total = sum(1 for _ in epic.deliveries()) if epic else len(record.deliveries)
        return story_of(self.store, heads, epic_id, folder, total)

    async def verify(self, epic_id: str, now: datetime) -> list[Key]:
        """Look for what an epic published, mark what is gone; return it."""
        heads = self.store.sync(force=True)
        self.index.catch_up(heads)
        record = self.store.record(heads.ledger, epic_id)
        async with AiohttpHttp(self.config.timing) as http:

            def connect(profile: Profile) -> Account:
                platform = self.platforms[profile.platform]
                return platform.connect(profile, self.secrets(profile), http)

            gone = await Verify(connect).gone(record, dict(self.index.desk.profiles))
        if gone:
            self.decide.mark_removed(epic_id, gone, Doing(who=_SELF, request=uuid4().hex, at=now))
        return gone

    def keep_round(self, *, force: bool = False) -> RoundReport | None:
        """One round, unless another process is in the middle of one.

        `force` looks at the forge and its pull requests as well; otherwise whoever leads does.
        """
        seconds = self.config.timing.round_lock
        with round_lock(self.client, self.gate.keys.round_lock, seconds) as mine:
            if not mine:
                return None
            if force:
                trouble = self.editorial.watch.keep(utc_now(), force=True)
                if trouble:
                    log.warning("forge", extra={"action": "watch_stopped", "why": trouble})
            return self.round.once(force=force)

    def tell_moved(self) -> None:
        """The forge says that something has changed: look now instead of at the next poll."""
        self.client.set(self.gate.keys.forge_moved, "1")
        self.queue.wake_round()

    def forge_moved(self) -> bool:
        """Whether the forge has said so since the last time this was asked."""
        return bool(self.client.getdel(self.gate.keys.forge_moved))

    async def carry(self, caller: str) -> None:
        """Carry what is handed out, until nothing is left; SIGUSR1 gives the rest back."""
        await carried(self, caller)

    def work_on_rounds(self, stopping: Callable[[], None]) -> bool:
        """Run RQ's loop for rounds; True when it was asked to stop, which it says at once."""
        return worked(round_worker(self.rq_redis, self.repository), stopping)

    def work_on_deliveries(self, stopping: Callable[[], None]) -> bool:
        """The same for deliveries; it ends when the calls under way are finished."""
        return worked(delivery_worker(self.rq_redis, self.repository, self.gate), stopping)

    def stop_workers(self) -> None:
        """Ask every worker on this Redis to finish what it has begun, and end."""
        with suppress(redis.RedisError):
            stop_all(self.hints, self.repository)

    def forked(self) -> "App":
        """The same in a new process: no connection and no handle is shared with the parent."""
        return App(self.config)


def _rest(attempt: int) -> None:
    """A jittered wait before another try at the push: 0.05 to 0.8 s."""
    threading.Event().wait(random.uniform(0.05, 0.1) * 2**attempt)  # noqa: S311 - jitter

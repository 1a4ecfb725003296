"""A desk for one run: remote, Redis, sandbox and workers, all real, and the count afterwards.

Nothing here waits blindly: every wait is for a fact (the ledger, the sandbox's posts, a fired
kill), and gives up with all that is known. Every process carries the desk's token in its
environment; at the end each of them is ended by its own id.
"""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

import pygit2
import redis
from pygit2.enums import FileMode

from publisher.adapters.embedded import EmbeddedValkey
from publisher.adapters.redis_gate import Keys
from publisher.domain.delivery import Delivery, DeliveryStatus, Record, Work
from publisher.files.ledger_file import ledger_path, load_record
from tests.crash import killpoints

ROOT = Path(__file__).parents[2]
SITE = Path(__file__).parent / "site"
TOKEN = "COPYDESK_TEST_DESK"
HASTY = (
    "lease=2,heartbeat=0.5,call_budget=1,connect=0.5,tick=0.2,stale=1.5,round_lock=1.5,"
    "http=5,git=10"
)
RETRIES = "0.3,0.3,0.3,0.3,0.3"
CLASSES = ("idempotent", "checkable", "searchable", "blind")
DOUBTFUL = frozenset({"searchable", "blind"})
S = DeliveryStatus
RESTING = frozenset({S.PUBLISHED, S.UNCONFIRMED, S.FAILED})
SETTLE = 0.3
LOOKS_EVERY = 3.0
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8"
    "cfc000000301010018dd8db00000000049454e44ae426082"
)

T = TypeVar("T")


class Stuck(AssertionError):
    """What was waited for did not happen in time."""


def wait_for(look: Callable[[], T | None], what: str, within: float = 40.0) -> T:
    """Look again and again until there is something; raise Stuck with `what`."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.03)
    raise Stuck(f"after {within:g} s still no {what}")


@dataclass
class Tally:
    """What a run came to; printed at the end of the session."""

    deliveries: int = 0
    kills: int = 0
    in_flight: int = 0
    twice: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    unconfirmed: int = 0
    wrongly_unconfirmed: list[str] = field(default_factory=list)
    slowest: float = 0.0
    extinct: int = 0  # how often no worker was left alive

    def add(self, other: "Tally") -> None:
        self.deliveries += other.deliveries
        self.kills += other.kills
        self.in_flight += other.in_flight
        self.twice += other.twice
        self.lost += other.lost
        self.unconfirmed += other.unconfirmed
        self.wrongly_unconfirmed += other.wrongly_unconfirmed
        self.slowest = max(self.slowest, other.slowest)
        self.extinct += other.extinct

    @property
    def faults(self) -> list[str]:
        return [
            *(f"sent twice: {key}" for key in self.twice),
            *(f"lost: {key}" for key in self.lost),
            *(f"unconfirmed without reason: {key}" for key in self.wrongly_unconfirmed),
        ]

    def __str__(self) -> str:
        return (
            f"{self.deliveries} deliveries, {self.kills} kills, {len(self.twice)} sent twice,"
            f" {len(self.lost)} lost, {self.unconfirmed} unconfirmed"
            f" ({self.in_flight} calls were under way at the kills),"
            f" {self.extinct} times no worker was left"
        )


class Remote:
    """The bare repository that everybody pushes to; people merge to main here."""

    def __init__(self, path: Path) -> None:
        self.path = path
        pygit2.init_repository(str(path), bare=True, initial_head="main")

    @property
    def _repo(self) -> pygit2.Repository:
        return pygit2.Repository(str(self.path))

    def merge(self, files: Mapping[str, bytes | None], why: str) -> None:
        """One commit on main, whoever else pushes meanwhile."""
        who = pygit2.Signature("Ana", "ana@example.com")
        for _try in range(50):
            repo = self._repo
            tip = repo.references.get("refs/heads/main")
            parents = [tip.target] if tip else []
            tree = self._tree(repo, repo[tip.target].peel(pygit2.Tree).id if tip else None, files)
            try:
                repo.create_commit("refs/heads/main", who, who, why, tree, parents)
            except (pygit2.GitError, ValueError, OSError):
                time.sleep(0.02)
            else:
                return
        raise Stuck("merge to main")

    def _tree(self, repo: pygit2.Repository, base: Any, files: Mapping[str, bytes | None]) -> Any:
        builder = repo.TreeBuilder(repo[base]) if base else repo.TreeBuilder()
        nested: dict[str, dict[str, bytes | None]] = {}
        for path, data in files.items():
            name, _slash, rest = path.partition("/")
            if rest:
                nested.setdefault(name, {})[rest] = data
            elif data is None:
                builder.remove(name)
            else:
                builder.insert(name, repo.create_blob(data), FileMode.BLOB)
        for name, inner in nested.items():
            old = builder.get(name)
            child = self._tree(repo, old.id if old is not None else None, inner)
            builder.insert(name, child, FileMode.TREE)
        return builder.write()

    def record(self, epic: str) -> Record:
        """What the ledger says now."""
        try:
            repo = self._repo
            tip = repo.references.get("refs/heads/copydesk/ledger")
            if tip is None:
                return Record(epic=epic)
            path = ledger_path(epic)
            blob = repo[tip.target].peel(pygit2.Tree)[path]
        except (pygit2.GitError, KeyError):
            return Record(epic=epic)
        return load_record(blob.data, path)  # type: ignore[union-attr]


class Sandbox:
    """The network that counts."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self.url = process.stdout.readline().split()[-1]

    def ask(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def fault(self, fault: str, account: str = "", contains: str = "", **more: Any) -> None:
        body = {"fault": fault, "contains": contains or None, "account": account or None, **more}
        self.ask("POST", "/control/faults", {k: v for k, v in body.items() if v is not None})

    def publish(self, plays: str, account: str, body: object) -> None:
        """A post by somebody else on the same account."""
        data = json.dumps(body).encode()
        headers = {"Authorization": "Bearer somebody"}
        request = urllib.request.Request(
            f"{self.url}/{plays}/{account}/posts", data, headers, method="POST"
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()

    def latency(self, seconds: float) -> None:
        self.ask("PUT", "/control/defaults", {"latency": seconds})

    def posts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", "/control/posts")["data"]
        return found


def epic_yaml(at: datetime, tasks: Iterable[Mapping[str, Any]]) -> bytes:
    """JSON is YAML."""
    when = {"at": at.strftime("%Y-%m-%dT%H:%M:%S"), "timezone": "UTC"}
    return json.dumps({"title": "Crash", "schedule": when, "tasks": list(tasks)}).encode()


@dataclass
class Desk:
    """`redis_port` puts a second installation's workers elsewhere; see `group`."""

    name: str
    hooked: bool = True
    timing: str = HASTY
    deliverers: int = 2
    restarts: bool = False  # as `up` does, once no worker lives any more
    settle: float = SETTLE
    repository: str = ""
    folder: Path = field(init=False)
    tally: Tally = field(default_factory=Tally)
    blamed: set[str] = field(default_factory=set)  # called by anybody who was killed so far
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _count: int = 0
    _looked_at: float = 0.0

    def __enter__(self) -> Self:
        self.token = f"{self.name}-{secrets.token_hex(6)}"
        self.repository = self.repository or self.name
        self.folder = Path(
            self._stack.enter_context(tempfile.TemporaryDirectory(prefix=f"crash-{self.name}-"))
        )
        self.kills = self.folder / "kills"
        self.kills.mkdir()
        self.log = (self.folder / "log").open("ab")
        self._stack.callback(self.log.close)
        self._stack.callback(self.end_all)
        self.remote = Remote(self.folder / "remote.git")
        self.valkey = EmbeddedValkey(self.folder / "valkey")
        self.valkey.start()
        self._stack.callback(self.valkey.stop)
        self.client = redis.Redis(port=self.valkey.port, decode_responses=True, socket_timeout=5)
        self._stack.callback(self.client.close)
        self.sandbox = Sandbox(
            self.spawn(["-m", "publisher.sandbox", "--port", "0"], stdout=subprocess.PIPE)
        )
        self.remote.merge(self._desk_files(), "Begin")
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is not None and os.environ.get("CRASH_KEEP"):
            with contextlib.suppress(OSError):
                keep = Path(os.environ["CRASH_KEEP"]) / self.token
                keep.mkdir(parents=True)
                (keep / "log").write_bytes((self.folder / "log").read_bytes())
                subprocess.run(
                    ["git", "clone", "-q", "--mirror", str(self.remote.path), str(keep / "git")],
                    check=False,
                )
        self._stack.close()

    # Processes.

    def environment(self, **more: str) -> dict[str, str]:
        paths = [str(ROOT)]
        environment = {
            **os.environ,
            TOKEN: self.token,
            "REDIS_URL": self.valkey.url,
            "COPYDESK_STATE": str(self.folder / "state"),
            "COPYDESK_TIMING": self.timing,
            "COPYDESK_RETRY_AFTER": RETRIES,
            killpoints.REPOSITORY: self.repository,
            killpoints.FOLDER: str(self.kills),
        }
        if self.hooked:
            environment[killpoints.HOOKED] = "1"
            paths.insert(0, str(SITE))
        environment["PYTHONPATH"] = os.pathsep.join(paths)
        for name in ("COPYDESK_REPO", "COPYDESK_CALLER"):
            environment.pop(name, None)
        return {**environment, **more}

    def spawn(
        self, words: Sequence[str], stdout: int | None = None, **more: str
    ) -> "subprocess.Popen[Any]":
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            stdout=stdout or self.log,
            stderr=self.log,
            text=True,
        )
        self._stack.callback(self._reap, process)
        return process

    def _reap(self, process: "subprocess.Popen[Any]") -> None:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()

    def group(self, deliverers: int | None = None, **more: str) -> "subprocess.Popen[Any]":
        """Start a worker group: a leader that starts its delivery workers."""
        count = str(self.deliverers if deliverers is None else deliverers)
        self._looked_at = time.monotonic()
        return self.spawn(
            ["-m", "publisher", "worker", "--repo", str(self.remote.path), "--deliverers", count],
            **more,
        )

    def processes(self) -> dict[int, list[str]]:
        """Every living process of this desk but the sandbox, and its command."""
        found = {}
        mark = f"{TOKEN}={self.token}".encode()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    words = (entry / "cmdline").read_bytes().decode().split("\0")
                    if "publisher.sandbox" not in words and words != [""]:
                        found[int(entry.name)] = words
        return found

    def workers(self) -> dict[int, list[str]]:
        return {pid: words for pid, words in self.processes().items() if "worker" in words}

    def leaders(self) -> list[int]:
        return [p for p, words in self.workers().items() if "--deliveries-only" not in words]

    def carriers(self) -> list[int]:
        """Forked by a delivery worker: their parent is one, and has the same command."""
        workers = self.workers()
        return [pid for pid in workers if workers.get(_parent(pid)) == workers[pid]]

    def signal(self, pids: Iterable[int], number: int) -> int:
        count = 0
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
                count += 1
        return count

    def end_all(self) -> None:
        """Kill all but the sandbox, until none is left (they start each other)."""
        for _again in range(100):
            left = self.processes()
            if not left:
                return
            self.signal(left, signal.SIGKILL)
            time.sleep(0.02)
        raise Stuck(f"processes that do not end: {left}")

    def calling(self) -> set[str]:
        """The deliveries that are between the gate and the answer now, by Redis's word."""
        keys = Keys(self.repository)
        with contextlib.suppress(redis.RedisError):
            claims = self.client.zrange(keys.calling, 0, -1)
            return keys_of(c for c in claims if not self.client.hget(keys.claim(c), "fenced"))
        return set()

    # Content.

    def _desk_files(self) -> dict[str, bytes]:
        profiles = [
            {
                "id": plays,
                "platform": "sandbox",
                "account": f"{self.name}-{plays}",
                "options": {"server": self.sandbox.url, "plays": plays, "settle": self.settle},
            }
            for plays in CLASSES
        ]
        unset = {"id": "unset", "platform": "mastodon", "account": f"@{self.name}@127.0.0.1"}
        profiles.append(
            {**unset, "credentials": "NOBODY_SET", "options": {"server": "http://127.0.0.1:9"}}
        )
        settings = {"id": self.repository, "approvals": {"required": 0}}
        return {
            "content/copydesk.yaml": json.dumps(settings).encode(),
            "content/profiles.yaml": json.dumps({"profiles": profiles}).encode(),
            "content/people.yaml": b"people: []\n",
        }

    def merge_epic(
        self, tasks: Sequence[Mapping[str, Any]], at: datetime | None = None, name: str = ""
    ) -> str:
        """Merge an epic that is due at once (or at `at`); return its id."""
        self._count += 1
        epic = name or f"{self.name}-{self._count:04}"
        at = at or datetime.now(UTC) - timedelta(seconds=1)
        files: dict[str, bytes | None] = {
            f"content/epics/2026/{epic}/epic.yaml": epic_yaml(at, tasks)
        }
        for task in tasks:
            for media in task.get("media", ()):
                files[f"content/epics/2026/{epic}/{media['file']}"] = PIXEL + epic.encode()
        self.remote.merge(files, f"Merge {epic}")
        return epic

    def plain_epic(
        self, tasks: int, at: datetime | None = None, profiles: Sequence[str] = CLASSES
    ) -> str:
        name = f"{self.name}-{self._count + 1:04}"
        return self.merge_epic(
            [
                {"id": f"t{n}", "profiles": list(profiles), "body": f"{name} says {n}"}
                for n in range(tasks)
            ],
            at,
        )

    def rich_epic(self) -> str:
        """19 deliveries that need everything: media, threads, waits, lost answers, refusals."""
        name = f"{self.name}-{self._count + 1:04}"
        soon = (datetime.now(UTC) + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
        asked = ("idempotent", "checkable", "searchable")
        for plays in asked:
            account = f"{self.name}-{plays}"
            self.sandbox.fault("drop_after_accept", account, f"{name} dropped")
        for plays in CLASSES:
            account = f"{self.name}-{plays}"
            self.sandbox.fault("rate_limited", account, f"{name} limited", seconds=0.2)
        every = list(CLASSES)
        picture = {"file": "media/pixel.png", "alt": "A pixel"}
        return self.merge_epic(
            [
                {"id": "dropped", "profiles": list(asked), "body": f"{name} dropped"},
                {"id": "limited", "profiles": every, "body": f"{name} limited"},
                {"id": "media", "profiles": every, "body": f"{name} media", "media": [picture]},
                {
                    "id": "thread",
                    "profiles": every,
                    "body": f"{name} thread",
                    "thread": [{"body": f"{name} reply"}],
                },
                {
                    "id": "later",
                    "at": soon,
                    "timezone": "UTC",
                    "profiles": every,
                    "body": f"{name} later",
                },
            ]
        )

    # Disasters.

    def kill_redis(self, *, forget: bool = False) -> None:
        """SIGKILL; `forget` also loses its data. `valkey.start()` brings it back."""
        os.kill(self.valkey.pid, signal.SIGKILL)
        self.valkey.stop()
        if forget:
            for path in sorted((self.folder / "valkey").rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()

    def kill_redis_amid_calls(self) -> set[str]:
        """The same; returns exactly the deliveries between gate and answer at that moment."""
        workers = self.workers()
        self.signal(workers, signal.SIGSTOP)
        calling = self.calling()
        self.kill_redis()
        self.signal(workers, signal.SIGCONT)
        return calling

    def hook_remote(self, script: str, name: str = "pre-receive") -> None:
        hooks = self.remote.path / "hooks"
        hooks.mkdir(exist_ok=True)
        (hooks / f"{name}.new").write_text(script)
        (hooks / f"{name}.new").chmod(0o755)
        (hooks / f"{name}.new").rename(hooks / name)

    def commit_to_ledger(self) -> None:
        """A commit that says nothing, by somebody else."""
        who = pygit2.Signature("Bo", "bo@example.com")
        branch = "refs/heads/copydesk/ledger"
        for _try in range(50):
            repo = pygit2.Repository(str(self.remote.path))
            tip = repo.references[branch].target
            tree = repo[tip].peel(pygit2.Tree).id
            try:
                repo.create_commit(branch, who, who, "A note", tree, [tip])
            except (pygit2.GitError, ValueError, OSError):
                time.sleep(0.02)
            else:
                return
        raise Stuck("commit to the ledger")

    # Kills.

    def arm(self, point: str, who: str = "child", passes: int = 1) -> str:
        """Order the death of whoever passes the point next; return the order's id."""
        name = secrets.token_hex(6)
        order = {"id": name, "point": point, "who": who, "passes": passes}
        new = self.kills / f"new-{name}"
        new.write_text(json.dumps(order))
        new.rename(self.kills / "armed")
        return name

    def disarm(self) -> None:
        (self.kills / "armed").unlink(missing_ok=True)

    def fired(self, order: str) -> dict[str, Any] | None:
        path = self.kills / f"fired-{order}.json"
        return json.loads(path.read_text()) if path.exists() else None

    def has_posts(self, epic: str) -> bool:
        return any(f"/{epic}/" in (post["key"] or "") for post in self.sandbox.posts())

    # The count.

    def keep_one_worker(self) -> None:
        """Kills that overlap may take the last workers; the promise is about one that lives."""
        if not self.restarts or time.monotonic() < self._looked_at + LOOKS_EVERY:
            return
        self._looked_at = time.monotonic()
        if not self.workers():
            self.tally.extinct += 1
            self.group()

    def resting(self, epic: str, deliveries: int) -> Record | None:
        self.keep_one_worker()
        record = self.remote.record(epic)
        rest = [d for d in record.deliveries.values() if d.status in RESTING or d.held]
        return record if len(rest) == deliveries else None

    def wait_for_rest(self, epic: str, deliveries: int, within: float = 40.0) -> Record:
        started = time.monotonic()
        try:
            return wait_for(lambda: self.resting(epic, deliveries), "rest", within)
        except Stuck as stuck:
            raise Stuck(f"{epic}: {stuck}\n{self.story(epic)}") from None
        finally:
            self.tally.slowest = max(self.tally.slowest, time.monotonic() - started)

    def story(self, epic: str) -> str:
        """Everything that helps to understand what hangs."""
        record = self.remote.record(epic)
        lines = [f"  workers alive: {sorted(self.workers())}"]
        lines += [
            f"  {d.key} {d.status} claim={d.claim and (d.claim.seq, d.claim.work.value)}"
            f" doubt={bool(d.doubt)} due={d.due} held={d.held}"
            for d in record.deliveries.values()
            if d.status not in RESTING
        ]
        lines += [f"  process {pid} {' '.join(words[2:])}" for pid, words in self.workers().items()]
        with contextlib.suppress(redis.RedisError):
            lines.append(f"  trouble: {self.client.get(f'copydesk:{self.repository}:trouble')!r}")
        tail = (self.folder / "log").read_text("utf-8", "replace").splitlines()[-40:]
        return "\n".join([*lines, *tail])

    def open_calls(self, epic: str) -> set[str]:
        """Deliveries that may be between the gate and the answer as far as the ledger knows."""
        return {
            str(d.key)
            for d in self.remote.record(epic).deliveries.values()
            if d.status not in RESTING
        }

    def count(
        self,
        record: Record,
        may_be_unconfirmed: Iterable[str] = (),
        posts: Sequence[Mapping[str, Any]] | None = None,
    ) -> Tally:
        """Compare the ledger with the sandbox. `may_be_unconfirmed` are the keys of deliveries
        that a process was calling when it died."""
        posts = self.sandbox.posts() if posts is None else posts
        prefix = f"{self.repository}/{record.epic}/"
        mine = [post for post in posts if (post["key"] or "").startswith(prefix)]
        times = Counter(post["key"] for post in mine)
        by_id = {post["id"]: post for post in mine}
        allowed = set(may_be_unconfirmed)
        tally = Tally(deliveries=len(record.deliveries))
        tally.twice = [f"{key} ×{n}" for key, n in times.items() if n > 1]
        # Every text of an epic is its own, so a second key for the same words shows as well.
        said = Counter((post["account"], post["text"]) for post in mine)
        tally.twice += [f"{text} ×{n}" for text, n in said.items() if n > 1 and not tally.twice]
        for delivery in record.deliveries.values():
            key = str(delivery.key)
            if delivery.status is S.UNCONFIRMED:
                tally.unconfirmed += 1
                if delivery.key.profile not in DOUBTFUL or key not in allowed:
                    tally.wrongly_unconfirmed.append(f"{key} ({self._history(delivery)})")
            elif delivery.status is not S.PUBLISHED:
                tally.lost.append(f"{key} is {delivery.status} ({self._history(delivery)})")
            for number, part in enumerate(delivery.parts):
                there = by_id.get(part.id)
                if there is None or there["key"] != f"{self.repository}/{key}/{number}":
                    tally.lost.append(f"{key}/{number} is said to be out as {part.id}, but is not")
        self.tally.add(tally)
        return tally

    def _history(self, delivery: Delivery) -> str:
        told = [f"{a.result} {a.fault.message if a.fault else ''}" for a in delivery.attempts]
        return "; ".join([*told, delivery.held.why if delivery.held else ""])


def keys_of(claims: Iterable[str]) -> set[str]:
    """The deliveries of claims such as `epic/task/profile#3`."""
    return {claim.rsplit("#", 1)[0] for claim in claims}


def calls_due(record: Record, now: datetime) -> set[str]:
    """Deliveries with an open claim to call whose time has come."""
    return {
        str(d.key)
        for d in record.deliveries.values()
        if d.claim and d.claim.work is Work.CALL and d.claim.due <= now
    }


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


@contextlib.contextmanager
def opened(name: str, **more: Any) -> Iterator[Desk]:
    """A desk whose workers run."""
    with Desk(name, **more) as desk:
        desk.group()
        yield desk

"""What people want: epics and their tasks, the accounts, the people, the settings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from publisher.domain.walltime import WallTime

Options = Mapping[str, object]

NO_OPTIONS: Options = {}


@dataclass(frozen=True, slots=True)
class Media:
    """One attachment and its alt text: a file in the epic's folder (posix path from there), or
    an address whose bytes are pinned in media.lock.yaml.
    """

    file: str = ""
    alt: str = ""
    url: str = ""

    @property
    def name(self) -> str:
        """What it is known by in its epic: the path or the address, as people wrote it."""
        return self.file or self.url


@dataclass(frozen=True, slots=True)
class Part:
    """One post of a task: its own body, or one entry of its thread."""

    body: str
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """What one profile gets instead of the task's own body or subject."""

    body: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One piece of content. `due` is UTC; None while nothing schedules it."""

    id: str
    profiles: tuple[str, ...]
    parts: tuple[Part, ...]
    subject: str | None = None
    overrides: Mapping[str, Override] = field(default_factory=dict)
    params: Mapping[str, Options] = field(default_factory=dict)
    due: datetime | None = None

    @property
    def media(self) -> tuple[Media, ...]:
        return tuple(media for part in self.parts for media in part.media)


@dataclass(frozen=True, slots=True, kw_only=True)
class Epic:
    """One campaign: the unit of review, scheduling and state. `path` is its folder."""

    id: str
    path: str
    title: str
    brief: str = ""
    owner: str = ""
    schedule: WallTime | None = None
    tasks: tuple[Task, ...] = ()

    def task(self, task_id: str) -> Task | None:
        return next((task for task in self.tasks if task.id == task_id), None)

    def deliveries(self) -> Iterator[tuple[Task, str]]:
        """Every task with every profile it goes to, in the order people wrote."""
        for task in self.tasks:
            for profile in task.profiles:
                yield task, profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One account on one platform. `credentials` names secrets, it never holds one.

    `fit` is what may be done to media so that the platform takes them; nothing unless it says so.
    `limits` are those that differ from the platform's table (`files/limits_file.py`).
    """

    id: str
    platform: str
    account: str
    name: str = ""
    group: str = ""
    credentials: str = ""
    options: Options = field(default_factory=dict)
    fit: tuple[str, ...] = ()
    limits: Options = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The account whatever the profile is called: what identity is decided by."""
        return f"{self.platform}:{self.account}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody on the team, under every name they are known by."""

    id: str
    name: str
    email: str = ""
    slack: str = ""
    github: str = ""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Blackout:
    """A time in which nothing should go out: from `start` up to `end`, which is outside of it."""

    start: WallTime
    end: WallTime
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPolicy:
    """How many approvals a task needs before it may go out. `time`: its due time is part of them.

    `by_self`: people may approve what they wrote. `platforms` has the numbers that differ.
    """

    required: int = 1
    by_self: bool = False
    time: bool = False
    platforms: Mapping[str, int] = field(default_factory=dict)

    def needed(self, platform: str) -> int:
        return self.platforms.get(platform, self.required)

    @property
    def off(self) -> bool:
        return not self.required and not any(self.platforms.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """copydesk.yaml. `id` prefixes every key and never changes."""

    id: str
    timezone: str = "UTC"
    paused: bool = False
    projection: bool = True
    overdue_grace: timedelta = timedelta(hours=1)
    same_content_within: timedelta = timedelta(days=30)
    publication_attempts_limit: int = 6
    clash_within: timedelta = timedelta(minutes=15)
    blackouts: tuple[Blackout, ...] = ()
    approvals: ApprovalPolicy = field(default_factory=ApprovalPolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The files that hold for the whole repository."""

    settings: Settings
    profiles: Mapping[str, Profile]
    people: Mapping[str, Person]

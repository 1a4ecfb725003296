"""What an epic will look like, as values: one card a task and profile. Drawing comes elsewhere."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.domain.epic import Desk, Epic, Media, Profile, Task
from publisher.domain.lengths import Unicode, length
from publisher.domain.limits import Counting, Limits
from publisher.domain.media import Probe
from publisher.domain.problems import Problem
from publisher.domain.text_rules import Delivered, delivered

_LINK = re.compile(r"https?://[^\s<>\"“”]*[^\s<>\"“”.,:;!?'()\[\]{}]", re.IGNORECASE)
_SCHEME = re.compile(r"^https?://(www\.)?", re.IGNORECASE)
_SHORT = 30
_SHORTENS = frozenset({Counting.WEIGHTED, Counting.MASTODON, Counting.GRAPHEMES})


@dataclass(frozen=True, slots=True)
class Count:
    """How long a text is for its platform; `most` is None where no limit is known."""

    length: int
    most: int | None

    @property
    def over(self) -> bool:
        return self.most is not None and self.length > self.most

    def __str__(self) -> str:
        return f"{self.length:,}" if self.most is None else f"{self.length:,} of {self.most:,}"


@dataclass(frozen=True, slots=True)
class CardMedia:
    """One attachment: its path from the epic's folder, and what its bytes are where known."""

    file: str
    alt: str
    probe: Probe | None = None


@dataclass(frozen=True, slots=True)
class CardPart:
    """One post: its text as readers will see it, whole addresses of its links, its media."""

    text: str
    count: Count
    links: tuple[str, ...] = ()
    media: tuple[CardMedia, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What one profile will publish of one task. `due` is UTC; None while nothing schedules it."""

    task: str
    profile: str
    platform: str
    name: str
    parts: tuple[CardPart, ...]
    subject: str | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A whole epic. `zone` is the team's; `missing` says for a task which approvals it lacks."""

    epic: str
    path: str
    title: str
    zone: str
    cards: tuple[Card, ...] = ()
    problems: tuple[Problem, ...] = ()
    missing: Mapping[str, str] | None = None

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(card.task for card in self.cards))


@dataclass(frozen=True, slots=True)
class Tables:
    """What the cards need from the tables of limits and of Unicode."""

    limits: Callable[[Profile], Limits | None]
    title: Callable[[Profile], str]
    unicode: Unicode


def cards_of(
    epic: Epic, desk: Desk, probes: Mapping[str, Probe], tables: Tables
) -> tuple[Card, ...]:
    """Return a card for every delivery to a known profile, in the order people wrote."""
    return tuple(
        _card(task, desk.profiles[name], probes, tables)
        for task, name in epic.deliveries()
        if name in desk.profiles
    )


def shown_text(text: str, counting: Counting) -> str:
    """Return the text as readers see it: most platforms shorten links to what fits a line."""
    return _LINK.sub(lambda found: shown_link(found[0]), text) if counting in _SHORTENS else text


def shown_link(address: str) -> str:
    """Shorten an address as Mastodon does: without its scheme, at most 30 characters."""
    bare = _SCHEME.sub("", address)
    return bare if len(bare) <= _SHORT else bare[:_SHORT] + "…"


def _card(task: Task, profile: Profile, probes: Mapping[str, Probe], tables: Tables) -> Card:
    limits = tables.limits(profile) or Limits()
    kinds = {name: probe.kind for name, probe in probes.items()}
    one = delivered((), task, profile, tables.title(profile), limits, kinds)
    return Card(
        task=task.id,
        profile=profile.id,
        platform=one.title,
        name=profile.name or profile.id,
        parts=tuple(
            _part(one, number, part.text, part.media, probes, tables.unicode)
            for number, part in enumerate(one.payload.parts)
        ),
        subject=one.payload.subject,
        due=task.due,
    )


def _part(
    one: Delivered,
    number: int,
    text: str,
    media: Sequence[Media],
    probes: Mapping[str, Probe],
    unicode: Unicode,
) -> CardPart:
    counting = one.limits.counting
    return CardPart(
        shown_text(text, counting),
        Count(length(text, counting, unicode), one.most(number)),
        tuple(dict.fromkeys(_LINK.findall(text))),
        tuple(CardMedia(item.name, item.alt, probes.get(item.name)) for item in media),
    )

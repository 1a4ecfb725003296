"""What a platform accepts of a post: values only; the dated table is `files/limits.json`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

Range = tuple[float | None, float | None]

ANY: Range = (None, None)


class Counting(StrEnum):
    """How a platform counts the length of a text (`domain/lengths.py`)."""

    CHARACTERS = "characters"  # Unicode code points
    WEIGHTED = "weighted"  # X: links are 23, emoji 2, most scripts outside Latin 2
    GRAPHEMES = "graphemes"  # Bluesky: what a reader takes for one character
    MASTODON = "mastodon"  # graphemes, links are 23, mentions without their server
    THREADS = "threads"  # code points, but emoji as their UTF-8 bytes
    UTF16 = "utf16"  # TikTok, Telegram
    UTF8 = "utf8"  # bytes
    ESCAPED = "escaped"  # LinkedIn: reserved characters carry a backslash


Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLimits:
    """What holds for one kind of media: bytes, pixels, seconds; ratio is width by height."""

    most: int | None = None
    types: tuple[str, ...] = ()  # none: any
    bytes: Range = ANY
    width: Range = ANY
    height: Range = ANY
    sides: int | None = None  # width and height together, at most
    pixels: int | None = None  # width times height, at most
    ratio: Range = ANY
    seconds: Range = ANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one account accepts. A number is the most that is allowed, None: nothing is known.

    `image`, `animation`, `video`, `document`: None means that the table does not speak of them.
    `lead`, `horizon` and `grain` are seconds and hold where the platform itself schedules.
    """

    counting: Counting = Counting.CHARACTERS
    text: int | None = None
    text_least: int | None = None
    text_advised: int | None = None
    text_bytes: int | None = None
    text_with_images: int | None = None
    text_with_video: int | None = None
    forbidden: str = ""
    subject: int | None = None
    hashtags: int | None = None
    mentions: int | None = None
    cashtags: int | None = None
    tags: int | None = None
    tags_together: int | None = None
    alt: int | None = None
    thread: Literal["posts", "comments", "none"] | None = None
    thread_most: int | None = None
    media: tuple[int, int | None] = (0, None)
    mixed: bool = True
    image: MediaLimits | None = None
    animation: MediaLimits | None = None
    video: MediaLimits | None = None
    document: MediaLimits | None = None
    needs: tuple[str, ...] = ()
    scheduling: Literal["soft", "real"] = "soft"
    lead: int = 0
    horizon: int | None = None
    grain: int | None = None

    @property
    def closed(self) -> bool:
        """Whether the table names every kind of media that the platform takes."""
        return any((self.image, self.animation, self.video, self.document))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformLimits:
    """A platform's entry in the table. `doubts` says of single limits why they may be wrong."""

    title: str
    checked: date
    source: str
    confidence: Confidence
    limits: Limits
    also: tuple[str, ...] = ()
    doubts: Mapping[str, str] = field(default_factory=dict)


def within(value: float, allowed: Range) -> bool:
    least, most = allowed
    return (least is None or value >= least) and (most is None or value <= most)

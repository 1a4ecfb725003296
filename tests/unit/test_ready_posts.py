"""What a platform is given: addresses where it pulls, and nothing that it cannot take."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from publisher.domain.epic import Profile
from publisher.domain.errors import ConfigError, CopydeskError, MediaRefused, Refused
from publisher.domain.outcome import ErrorKind
from publisher.domain.traits import Traits
from publisher.platforms import find_all
from publisher.ports import Attachment, HandedClaim, Post
from publisher.usecases.drafting import handed
from publisher.usecases.ready_posts import kind_of, ready_posts
from tests.unit.builders import SEARCHABLE, claimed, profile

SMALL = Attachment(file="a.jpg", alt="", content_type="image/jpeg", sha256="abc", data=b"x")
LARGE = replace(SMALL, file="b.mp4", data=b"", path=Path("/kept/b.mp4"))


@dataclass
class Shelf:
    """Contents of one post; what is asked of it is kept in order."""

    media: tuple[Attachment, ...] = (SMALL,)
    slow: bool = False
    asked: list[str] = field(default_factory=list)

    def profile(self, claim: HandedClaim) -> Profile:
        raise NotImplementedError

    def fitting(self, claim: HandedClaim, to: Profile) -> Callable[[], None] | None:
        return (lambda: self.asked.append("fit")) if self.slow else None

    def posts(self, claim: HandedClaim, to: Profile) -> tuple[Post, ...]:
        self.asked.append("posts")
        return (Post(key="k", text="t", media=self.media),)

    def linked(self, media: Attachment) -> Attachment:
        return replace(media, url=f"https://media.test/{media.file}")


def ready(shelf: Shelf, traits: Traits = SEARCHABLE) -> tuple[Post, ...]:
    return asyncio.run(ready_posts(shelf, handed(claimed()), profile(), traits))


def test_what_takes_long_is_done_before_the_posts_are_read() -> None:
    shelf = Shelf(slow=True)
    ready(shelf)

    assert shelf.asked == ["fit", "posts"]


def test_a_platform_that_pulls_gets_addresses_also_of_large_files() -> None:
    (post,) = ready(Shelf((SMALL, LARGE)), replace(SEARCHABLE, pulls_media=True))

    assert [media.url for media in post.media] == [
        "https://media.test/a.jpg",
        "https://media.test/b.mp4",
    ]


def test_a_platform_that_streams_gets_the_file_and_others_refuse_it() -> None:
    (post,) = ready(Shelf((LARGE,)), replace(SEARCHABLE, streams_media=True))
    assert post.media == (LARGE,)

    with pytest.raises(MediaRefused, match="is too large for sandbox"):
        ready(Shelf((LARGE,)))


def test_instagram_fetches_media_itself() -> None:
    assert find_all()["instagram"].traits(profile(platform="instagram")).pulls_media


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MediaRefused("no"), ErrorKind.INVALID_MEDIA),
        (ConfigError("no"), ErrorKind.MISCONFIGURED),
        (Refused("no"), ErrorKind.CHANGED),
    ],
)
def test_who_must_act_when_nothing_can_be_prepared(error: CopydeskError, kind: ErrorKind) -> None:
    assert kind_of(error) is kind

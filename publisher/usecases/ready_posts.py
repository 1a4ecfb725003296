"""The posts of a claim, with media that are fitted and that the platform can be given."""

import asyncio
from dataclasses import replace

from publisher.domain.delivery import Work
from publisher.domain.epic import Profile
from publisher.domain.errors import ConfigError, CopydeskError, MediaRefused, Refused
from publisher.domain.outcome import ErrorKind
from publisher.domain.traits import Traits
from publisher.ports import Contents, HandedClaim, Post


async def ready_posts(
    contents: Contents, claim: HandedClaim, profile: Profile, traits: Traits
) -> tuple[Post, ...]:
    """Fit in a thread what is not fitted yet; raise MediaRefused for what cannot be sent."""
    fit = contents.fitting(claim, profile)
    if fit is not None:
        await asyncio.to_thread(fit)
    posts = contents.posts(claim, profile)
    if traits.pulls_media:
        return tuple([await asyncio.to_thread(_linked, contents, post) for post in posts])
    for media in (media for post in posts for media in post.media):
        if media.path is not None and not media.data and not traits.streams_media:
            raise MediaRefused(
                f"{media.file} is too large for {profile.platform}: media go there in one piece."
                " Make it smaller."
            )
    return posts


def _linked(contents: Contents, post: Post) -> Post:
    return replace(post, media=tuple(contents.linked(media) for media in post.media))


def kind_of(error: CopydeskError) -> ErrorKind:
    """Who must act when a claim cannot even be prepared."""
    if isinstance(error, MediaRefused):
        return ErrorKind.INVALID_MEDIA
    return ErrorKind.MISCONFIGURED if isinstance(error, ConfigError) else ErrorKind.CHANGED


def check_parent(claim: HandedClaim) -> None:
    """A part of a thread never goes out without its parent; raise Refused."""
    if claim.part and not claim.reply_to and claim.work in {Work.CALL, Work.PREPARE}:
        raise Refused(
            f"Nobody knows the id of the post before part {claim.part + 1}, so it cannot continue"
            " that post. Publish the rest by hand."
        )

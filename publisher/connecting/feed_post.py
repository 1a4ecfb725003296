"""The record app.bsky.feed.post: what a post is made of, its key, its place, and what fits.

Facts: the lexicons of @atproto/pds 0.5.35 (app.bsky.feed.post, app.bsky.embed.*,
app.bsky.richtext.facet) and atproto.com/specs/record-key.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from publisher.connecting import answers
from publisher.connecting.answers import Fields
from publisher.connecting.blobs import blob_of, is_film
from publisher.connecting.lengths import graphemes
from publisher.connecting.markup import Kind, Span, spans_of
from publisher.connecting.pictures import size_of
from publisher.domain.outcome import ErrorKind, Handle
from publisher.ports import Attachment, Post

POSTS = "app.bsky.feed.post"
MOST_GRAPHEMES = 300
MOST_BYTES = 3000
MOST_IMAGES = 4
LARGEST_IMAGE = 2_000_000
LARGEST_THUMB = 1_000_000
LARGEST_VIDEO = 300_000_000
KEY_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
KEY_LENGTH = 13
_PLACE = re.compile(rf"at://(did:[a-z]+:[a-zA-Z0-9._:%-]+)/{re.escape(POSTS)}/([a-z2-7]+)")


def record_key(key: str) -> str:
    """A key of the form that posts must have (a TID), the same for every call of a delivery."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 1
    places = reversed(range(KEY_LENGTH))
    return "".join(KEY_LETTERS[number >> 5 * place & 31] for place in places)


def place_of(uri: str) -> tuple[str, str] | None:
    """The owner's DID and the key of a post; None when the address is not one of a post."""
    found = _PLACE.fullmatch(uri)
    return (found[1], found[2]) if found else None


def unfit(post: Post) -> tuple[ErrorKind, str] | None:
    """Why Bluesky would refuse this post, as a kind and a sentence; None when it fits."""
    return next(_unfit(post), None)


def _unfit(post: Post) -> Iterator[tuple[ErrorKind, str]]:
    length, size = graphemes(post.text), len(post.text.encode("utf-8", "surrogatepass"))
    if length > MOST_GRAPHEMES:
        sentence = f"The text has {length} characters; Bluesky takes {MOST_GRAPHEMES}. Shorten it."
        yield ErrorKind.REJECTED, sentence
    elif size > MOST_BYTES:
        sentence = f"The text has {size} bytes; Bluesky takes {MOST_BYTES}. Shorten it."
        yield ErrorKind.REJECTED, sentence
    films = sum(is_film(media) for media in post.media)
    if films and len(post.media) > 1:
        sentence = "Bluesky takes one video alone, not with other files. Split the post."
        yield ErrorKind.INVALID_MEDIA, sentence
    elif len(post.media) > MOST_IMAGES:
        sentence = (
            f"Bluesky takes {MOST_IMAGES} images, here are {len(post.media)}. Leave some out."
        )
        yield ErrorKind.INVALID_MEDIA, sentence
    card = _card(post)
    if card and (len(post.media) > 1 or films):
        sentence = (
            "A link card has at most one image and no video. Leave out the card or the files."
        )
        yield ErrorKind.INVALID_MEDIA, sentence
    for media in post.media:
        largest = LARGEST_VIDEO if is_film(media) else LARGEST_THUMB if card else LARGEST_IMAGE
        if len(media.data) > largest:
            most = f"{largest // 1_000_000} MB"
            sentence = f"{media.file} has more than the {most} that Bluesky takes. Make it smaller."
            yield ErrorKind.INVALID_MEDIA, sentence


def mention_name(span: Span) -> str:
    """Where a handle keeps whom a mention means."""
    return f"mention:{span.value.lower()}"


def parent_name(post: Post) -> str:
    """Where a handle keeps the posts above this one."""
    return f"reply:{post.reply_to}"


def record_of(post: Post, handle: Handle, at: str) -> Fields | None:
    """The record as of `at` (ISO, UTC); None when the handle lacks what `prepare` puts there."""
    record: dict[str, object] = {"$type": POSTS, "text": post.text, "createdAt": at}
    facets = [facet for span in spans_of(post.text) for facet in _facet(span, handle)]
    if facets:
        record["facets"] = facets
    if post.reply_to is not None:
        record["reply"] = _loaded(handle, parent_name(post))
    embed = _embed(post, handle)
    if embed is None or record.get("reply", True) == answers.NO_FIELDS:
        return None
    if embed:
        record["embed"] = embed
    for name in ("langs", "tags"):
        if post.params.get(name):
            record[name] = post.params[name]
    if isinstance(labels := post.params.get("labels"), list | tuple):
        values = [{"val": label} for label in labels]
        record["labels"] = {"$type": "com.atproto.label.defs#selfLabels", "values": values}
    return record


def _facet(span: Span, handle: Handle) -> Iterator[Fields]:
    match span.kind:
        case Kind.LINK:
            feature = {"$type": "app.bsky.richtext.facet#link", "uri": span.value}
        case Kind.TAG:
            feature = {"$type": "app.bsky.richtext.facet#tag", "tag": span.value}
        case Kind.MENTION:
            did = handle.get(mention_name(span))
            if not did:
                return
            feature = {"$type": "app.bsky.richtext.facet#mention", "did": did}
    yield {"index": {"byteStart": span.start, "byteEnd": span.end}, "features": [feature]}


def _embed(post: Post, handle: Handle) -> Fields | None:
    """What hangs below the text; empty for nothing, None when an upload is missing."""
    blobs = [(media, blob_of(media, handle)) for media in post.media]
    ready = [(media, blob) for media, blob in blobs if blob is not None]
    if len(ready) < len(post.media):
        return None
    card = _card(post)
    if card:
        thumb = {"thumb": ready[0][1]} if ready else answers.NO_FIELDS
        return {"$type": "app.bsky.embed.external", "external": {**card, **thumb}}
    if not ready:
        return answers.NO_FIELDS
    media, blob = ready[0]
    if is_film(media):
        return {"$type": "app.bsky.embed.video", "video": blob, "alt": media.alt}
    images = [{"alt": each.alt, "image": blob, **_ratio(each)} for each, blob in ready]
    return {"$type": "app.bsky.embed.images", "images": images}


def _card(post: Post) -> dict[str, object]:
    """The link card that was asked for; only the first post of a thread has one."""
    asked = post.params.get("external")
    if post.reply_to is not None or not isinstance(asked, Mapping):
        return {}
    return {name: asked.get(name, "") for name in ("uri", "title", "description")}


def _ratio(media: Attachment) -> Fields:
    size = size_of(media.data)
    return {"aspectRatio": {"width": size[0], "height": size[1]}} if size else answers.NO_FIELDS


def _loaded(handle: Handle, name: str) -> Fields:
    with suppress(ValueError):
        return answers.fields(json.loads(handle.get(name, "")))
    return answers.NO_FIELDS

"""What X answers: refusals, and its own posts as it shows them."""

import re
from datetime import timedelta
from html import unescape
from http import HTTPStatus
from unicodedata import normalize

from publisher.connecting import answers
from publisher.connecting.answers import Fields
from publisher.connecting.line import Reading
from publisher.domain.about import Refusal
from publisher.domain.outcome import ErrorKind
from publisher.ports import HttpAnswer, Post

MEDIA_LINK = re.compile(r"/(?:photo|video)/\d+$")
SCHEME = re.compile(r"https?://", re.IGNORECASE)
SLASH = re.compile(r"/(?=\s|$)")
REFUSALS = (
    Refusal(kind=ErrorKind.QUOTA, status=HTTPStatus.PAYMENT_REQUIRED),
    Refusal(kind=ErrorKind.QUOTA, code="usage-capped", after=timedelta(hours=1)),
    Refusal(kind=ErrorKind.QUOTA, code="credits-depleted", after=timedelta(hours=1)),
    Refusal(kind=ErrorKind.DISCONNECTED, status=HTTPStatus.FORBIDDEN, says=("suspended", "locked")),
    Refusal(kind=ErrorKind.RATE_LIMITED, code="88"),
    Refusal(kind=ErrorKind.INVALID_MEDIA, status=HTTPStatus.BAD_REQUEST, says=("media",)),
)
UPLOAD_REFUSALS = (
    *REFUSALS,
    Refusal(kind=ErrorKind.INVALID_MEDIA, status=HTTPStatus.BAD_REQUEST),
    Refusal(kind=ErrorKind.UNAVAILABLE, status=HTTPStatus.NOT_FOUND),
)


def data_of(answer: HttpAnswer) -> Fields:
    return answers.fields(answers.fields(answers.json_of(answer)).get("data"))


def shape(answer: HttpAnswer) -> Reading:
    """A problem {type, title, detail}, often with errors of its own; the type's end is the code."""
    found = answers.fields(answers.json_of(answer))
    inner = answers.entries(found.get("errors"))
    named = [answers.text(each, "type").rpartition("/")[2] for each in (found, *inner)]
    codes = [code for code in named if code not in {"", "about:blank", "invalid-request"}]
    codes += [answers.identity(each, "code") for each in inner if answers.identity(each, "code")]
    said = [answers.text(found, "detail"), *(answers.text(each, "message") for each in inner)]
    said = [words for words in said if words] or [answers.said_in(answer)]
    after = _day_used_up(answer)
    kind = ErrorKind.QUOTA if after else None
    return Reading(kind, next(iter(codes), ""), " ".join(said), after)


def _day_used_up(answer: HttpAnswer) -> timedelta | None:
    """How long until the limit of 24 hours begins anew, when it is this limit that was met."""
    for whose in ("user", "app"):
        if answer.headers.get(f"x-{whose}-limit-24hour-remaining") == "0":
            return answers.wait_until(answer, f"x-{whose}-limit-24hour-reset")
    return None


def same(post: Post, tweet: Fields) -> bool:
    """X shows links as t.co, adds one for media, and escapes & < >; long posts are a note."""
    replied = [
        answers.identity(each)
        for each in answers.entries(tweet.get("referenced_tweets"))
        if answers.text(each, "type") == "replied_to"
    ]
    keys = answers.fields(tweet.get("attachments")).get("media_keys")
    count = len(keys) if isinstance(keys, list) else 0
    whole = answers.fields(tweet.get("note_tweet")) or tweet
    shown = answers.text(whole, "text")
    for each in answers.entries(answers.fields(whole.get("entities")).get("urls")):
        full = answers.text(each, "expanded_url")
        own = "media_key" in each or MEDIA_LINK.search(full)
        shown = shown.replace(answers.text(each, "url") or "\0", "" if own else full)
    return (replied, count) == ([post.reply_to] if post.reply_to else [], len(post.media)) and (
        _plain(unescape(shown)) == _plain(post.text)
    )


def _plain(written: str) -> str:
    """One line without the parts of a link that X adds or drops."""
    return SLASH.sub("", answers.one_line(SCHEME.sub("", normalize("NFC", written))))

"""LinkedIn's texts: what its “little text” reserves, what it shows, how it refuses."""

import re
from datetime import timedelta
from http import HTTPStatus

from publisher.connecting import answers
from publisher.connecting.line import Reading
from publisher.domain.about import Refusal
from publisher.domain.outcome import ErrorKind
from publisher.ports import HttpAnswer

# learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format: a mention
# is written @[Name](urn), a hashtag as people write it; all else that is reserved is escaped.
MARKUP = re.compile(
    r"(?P<kept>@\[[^\[\]()]+\]\(urn:li:(?:person|organization):[\w-]+\)|#(?=\w))"
    r"|(?P<reserved>[|{}@\[\]()<>#\\*_~])"
)
TEMPLATE = re.compile(r"\{hashtag\|\\?#\|([^{}|]*)\}")
ESCAPED = re.compile(r"\\([|{}@\[\]()<>#\\*_~])")
DUPLICATE = re.compile(r"duplicate of (urn:li:(?:share|ugcPost):\d{1,30})\b", re.IGNORECASE)
REFUSALS = (
    Refusal(kind=ErrorKind.MISCONFIGURED, status=HTTPStatus.UPGRADE_REQUIRED),
    Refusal(kind=ErrorKind.MISCONFIGURED, code="VERSION_MISSING"),
    Refusal(kind=ErrorKind.MISCONFIGURED, code="NONEXISTENT_VERSION"),
    Refusal(kind=ErrorKind.INVALID_CREDENTIALS, code="65600"),
    Refusal(kind=ErrorKind.INVALID_CREDENTIALS, code="65601"),
    Refusal(kind=ErrorKind.INVALID_CREDENTIALS, code="65602"),
    Refusal(kind=ErrorKind.UNAVAILABLE, status=HTTPStatus.CONFLICT),
    Refusal(
        kind=ErrorKind.INVALID_MEDIA,
        status=HTTPStatus.BAD_REQUEST,
        says=("image", "video", "document", "media"),
    ),
)
UPLOAD_REFUSALS = (
    *REFUSALS,
    Refusal(kind=ErrorKind.INVALID_MEDIA, status=HTTPStatus.BAD_REQUEST),
    Refusal(kind=ErrorKind.INVALID_MEDIA, status=HTTPStatus.UNPROCESSABLE_ENTITY),
    Refusal(kind=ErrorKind.UNAVAILABLE, status=HTTPStatus.NOT_FOUND),
)


def little_text(written: str) -> str:
    """The text with every reserved character escaped.

    An unescaped one would not fail: LinkedIn answers 201 and drops the rest of the text.
    """
    return MARKUP.sub(lambda m: m["kept"] or f"\\{m['reserved']}", written)


def same_text(shown: str, written: str) -> bool:
    """Whether a post's commentary is what was written, with or without its escapes."""
    plain = TEMPLATE.sub(r"#\1", shown)
    wanted = answers.one_line(written)
    return wanted in {answers.one_line(plain), answers.one_line(ESCAPED.sub(r"\1", plain))}


def shape(answer: HttpAnswer) -> Reading:
    """Refusals are {status, serviceErrorCode, code, message}.

    A 429 without Retry-After means the day's quota, which begins anew at midnight UTC.
    """
    found = answers.fields(answers.json_of(answer))
    code = answers.text(found, "code") or answers.identity(found, "serviceErrorCode")
    said = answers.said_in(answer)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS and answers.wait_of(answer) is None:
        return Reading(ErrorKind.QUOTA, code, said, _until_midnight(answer))
    return Reading(code=code, said=said)


def in_its_words(answer: HttpAnswer) -> bool:
    """Whether it is LinkedIn that says so, and no proxy in between."""
    return answers.fields(answers.json_of(answer)).get("status") == answer.status


def duplicate_of(answer: HttpAnswer) -> str:
    """The post that has this content already; empty when it is refused for something else."""
    message = answers.text(answers.fields(answers.json_of(answer)), "message")
    found = DUPLICATE.search(message)
    return found[1] if found else ""


def _until_midnight(answer: HttpAnswer) -> timedelta | None:
    now = answers.sent_at(answer)
    if now is None:
        return None
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight - now

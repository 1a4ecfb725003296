"""How Instagram refuses: Graph API errors, told apart by their subcode first."""

import re
from collections.abc import Iterable
from datetime import timedelta

from publisher.connecting import answers
from publisher.connecting.line import Reading
from publisher.domain.about import Refusal
from publisher.domain.outcome import ErrorKind
from publisher.ports import HttpAnswer

NOT_READY = timedelta(seconds=30)
NOT_NOW = timedelta(minutes=1)
UNTIL_LATER = timedelta(hours=1)
GONE = "33"
PERMISSION = 200  # stands for all of 200 to 299
# What is said about the container itself: it may be so because it was published already.
OF_THE_CONTAINER = frozenset({"2207006", "2207008", "2207020", "2207027", "9007", "24", GONE})
REGAIN = re.compile(r'"estimated_time_to_regain_access"\s*:\s*(\d{1,5})\b', re.ASCII)
SUBCODE = re.compile(r"\b2207\d{3}\b")


def _table(
    kind: ErrorKind, codes: Iterable[int], after: timedelta | None = None
) -> tuple[Refusal, ...]:
    return tuple(Refusal(kind=kind, code=str(code), after=after) for code in codes)


# developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes
REFUSALS = (
    *_table(ErrorKind.INVALID_CREDENTIALS, (190, 102, 458, 460, 463, 467)),
    *_table(ErrorKind.REVOKED, (10, PERMISSION)),
    *_table(ErrorKind.REJECTED, (2207051,)),
    *_table(ErrorKind.QUOTA, (2207042, 9), UNTIL_LATER),
    *_table(ErrorKind.DISCONNECTED, (2207050, 25)),
    *_table(ErrorKind.INVALID_MEDIA, (2207004, 2207005, 2207009, 2207026, 2207057)),
    *_table(ErrorKind.INVALID_MEDIA, (36000, 36001, 36003)),
    *_table(ErrorKind.REJECTED, (2207010, 36004, 2207023, 2207028)),
    *_table(ErrorKind.REJECTED, (2207035, 2207036, 2207037, 2207040)),
    *_table(ErrorKind.UNAVAILABLE, (2207027, 9007), NOT_READY),
    *_table(ErrorKind.UNAVAILABLE, (2207008, 24, 2207003, 2207052, 9004), NOT_NOW),
    *_table(ErrorKind.UNAVAILABLE, (2207020, 2207006, 2207032, 2207053, 2207001)),
    *_table(ErrorKind.RATE_LIMITED, (4, 17, 32, 613, 80002)),
    *_table(ErrorKind.UNAVAILABLE, (1, 2)),
)
# After these the post may be out all the same: the container has to be asked.
CALL_REFUSALS = (*_table(ErrorKind.LOST, (2207051, 2207001, 1, 2)), *REFUSALS)


def shape(answer: HttpAnswer) -> Reading:
    """{"error": {message, type, code, error_subcode, error_user_msg, …}}.

    The wait is in X-Business-Use-Case-Usage: minutes until access is regained.
    """
    error = answers.fields(answers.fields(answers.json_of(answer)).get("error"))
    known = {refusal.code for refusal in REFUSALS} | {GONE}
    subcode, code = answers.identity(error, "error_subcode"), answers.identity(error, "code")
    code = str(PERMISSION) if re.fullmatch(r"2\d\d", code, re.ASCII) else code
    words = (answers.text(error, name) for name in ("message", "error_user_msg"))
    said = " ".join(filter(None, words)) or answers.said_in(answer)
    return Reading(code=subcode if subcode in known else code, said=said, after=_regained(answer))


def kind_of_status(status: str) -> tuple[ErrorKind, str]:
    """Kind and code of a container in ERROR, whose `status` is a sentence with the subcode."""
    found = SUBCODE.search(status)
    code = found[0] if found else ""
    kinds = (refusal.kind for refusal in REFUSALS if refusal.code == code)
    return next(kinds, ErrorKind.INVALID_MEDIA), code


def _regained(answer: HttpAnswer) -> timedelta | None:
    minutes = map(int, REGAIN.findall(answer.headers.get("x-business-use-case-usage", "")))
    most = max(minutes, default=0)
    return timedelta(minutes=most) if most else None

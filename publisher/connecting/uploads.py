"""Uploading the media of a post, each file once, under names that a handle keeps."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from publisher.connecting.line import GONE, Line, Request
from publisher.domain.outcome import ErrorKind, GiveUp, Handle, Retry
from publisher.ports import Attachment, HttpAnswer

STILL_BUSY = timedelta(minutes=1)
PAUSES = (1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 30.0, 30.0, 60.0, 60.0)

BEGUN = "begun"

Upload = Callable[[Attachment, str], Awaitable[str | Retry | GiveUp]]
Verdict = bool | Retry | GiveUp


async def upload_each(
    media: Sequence[Attachment], ready: dict[str, str], upload: Upload
) -> Retry | GiveUp | None:
    """Put the platform's id of every file into `ready`; None when all of them are there.

    What `ready` names already is not uploaded again; a `Retry` carries what is ready so far. The
    alt text belongs to an upload, so equal files are uploaded once each. An upload that was only
    being processed says so by a `Retry` that names its id as BEGUN, and is given it again.
    """
    for number, each in enumerate(media):
        name = _name(number, each)
        if name in ready:
            continue
        made = await upload(each, ready.pop(f"{name}:{BEGUN}", ""))
        if isinstance(made, Retry):
            begun = {f"{name}:{BEGUN}": made.handle[BEGUN]} if BEGUN in made.handle else {}
            return replace(made, handle={**ready, **begun})
        if isinstance(made, GiveUp):
            return made
        ready[name] = made
    return None


def uploaded(media: Sequence[Attachment], handle: Handle) -> list[str] | None:
    """The platform's ids of these files, in order; None when one of them was never uploaded."""
    names = [_name(number, each) for number, each in enumerate(media)]
    return [handle[name] for name in names] if set(names) <= handle.keys() else None


def _name(number: int, media: Attachment) -> str:
    """Bound to the file and its alt text: what was uploaded before an edit is not used after it."""
    content = f"{media.sha256} {media.content_type} {media.alt}".encode("utf-8", "surrogatepass")
    return f"media:{number}:{hashlib.sha256(content).hexdigest()[:20]}"


async def when_processed(
    line: Line,
    made: str,
    question: Request,
    judge: Callable[[HttpAnswer], Verdict],
    pauses: Sequence[float],
) -> str | Retry | GiveUp:
    """Ask after each pause (seconds) until the judge says True; then the id of what was `made`.

    False means: still being processed. What is busy for too long is asked again later.
    """
    begun = {BEGUN: made}
    for pause in pauses:
        await asyncio.sleep(pause)
        answer = await line.ask(question, known=GONE)
        if isinstance(answer, HttpAnswer) and answer.status in GONE:
            return line.ask_again(answer)  # it is made anew
        verdict = judge(answer) if isinstance(answer, HttpAnswer) else answer
        if isinstance(verdict, Retry):
            return replace(verdict, handle=begun)
        if not isinstance(verdict, bool):
            return verdict
        if verdict:
            return made
    sentence = f"{line.platform} is still processing a media file of this post. It is tried again."
    return Retry(line.fault(ErrorKind.UNAVAILABLE, sentence), STILL_BUSY, begun)

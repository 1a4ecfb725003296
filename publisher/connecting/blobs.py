"""Bytes that a record of the AT protocol refers to; videos go through a service that encodes them.

Facts: the lexicons com.atproto.repo.uploadBlob and app.bsky.video of @atproto/pds 0.5.35.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from publisher.connecting import answers
from publisher.connecting.answers import Fields
from publisher.connecting.atproto import Repository, Session
from publisher.connecting.line import Line, Request
from publisher.domain.outcome import ErrorKind, GiveUp, Handle, Retry
from publisher.ports import Attachment, HttpAnswer

KEPT_FOR = 1800.0  # seconds; a server may throw away what no record refers to after an hour
STILL_BUSY = timedelta(seconds=30)
BAD_FILM = frozenset({"validation_failure", "encoding_failure", "pds_upload_unsupported_blob_size"})
ALREADY_THERE = frozenset({HTTPStatus.CONFLICT.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Blobs:
    """Uploads for one account; `pauses` are the seconds between questions about a video."""

    repository: Repository
    video_service: str
    pauses: Sequence[float]
    now: Callable[[], float]

    async def upload(self, media: Attachment, ready: dict[str, str]) -> Retry | GiveUp | None:
        """Put the blob of a file into `ready`, unless it is there and young; None when it is."""
        if _young(ready, media, self.now()):
            return None
        made = await (self._film(media, ready) if is_film(media) else self._file(media))
        if isinstance(made, Retry | GiveUp):
            return made
        ready[_name(media)] = json.dumps({"blob": made, "at": int(self.now())})
        return None

    async def _file(self, media: Attachment) -> Fields | Retry | GiveUp:
        method = "com.atproto.repo.uploadBlob"
        request = self.repository.upload(method, media.content_type, media.data)
        answer = await self.repository.ask(request)
        if not isinstance(answer, HttpAnswer):
            return answer
        made = answers.fields(answers.json_of(answer)).get("blob")
        return _blob(answers.fields(made)) or self.repository.line.ask_again(answer)

    async def _film(self, media: Attachment, ready: dict[str, str]) -> Fields | Retry | GiveUp:
        job = f"job:{media.sha256}"
        if job not in ready:
            begun = await self._begun(media)
            if not isinstance(begun, str):
                return begun
            ready[job] = begun
        return await self._encoded(ready, job, media)

    async def _begun(self, media: Attachment) -> str | Retry | GiveUp:
        """Send the video with a token that lets the service store what it makes; the job's id."""
        session = await self.repository.sign_in()
        if not isinstance(session, Session):
            return session
        line = await self._video_line(session)
        if not isinstance(line, Line):
            return line
        asked = urlencode({"did": session.did, "name": f"{media.sha256[:16]}.mp4"})
        url = f"{self.video_service}/xrpc/app.bsky.video.uploadVideo?{asked}"
        request = Request("POST", url, {"Content-Type": media.content_type}, media.data)
        answer = await line.ask(request, known=ALREADY_THERE)
        if not isinstance(answer, HttpAnswer):
            return answer
        return answers.identity(_job(answer), "jobId") or line.ask_again(answer)

    async def _video_line(self, session: Session) -> Line | Retry | GiveUp:
        asked = {"aud": session.host, "lxm": "com.atproto.repo.uploadBlob"}
        asked["exp"] = str(int(self.now() + KEPT_FOR))
        answer = await self.repository.ask(
            self.repository.query("com.atproto.server.getServiceAuth", **asked)
        )
        if not isinstance(answer, HttpAnswer):
            return answer
        line, token = self.repository.line, answers.fields(answers.json_of(answer)).get("token")
        if not isinstance(token, str) or not token:
            return line.ask_again(answer)
        headers = {"Authorization": f"Bearer {token}"}
        return replace(line, headers=headers, secrets=(*line.secrets, token))

    async def _encoded(
        self, ready: dict[str, str], job: str, media: Attachment
    ) -> Fields | Retry | GiveUp:
        """Ask until it is done; a job that failed is forgotten, so that another may begin."""
        line = self.repository.line
        asked = urlencode({"jobId": ready[job]})
        request = Request("GET", f"{self.video_service}/xrpc/app.bsky.video.getJobStatus?{asked}")
        for pause in self.pauses:
            await asyncio.sleep(pause)
            answer = await line.ask(request)
            if not isinstance(answer, HttpAnswer):
                return answer
            found = _job(answer)
            blob = _blob(answers.fields(found.get("blob")))
            if blob is not None:
                return blob
            if answers.text(found, "state") == "JOB_STATE_FAILED":
                del ready[job]
                return _failed(line, found)
        sentence = f"Bluesky is still processing {media.file}. It is tried again."
        return Retry(line.fault(ErrorKind.UNAVAILABLE, sentence), STILL_BUSY)


def blob_of(media: Attachment, handle: Handle) -> Fields | None:
    """What `upload` has kept of a file."""
    return _blob(answers.fields(_kept(handle, media).get("blob")))


def is_film(media: Attachment) -> bool:
    return media.content_type.startswith("video/")


def _failed(line: Line, job: Fields) -> GiveUp | Retry:
    code, said = answers.text(job, "failureCode"), answers.text(job, "message")
    if code in BAD_FILM:
        return GiveUp(line.fault(ErrorKind.INVALID_MEDIA, code=code, said=said))
    return Retry(line.fault(ErrorKind.UNAVAILABLE, code=code, said=said), STILL_BUSY)


def _job(answer: HttpAnswer) -> Fields:
    """The job's status, which one of the two methods wraps once more."""
    found = answers.fields(answers.json_of(answer))
    return answers.fields(found.get("jobStatus")) or found


def _blob(found: Fields) -> Fields | None:
    link = answers.identity(answers.fields(found.get("ref")), "$link")
    kind, size = answers.identity(found, "mimeType"), found.get("size")
    if not link or not kind or not isinstance(size, int):
        return None
    return {"$type": "blob", "ref": {"$link": link}, "mimeType": kind, "size": size}


def _name(media: Attachment) -> str:
    return f"blob:{media.sha256}"


def _kept(handle: Handle, media: Attachment) -> Fields:
    with suppress(ValueError):
        return answers.fields(json.loads(handle.get(_name(media), "")))
    return answers.NO_FIELDS


def _young(handle: Handle, media: Attachment, now: float) -> bool:
    at = _kept(handle, media).get("at")
    return isinstance(at, int) and now - at < KEPT_FOR

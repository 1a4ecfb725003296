"""Uploading to LinkedIn: images and documents in one piece, videos in parts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from publisher.connecting import answers
from publisher.connecting.answers import Fields
from publisher.connecting.line import Line, Request, json_request
from publisher.connecting.options import LOOPBACK
from publisher.connecting.uploads import Verdict, when_processed
from publisher.domain.outcome import ErrorKind, GiveUp, Retry
from publisher.ports import Attachment, HttpAnswer

BYTES = {"Content-Type": "application/octet-stream"}
VIDEO = "video"
DOCUMENTS = frozenset(
    {
        "application/pdf",
        "application/msword",
        "application/vnd.ms-powerpoint",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)
FAILED = frozenset({"PROCESSING_FAILED", "CLIENT_ERROR"})


def family(media: Attachment) -> str:
    """image, video or document, as LinkedIn's APIs are called; empty for what it does not take."""
    if media.content_type in DOCUMENTS:
        return "document"
    found = media.content_type.partition("/")[0]
    return found if found in {"image", VIDEO} else ""


@dataclass(frozen=True, slots=True)
class Uploads:
    """One author's uploads; `api` is the address of the API, `pauses` are seconds.

    Facts: learn.microsoft.com/linkedin/marketing/community-management/shares (images-api,
    videos-api, documents-api). The token goes to LinkedIn's
    own hosts only. Any token may ask for a video's status; images and documents can
    be read with an organization's token only, so a member's wait for the first pause instead.
    """

    line: Line
    api: str
    owner: str
    pauses: Sequence[float]

    async def upload(self, media: Attachment, begun: str) -> str | Retry | GiveUp:
        """The URN of the file; `begun` is one that was only being processed when last seen."""
        kind = family(media)
        made = begun or await self._sent(media, kind)
        if not isinstance(made, str):
            return made
        if kind != VIDEO and ":person:" in self.owner:
            await asyncio.sleep(next(iter(self.pauses), 0))
            return made
        question = Request("GET", f"{self.api}/{kind}s/{quote(made, safe='')}")
        return await when_processed(self.line, made, question, self._state, self.pauses)

    async def _sent(self, media: Attachment, kind: str) -> str | Retry | GiveUp:
        asked: dict[str, object] = {"owner": self.owner}
        if kind == VIDEO:
            asked |= {"fileSizeBytes": len(media.data)}
            asked |= {"uploadCaptions": False, "uploadThumbnail": False}
        begin = f"{self.api}/{kind}s?action=initializeUpload"
        answer = await self.line.ask(
            json_request("POST", begin, {"initializeUploadRequest": asked})
        )
        if not isinstance(answer, HttpAnswer):
            return answer
        value = answers.fields(answers.fields(answers.json_of(answer)).get("value"))
        made = answers.identity(value, kind)
        if not made:
            return self.line.ask_again(answer)
        parts = answers.entries(value.get("uploadInstructions")) if kind == VIDEO else [value]
        tags: list[str] = []
        for part in parts:
            sent = await self._put(part, media)
            if not isinstance(sent, HttpAnswer):
                return sent
            tags.append(sent.headers.get("etag", ""))
            if kind == VIDEO and not tags[-1]:
                return self.line.ask_again(sent, "LinkedIn took a part without its ETag.")
        if kind != VIDEO:
            return made
        return await self._finalized(made, answers.text(value, "uploadToken"), tags)

    async def _put(self, part: Fields, media: Attachment) -> HttpAnswer | Retry | GiveUp:
        url = answers.link(part, "uploadUrl")
        host = _host(url)
        first, last = part.get("firstByte", 0), part.get("lastByte", len(media.data) - 1)
        if not isinstance(first, int) or not isinstance(last, int) or not host:
            sentence = "LinkedIn names no place for an upload. It is tried again."
            return Retry(self.line.fault(ErrorKind.UNAVAILABLE, sentence))
        ours = host == _host(self.api) or host.endswith(".linkedin.com")
        line = self.line if ours else replace(self.line, headers={})
        return await line.ask(Request("PUT", url, BYTES, media.data[first : last + 1]))

    async def _finalized(self, made: str, token: str, tags: Sequence[str]) -> str | Retry | GiveUp:
        asked = {"video": made, "uploadToken": token, "uploadedPartIds": tags}
        end = f"{self.api}/{VIDEO}s?action=finalizeUpload"
        answer = await self.line.ask(json_request("POST", end, {"finalizeUploadRequest": asked}))
        return made if isinstance(answer, HttpAnswer) else answer

    def _state(self, answer: HttpAnswer) -> Verdict:
        found = answers.fields(answers.json_of(answer))
        status = answers.text(found, "status")
        if status in FAILED:
            said = answers.text(found, "processingFailureReason") or status
            return GiveUp(self.line.fault(ErrorKind.INVALID_MEDIA, code=status, said=said))
        return status == "AVAILABLE" if status else self.line.ask_again(answer)


def _host(url: str) -> str:
    """The host of an address that bytes may be sent to: https, or this machine; else empty."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return host if parts.scheme == "https" or host in LOOPBACK else ""

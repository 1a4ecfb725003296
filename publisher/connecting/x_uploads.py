"""Uploading to X: images at once, videos and GIFs in chunks that X processes afterwards."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import quote, urlencode

from publisher.connecting import answers
from publisher.connecting.forms import form_of
from publisher.connecting.line import Line, Request, json_request
from publisher.connecting.uploads import Verdict, when_processed
from publisher.connecting.x_words import data_of
from publisher.domain.outcome import ErrorKind, GiveUp, Retry
from publisher.ports import Attachment, HttpAnswer

CHUNK = 1 << 20
IMAGE = "tweet_image"
VIDEO = "tweet_video"


def category(media: Attachment) -> str:
    if media.content_type == "image/gif":
        return "tweet_gif"
    return {"image": IMAGE, "video": VIDEO}.get(media.content_type.partition("/")[0], "")


@dataclass(frozen=True, slots=True)
class Uploads:
    """One account's uploads; `api` is the address of the API, `pauses` are seconds.

    Facts: docs.x.com/x-api/media/quickstart/media-upload-chunked. A media id lives for a day.
    """

    line: Line
    api: str
    pauses: Sequence[float]

    async def upload(self, media: Attachment, begun: str) -> str | Retry | GiveUp:
        """The media id; `begun` is one that was only being processed when it was last seen."""
        if category(media) == IMAGE:
            made = await self._image(media)
        else:
            made = await (self._processed(begun) if begun else self._chunked(media))
        if not isinstance(made, str) or not media.alt or category(media) == VIDEO:
            return made
        told = {"id": made, "metadata": {"alt_text": {"text": media.alt}}}
        answer = await self.line.ask(json_request("POST", f"{self.api}/media/metadata", told))
        return made if isinstance(answer, HttpAnswer) else answer

    async def _image(self, media: Attachment) -> str | Retry | GiveUp:
        data = base64.b64encode(media.data).decode()
        body = {"media": data, "media_category": IMAGE, "media_type": media.content_type}
        answer = await self.line.ask(json_request("POST", f"{self.api}/media/upload", body))
        if not isinstance(answer, HttpAnswer):
            return answer
        return answers.identity(data_of(answer)) or self.line.ask_again(answer)

    async def _chunked(self, media: Attachment) -> str | Retry | GiveUp:
        asked: dict[str, object] = {"total_bytes": len(media.data)}
        asked |= {"media_type": media.content_type, "media_category": category(media)}
        begun = await self.line.ask(
            json_request("POST", f"{self.api}/media/upload/initialize", asked)
        )
        if not isinstance(begun, HttpAnswer):
            return begun
        made = answers.identity(data_of(begun))
        if not made:
            return self.line.ask_again(begun)
        where = f"{self.api}/media/upload/{quote(made, safe='')}"
        for number, start in enumerate(range(0, len(media.data), CHUNK)):
            chunk = replace(media, data=media.data[start : start + CHUNK])
            headers, body = await form_of({"segment_index": str(number)}, [("media", chunk)])
            sent = await self.line.ask(Request("POST", f"{where}/append", headers, body))
            if not isinstance(sent, HttpAnswer):
                return sent
        ended = await self.line.ask(Request("POST", f"{where}/finalize"))
        verdict = self._state(made, ended) if isinstance(ended, HttpAnswer) else ended
        if verdict is False:
            return await self._processed(made)
        return made if verdict is True else verdict

    async def _processed(self, made: str) -> str | Retry | GiveUp:
        query = urlencode({"command": "STATUS", "media_id": made})
        question = Request("GET", f"{self.api}/media/upload?{query}")
        return await when_processed(
            self.line, made, question, partial(self._state, made), self.pauses
        )

    def _state(self, made: str, answer: HttpAnswer) -> Verdict:
        info = answers.fields(data_of(answer).get("processing_info"))
        state = answers.text(info, "state")
        if answers.identity(data_of(answer)) != made:
            return self.line.ask_again(answer)
        if state == "failed":
            said = answers.text(answers.fields(info.get("error")), "message")
            return GiveUp(self.line.fault(ErrorKind.INVALID_MEDIA, said=said))
        return state in {"", "succeeded"}

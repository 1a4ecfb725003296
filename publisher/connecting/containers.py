"""Instagram's containers, from the addresses of media to the posts that they become."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from publisher.connecting import answers
from publisher.connecting.answers import Fields
from publisher.connecting.graph_api import UNTIL_LATER, kind_of_status
from publisher.connecting.line import Line, Request, json_request
from publisher.connecting.uploads import Verdict, when_processed
from publisher.domain.about import Named
from publisher.domain.outcome import ErrorKind, GiveUp, Handle, Retry
from publisher.ports import Attachment, Candidate, HttpAnswer, Post

CONTAINER = "container:"
PARAMS = (
    Named("share_to_feed", "false keeps a reel out of the feed"),
    Named("thumb_offset", "milliseconds: the frame that is a reel's cover"),
    Named("cover_url", "a public address of a reel's cover"),
    Named("audio_name", "the name of a reel's sound"),
    Named("location_id", "the id of a page with a place"),
    Named("collaborators", "up to three user names"),
    Named("user_tags", "a list of username, x and y"),
)


def kind_of(media: Attachment) -> str:
    """image, video, or empty for what Instagram refuses; PNG is among that."""
    if media.content_type == "image/jpeg":
        return "image"
    return "video" if media.content_type in {"video/mp4", "video/quicktime"} else ""


def _source(media: Attachment) -> dict[str, object]:
    if kind_of(media) == "video":
        return {"media_type": "VIDEO", "video_url": media.url}
    return {"image_url": media.url, **({"alt_text": media.alt} if media.alt else {})}


def container_of(post: Post, children: Sequence[str] | None) -> dict[str, object]:
    given = {param.name: post.params.get(param.name) for param in PARAMS}
    body = {name: value for name, value in given.items() if value is not None}
    body["caption"] = post.text
    if children:
        return {**body, "media_type": "CAROUSEL", "children": children}
    body |= _source(post.media[0])
    return {**body, "media_type": "REELS"} if kind_of(post.media[0]) == "video" else body


def name_of(post: Post) -> str:
    """What a handle calls the container of this very content: after an edit it is another one."""
    media = [[each.sha256, each.content_type, each.alt] for each in post.media]
    content = json.dumps([post.text, dict(post.params), media], sort_keys=True, default=str)
    return f"{CONTAINER}{hashlib.sha256(content.encode()).hexdigest()[:20]}"


def container_in(handle: Handle) -> str:
    """The container that was made, for whatever content; empty when there is none."""
    return next((made for name, made in handle.items() if name.startswith(CONTAINER)), "")


@dataclass(frozen=True, slots=True)
class Containers:
    """One account's containers; `graph` and `me` are addresses, `pauses` are seconds."""

    line: Line
    graph: str
    me: str
    pauses: Sequence[float]

    async def room(self) -> datetime | Retry | GiveUp:
        """Instagram's time (UTC) while the account may publish more posts today."""
        url = f"{self.me}/content_publishing_limit?fields=quota_usage,config"
        answer = await self.line.ask(Request("GET", url))
        if not isinstance(answer, HttpAnswer):
            return answer
        for limit in answers.entries(answers.fields(answers.json_of(answer)).get("data")):
            used, config = limit.get("quota_usage"), answers.fields(limit.get("config"))
            most = config.get("quota_total")
            if isinstance(used, int) and isinstance(most, int) and used >= most:
                said = f"{used} of {most} posts in 24 hours"
                return Retry(self.line.fault(ErrorKind.QUOTA, said=said), UNTIL_LATER)
        return answers.sent_at(answer) or self.line.ask_again(answer)

    async def child(self, media: Attachment, begun: str) -> str | Retry | GiveUp:
        """One file of a carousel."""
        if begun:
            return passing(await self.finished(begun))
        return await self.make({**_source(media), "is_carousel_item": True})

    async def make(self, body: Mapping[str, object]) -> str | Retry | GiveUp:
        """A container that is ready to be published."""
        answer = await self.line.ask(json_request("POST", f"{self.me}/media", body))
        if not isinstance(answer, HttpAnswer):
            return answer
        made = answers.identity(answers.fields(answers.json_of(answer)))
        return passing(await self.finished(made)) if made else self.line.ask_again(answer)

    async def finished(self, container: str) -> str | Retry | GiveUp:
        """The container when it is ready; `GiveUp`: it never will be, another one may."""
        question = self.status(container)
        return await when_processed(self.line, container, question, self._state, self.pauses)

    def status(self, container: str) -> Request:
        node = f"{self.graph}/{quote(container, safe='')}"
        return Request("GET", f"{node}?fields=status_code,status")

    def _state(self, answer: HttpAnswer) -> Verdict:
        found = answers.fields(answers.json_of(answer))
        state, said = answers.text(found, "status_code"), answers.text(found, "status")
        if state in {"ERROR", "EXPIRED"}:
            kind, code = kind_of_status(said)
            return GiveUp(self.line.fault(kind, code=code or state, said=said))
        return state in {"FINISHED", "PUBLISHED"} if state else self.line.ask_again(answer)


def passing(result: str | Retry | GiveUp) -> str | Retry | GiveUp:
    """A failure whose cause passes by itself: another container is tried later."""
    if isinstance(result, GiveUp) and result.fault.who == "nobody":
        return Retry(result.fault)
    return result


def looks_of(caption: str, count: int) -> str:
    """What a post is recognised by: its caption in one line, and the number of its files."""
    shown = answers.one_line(caption).encode("utf-8", "surrogatepass")
    return f"{hashlib.sha256(shown).hexdigest()}/{count}"


def same(looks: str, post: Fields) -> bool:
    children = answers.entries(answers.fields(post.get("children")).get("data"))
    return looks_of(answers.text(post, "caption"), len(children) or 1) == looks


def seen(post: Fields) -> Candidate | None:
    known, at = answers.identity(post), answers.moment(post, "timestamp")
    return Candidate(known, answers.link(post, "permalink"), at) if known and at else None

"""What a platform would refuse in the words of a delivery."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from publisher.domain.epic import Options, Profile, Task
from publisher.domain.findings import Finding, Pointer
from publisher.domain.lengths import Unicode, cashtags, hashtags, length, mentions
from publisher.domain.limits import Counting, Limits
from publisher.domain.media import MediaKind
from publisher.domain.payload import Payload, payload_of
from publisher.domain.rules import Rule

_UNITS = {
    Counting.CHARACTERS: "characters",
    Counting.WEIGHTED: "characters (a link counts as 23, an emoji as 2)",
    Counting.GRAPHEMES: "characters",
    Counting.MASTODON: "characters (a link counts as 23)",
    Counting.THREADS: "characters (an emoji counts as its bytes)",
    Counting.UTF16: "UTF-16 units (an emoji counts as 2 or more)",
    Counting.UTF8: "bytes",
    Counting.ESCAPED: "characters (reserved ones count as 2)",
}
_SHORTEN = "Shorten it, or give this profile its own text in `overrides`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One task on one profile, on the way through the rules; `at` points to the task.

    `kinds` says of each attachment what it is, where that is known.
    """

    at: Pointer
    task: Task
    profile: Profile
    title: str
    limits: Limits
    payload: Payload
    kinds: Mapping[str, MediaKind] = field(default_factory=dict)

    @property
    def who(self) -> str:
        """The account as messages name it."""
        return f"{self.profile.id} ({self.title})"

    def part_at(self, number: int) -> Pointer:
        return self.at if number == 0 else (*self.at, "thread", number - 1)

    def body_at(self, number: int) -> Pointer:
        return self._own(number, "body", self.part_at(number))

    def subject_at(self) -> Pointer:
        return self._own(0, "subject", self.at)

    def most(self, number: int) -> int | None:
        """The longest text of this part, given what is attached to it."""
        found = {self.kinds.get(media.name) for media in self.payload.parts[number].media}
        limits = self.limits
        if MediaKind.VIDEO in found and limits.text_with_video is not None:
            return limits.text_with_video
        if found - {MediaKind.VIDEO, None} and limits.text_with_images is not None:
            return limits.text_with_images
        return limits.text

    def _own(self, number: int, name: str, otherwise: Pointer) -> Pointer:
        override = self.task.overrides.get(self.profile.id)
        if number == 0 and override is not None and getattr(override, name) is not None:
            return (*self.at, "overrides", self.profile.id, name)
        return (*otherwise, name)


def delivered(
    at: Pointer,
    task: Task,
    profile: Profile,
    title: str,
    limits: Limits,
    kinds: Mapping[str, MediaKind],
) -> Delivered:
    return Delivered(
        at=at,
        task=task,
        profile=profile,
        title=title,
        limits=limits,
        payload=payload_of(task, profile),
        kinds=kinds,
    )


def text_findings(one: Delivered, unicode: Unicode) -> Iterator[Finding]:
    """Everything about body, subject, tags, thread and parameters."""
    for number, part in enumerate(one.payload.parts):
        yield from _body(one, number, part.text, unicode)
    yield from _subject(one)
    yield from _thread(one)
    yield from _params(one)


def _body(one: Delivered, number: int, text: str, unicode: Unicode) -> Iterator[Finding]:
    limits, at, who = one.limits, one.body_at(number), one.who
    long = length(text, limits.counting, unicode)
    unit, most = _UNITS[limits.counting], one.most(number)
    if most is not None and long > most:
        message = f"This text is too long for {who}: {long:,} of {most:,} {unit}."
        yield Finding(at, Rule.TEXT_LONG, message, _SHORTEN)
    elif limits.text_advised is not None and long > limits.text_advised:
        message = f"For {who} a text of at most {limits.text_advised:,} {unit} is advised."
        yield Finding(at, Rule.TEXT_ADVISED, f"{message} This one has {long:,}.")
    size = 0 if limits.text_bytes is None else length(text, Counting.UTF8, unicode)
    if limits.text_bytes is not None and size > limits.text_bytes:
        message = f"This text is too long for {who}: {size:,} of {limits.text_bytes:,} bytes."
        yield Finding(at, Rule.TEXT_LONG, message, _SHORTEN)
    if limits.text_least is not None and long < limits.text_least:
        message = f"{who} wants at least {limits.text_least} characters."
        yield Finding(at, Rule.TEXT_SHORT, f"{message} This text has {long}.")
    if limits.forbidden:
        yield from _forbidden(one, at, text)
    if (limits.hashtags, limits.mentions, limits.cashtags) == (None, None, None):
        return
    for name, count, allowed in (
        ("hashtags", hashtags, limits.hashtags),
        ("mentions", mentions, limits.mentions),
        ("cashtags", cashtags, limits.cashtags),
    ):
        yield from _many(one, at, name, count, text, allowed)


def _many(
    one: Delivered,
    at: Pointer,
    name: str,
    count: Callable[[str], int],
    text: str,
    allowed: int | None,
) -> Iterator[Finding]:
    if allowed is not None and (found := count(text)) > allowed:
        message = f"{one.who} takes at most {allowed} {name} in a post; here are {found}."
        yield Finding(at, Rule.MANY_TAGS, message, "Keep the best ones.")


def _forbidden(one: Delivered, at: Pointer, text: str) -> Iterator[Finding]:
    found = [character for character in one.limits.forbidden if character in text]
    if found:
        message = f"{one.who} refuses texts with {' and '.join(found)}."
        yield Finding(at, Rule.FORBIDDEN, message, "Write it without.")


def _subject(one: Delivered) -> Iterator[Finding]:
    limits, subject = one.limits, one.payload.subject or ""
    if not subject and "subject" in limits.needs:
        hint = "Add a line such as `subject: Spring is here` to the task."
        yield Finding(one.at, Rule.SUBJECT_MISSING, f"{one.who} needs a subject.", hint)
    if limits.subject is not None and len(subject) > limits.subject:
        message = f"This subject is too long for {one.who}: {len(subject)} of {limits.subject}."
        hint = "Shorten it, or give this profile its own `subject` in `overrides`."
        yield Finding(one.subject_at(), Rule.SUBJECT_LONG, message, hint)
    yield from _forbidden(one, one.subject_at(), subject)


def _thread(one: Delivered) -> Iterator[Finding]:
    posts = len(one.payload.parts)
    hint = "Send this profile a task of its own without `thread`."
    if one.limits.thread == "none" and posts > 1:
        yield Finding((*one.at, "thread"), Rule.THREAD, f"{one.who} knows no threads.", hint)
    most = one.limits.thread_most
    if most is not None and posts > most:
        message = f"{one.who} takes threads of at most {most} posts; this one has {posts}."
        yield Finding((*one.at, "thread"), Rule.THREAD, message, hint)


def _params(one: Delivered) -> Iterator[Finding]:
    params, platform = one.payload.params, one.profile.platform
    for name in one.limits.needs:
        if name != "subject" and not _given(name, params, one.profile.options):
            hint = f"Add `{name}` under `params`, `{platform}`, or to the profile's `options`."
            yield Finding(one.at, Rule.PARAM_MISSING, f"{one.who} needs `{name}`.", hint)
    tags = params.get("tags")
    if not isinstance(tags, Sequence) or isinstance(tags, str):
        return
    at = (*one.at, "params", platform, "tags")
    if one.limits.tags is not None and len(tags) > one.limits.tags:
        message = f"{one.who} takes at most {one.limits.tags} tags; here are {len(tags)}."
        yield Finding(at, Rule.MANY_TAGS, message, "Keep the best ones.")
    together = sum(len(str(tag)) for tag in tags)
    if one.limits.tags_together is not None and together > one.limits.tags_together:
        message = f"{one.who} takes at most {one.limits.tags_together} characters of tags."
        yield Finding(at, Rule.MANY_TAGS, f"{message} Here are {together}.", "Keep the best ones.")


def _given(name: str, *where: Options) -> bool:
    return any(options.get(name) not in _NOTHING for options in where)


_NOTHING: Collection[object] = (None, "", [])

"""The sandbox network's whole state, in memory; every method is pure of I/O and of clocks."""

import itertools
from collections import Counter
from collections.abc import Iterable

from publisher.sandbox.faults import Fault, FaultQueue, Step
from publisher.sandbox.model import (
    Attachment,
    Call,
    Container,
    Draft,
    Media,
    Plays,
    Post,
    Query,
    Refused,
    Settings,
    Upload,
)

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_numbers = itertools.count(1)


def base36(number: int) -> str:
    """Write a non-negative whole number in base 36, which keeps ids short."""
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = DIGITS[rest] + digits
        if not number:
            return digits


class Network:
    """Accounts, posts, containers, media, faults and counters; times are unix seconds UTC."""

    def __init__(self, prefix: str = "") -> None:
        """Start empty; `prefix` goes into every id, so that two runs never share one."""
        self.prefix = prefix
        self.version = 0
        self.reset()

    def reset(self) -> None:
        """Forget everything but the ids that were ever given out."""
        self.version += 1
        self.defaults = Settings()
        self.named: dict[str, Settings] = {}
        self.faults = FaultQueue()
        self.posts: dict[str, Post] = {}
        self.timelines: dict[tuple[Plays, str], list[Post]] = {}
        self.media: dict[str, Media] = {}
        self._bytes: dict[str, bytes] = {}
        self._containers: dict[str, Container] = {}
        self._keys: dict[tuple[str, str], list[Post]] = {}
        self._requests: dict[str, Counter[Step]] = {}

    def _new_id(self, letter: str) -> str:
        return f"{letter}{self.prefix}{base36(next(_numbers))}"

    # Settings, faults and counters.

    def settings(self, account: str) -> Settings:
        """Return the account's own settings, or the defaults where it was never named."""
        return self.named.get(account, self.defaults)

    def set_account(self, account: str, settings: Settings) -> None:
        """Give one account its own settings."""
        self.named[account] = settings
        self.version += 1

    def set_defaults(self, settings: Settings) -> None:
        """Change the settings of every account that was never named."""
        self.defaults = settings
        self.version += 1

    def arm(self, fault: Fault) -> Fault:
        """Arm a fault and return it with its id."""
        self.version += 1
        return self.faults.arm(fault)

    def disarm(self) -> None:
        """Disarm every fault."""
        self.version += 1
        self.faults.clear()

    def take_fault(self, step: Step, account: str, text: str | None) -> Fault | None:
        """Use up one strike of the first fault that matches the request, if any does."""
        fault = self.faults.take(step, account, text)
        if fault is not None:
            self.version += 1
        return fault

    def count(self, account: str, step: Step) -> None:
        """Count one request, whatever becomes of it."""
        counter = self._requests.get(account)
        if counter is None:
            counter = self._requests[account] = Counter()
        counter[step] += 1

    def counts(self) -> dict[str, object]:
        """Return {"requests": {step: n}, "posts": n, "accounts": {account: the same two}}."""
        created = Counter(post.account for post in self.posts.values())
        total: Counter[Step] = Counter()
        for counter in self._requests.values():
            total.update(counter)
        return {
            **_tally(total, len(self.posts)),
            "accounts": {
                account: _tally(self._requests.get(account, Counter()), created[account])
                for account in sorted(self._requests.keys() | created.keys())
            },
        }

    # Preparing.

    def add_media(self, account: str, upload: Upload) -> Media:
        """Store a file under a new id; equal bytes are kept in memory once."""
        if not upload.data:
            raise Refused(422, "invalid_media", "The file is empty; send its bytes as the body.")
        data = self._bytes.setdefault(upload.sha256, upload.data)
        media = Media(
            self._new_id("m"), account, data, upload.content_type, upload.name, upload.sha256
        )
        self.media[media.id] = media
        return media

    def add_container(self, call: Call, draft: Draft) -> Container:
        """Prepare a post without showing it to anybody."""
        media = self._attachments(call.account, draft)
        self._check_parent(draft)
        container = Container(self._new_id("c"), call.account, call.key, draft, media)
        self._containers[container.id] = container
        return container

    def container(self, account: str, container_id: str) -> Container:
        """Return one container of the account, or refuse with 404."""
        container = self._containers.get(container_id)
        if container is None or container.account != account:
            message = f"There is no container {container_id} on this account."
            raise Refused(404, "not_found", message)
        return container

    def _attachments(self, account: str, draft: Draft) -> tuple[Attachment, ...]:
        if not draft.media:
            return ()
        found = []
        for media_id, alt in draft.media:
            media = self.media.get(media_id)
            if media is None or media.account != account:
                message = f"Media {media_id} was never uploaded to this account."
                raise Refused(422, "invalid_media", message)
            found.append(Attachment(media, alt))
        return tuple(found)

    def _check_parent(self, draft: Draft) -> None:
        if draft.reply_to is None:
            return
        parent = self.posts.get(draft.reply_to)
        if parent is None or parent.deleted:
            message = f"There is no post {draft.reply_to} to reply to."
            raise Refused(422, "invalid_reply_to", message)

    # Publishing: the only two ways a post comes into being.

    def publish(self, call: Call, draft: Draft, now: float) -> tuple[Post, bool]:
        """Create a post, or return the one an idempotent key already made; True if created."""
        held = self._held(call, now)
        if held is None:
            media = self._attachments(call.account, draft)
            self._check_parent(draft)
            return self._create(call, draft, media, None, now), True
        if held.text != draft.text:
            message = "This idempotency key was already used with another text; use a new key."
            raise Refused(422, "key_reused", message)
        return held, False

    def publish_container(self, call: Call, container: Container, now: float) -> Post:
        """Turn a container into a post, once; a second time is refused with 409 and the post."""
        if container.post is not None:
            message = f"Container {container.id} was already published."
            raise Refused(409, "already_published", message, post=container.post)
        call = Call(call.plays, call.account, call.key or container.key, call.received_at)
        container.post = self._create(call, container.draft, container.media, container.id, now)
        return container.post

    def _held(self, call: Call, now: float) -> Post | None:
        if call.plays is not Plays.IDEMPOTENT or call.key is None:
            return None
        made = self._keys.get((call.account, call.key))
        if not made or now - made[-1].created_at >= self.settings(call.account).key_memory:
            return None
        return made[-1]

    def _create(
        self,
        call: Call,
        draft: Draft,
        media: tuple[Attachment, ...],
        container: str | None,
        now: float,
    ) -> Post:
        post = Post(
            id=self._new_id("p"),
            account=call.account,
            plays=call.plays,
            text=draft.text,
            key=call.key,
            container=container,
            created_at=round(now, 6),
            received_at=call.received_at,
            reply_to=draft.reply_to,
            media=media,
        )
        self.posts[post.id] = post
        self.timelines.setdefault((call.plays, call.account), []).append(post)
        if call.plays is Plays.IDEMPOTENT and call.key is not None:
            self._keys.setdefault((call.account, call.key), []).append(post)
        self.version += 1
        return post

    # Looking up and deleting.

    def listing(self, plays: Plays, account: str, query: Query, now: float) -> list[Post]:
        """Return the posts this class of platform lets a client see, newest first."""
        if plays is Plays.BLIND:
            raise Refused(403, "forbidden", "This platform does not let clients look up posts.")
        candidates: Iterable[Post] = reversed(self.timelines.get((plays, account), []))
        if query.key is not None:
            if plays is not Plays.IDEMPOTENT:
                message = "Only an idempotent platform can be asked by idempotency key."
                raise Refused(400, "bad_query", message)
            candidates = reversed(self._keys.get((account, query.key), []))
        newest = now - self.settings(account).lag if plays is Plays.SEARCHABLE else float("inf")
        oldest = float("-inf") if query.since is None else query.since
        seen = (p for p in candidates if not p.deleted and oldest <= p.created_at <= newest)
        return list(itertools.islice(seen, query.limit))

    def look_up(self, plays: Plays, account: str, post_id: str) -> Post:
        """Return one post of the account; refuse with 403, 404, or 410 if it was deleted."""
        if plays is Plays.BLIND:
            raise Refused(403, "forbidden", "This platform does not let clients look up posts.")
        return self._owned(plays, account, post_id)

    def delete(self, plays: Plays, account: str, post_id: str) -> None:
        """Mark a post as deleted, which hides it from every list."""
        self._owned(plays, account, post_id).deleted = True
        self.version += 1

    def _owned(self, plays: Plays, account: str, post_id: str) -> Post:
        post = self.posts.get(post_id)
        if post is None or (post.plays, post.account) != (plays, account):
            raise Refused(404, "not_found", f"There is no post {post_id} on this account.")
        if post.deleted:
            raise Refused(410, "gone", f"Post {post_id} was deleted.")
        return post


def _tally(requests: Counter[Step], posts: int) -> dict[str, object]:
    return {"requests": {step.value: requests[step] for step in Step}, "posts": posts}

"""Approvals: signed entries, each bound to the digest of everything that a task would publish.

A change of the content, by whoever and however, changes the digest; the approvals of the old one
then count for nothing, by arithmetic. An entry counts only with our signature over it and over
the repository and epic that it was given in, so a copied or edited one is none. A withdrawal that
somebody reverts brings nothing back: the ledger keeps the ids of what was withdrawn.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

from publisher.domain.epic import Desk, Profile, Task
from publisher.domain.payload import digest_of, payload_of

_SIGNED_AS = "copydesk approval 1"
_NOT_FOR_YAML = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class EntryKind(StrEnum):
    """What somebody said about a task as they saw it."""

    APPROVE = "approve"
    WITHDRAW = "withdraw"
    CHANGES = "changes"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A secret with the name under which entries remember it."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One word of one person on one task. `id` is random and never used twice; `at` is UTC.

    `via` is where they said it (cli, slack, github, api), `request` the id of that request, `text`
    what they want changed. `key` names the key that signed it.
    """

    id: str
    kind: EntryKind
    task: str
    digest: str
    person: str
    at: datetime
    via: str
    request: str = ""
    text: str = ""
    key: str = ""
    mac: str = ""


@dataclass(frozen=True, slots=True)
class Approvals:
    """approvals.yaml of one epic: every entry that can be read, in the order of the file."""

    entries: tuple[Entry, ...] = ()

    def added(self, *entries: Entry) -> Self:
        """With these at the end; an entry that is there already is not said twice."""
        known = {entry.id for entry in self.entries}
        return replace(self, entries=(*self.entries, *(e for e in entries if e.id not in known)))

    def of_request(self, request: str) -> tuple[Entry, ...]:
        """What a request has left already: doing it again changes nothing."""
        return tuple(entry for entry in self.entries if request and entry.request == request)


def task_digest(
    task: Task, profiles: Mapping[str, Profile], sha256: Mapping[str, str], *, time: bool = False
) -> str:
    """Digest everything that would be published for a task, whatever its file looks like.

    `sha256` maps its media to their bytes' hash. With `time` the due time belongs to it.
    Profiles that the desk lacks are left out: once it has them the digest is another one.
    """
    going_to = sorted(
        (profiles[name] for name in task.profiles if name in profiles), key=lambda p: p.place
    )
    deliveries = [digest_of(payload_of(task, profile), profile, sha256) for profile in going_to]
    due = task.due.astimezone(UTC).isoformat() if time and task.due else ""
    text = json.dumps([1, deliveries, due], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def digests_of(
    tasks: Iterable[Task], desk: Desk, sha256: Callable[[str], str]
) -> Mapping[str, str]:
    """The digest that an approval of each task would be bound to, by task."""
    return {
        task.id: task_digest(
            task,
            desk.profiles,
            {media.name: sha256(media.name) for media in task.media},
            time=desk.settings.approvals.time,
        )
        for task in tasks
    }


def sign(entry: Entry, repository: str, epic: str, key: SigningKey) -> Entry:
    """The entry with our signature, good in this epic of this repository only.

    Characters that no YAML file can hold are taken out of the texts first.
    """
    request, text = (_NOT_FOR_YAML.sub("", written) for written in (entry.request, entry.text))
    named = replace(entry, request=request, text=text, key=key.id)
    return replace(named, mac=_mac(named, repository, epic, key))


def genuine(entry: Entry, repository: str, epic: str, keys: Sequence[SigningKey]) -> bool:
    """Whether one of our keys signed exactly this, here."""
    there = entry.mac.encode("utf-8", "surrogatepass")
    return any(
        hmac.compare_digest(_mac(entry, repository, epic, key).encode(), there)
        for key in keys
        if key.id == entry.key
    )


def verified(
    entries: Iterable[Entry],
    repository: str,
    epic: str,
    keys: Sequence[SigningKey],
    withdrawn: Collection[str] = (),
) -> tuple[Entry, ...]:
    """Only the entries that count; `withdrawn` are the ids that the ledger knows to be dead."""
    return tuple(
        entry
        for entry in entries
        if entry.id not in withdrawn and genuine(entry, repository, epic, keys)
    )


def fingerprint(keys: Sequence[SigningKey]) -> str:
    """The same for the same keys, in any order; tells nothing about the secrets."""
    marks = sorted(hmac.digest(key.secret.encode(), key.id.encode(), "sha256") for key in keys)
    return hashlib.sha256(b"".join(marks)).hexdigest() if marks else ""


def overruled(word: Entry, entries: Iterable[Entry]) -> tuple[str, ...]:
    """The ids that a withdrawal or a wish for changes puts an end to: the ledger keeps them.

    They are the person's earlier approvals of what they spoke about.
    """
    if word.kind is EntryKind.APPROVE:
        return ()
    about = (word.person, word.task, word.digest)
    return tuple(
        entry.id
        for entry in entries
        if entry.kind is EntryKind.APPROVE and (entry.person, entry.task, entry.digest) == about
    )


def _mac(entry: Entry, repository: str, epic: str, key: SigningKey) -> str:
    """HMAC-SHA256 (RFC 2104) over every field, and over where the entry was given."""
    fields = [
        _SIGNED_AS,
        repository,
        epic,
        entry.task,
        entry.digest,
        entry.kind.value,
        entry.person,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.id,
        entry.via,
        entry.request,
        entry.text,
        entry.key,
    ]
    message = json.dumps(fields, ensure_ascii=True, separators=(",", ":"))
    return hmac.new(key.secret.encode(), message.encode(), hashlib.sha256).hexdigest()

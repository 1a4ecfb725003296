"""The content of a claim, read from git and checked against the claim's digest."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from publisher.adapters.git_store import GitStore
from publisher.adapters.media_fit import Fitter
from publisher.adapters.media_store import FolderStore, hash_of
from publisher.domain.epic import Desk, Epic, Media, Profile, Task
from publisher.domain.errors import ConfigError, MediaRefused, NotFound, Refused
from publisher.domain.fit import Steps, fitted_type
from publisher.domain.limits import Limits
from publisher.domain.media import MediaFault, Seen, Unusable, Usable
from publisher.domain.media_ready import imprints, steps_for
from publisher.domain.payload import digest_of, payload_of
from publisher.files.epic_file import read_epic
from publisher.ports import Attachment, HandedClaim, MediaDesk, MediaStore, Post

_KEPT = 64
_FILES_KEPT = 8
IN_MEMORY = 64 << 20


class GitContents:
    """The Contents port. Desks and epics of one commit are read once for all their claims."""

    def __init__(
        self,
        store: GitStore,
        media: MediaDesk,
        kept: MediaStore,
        fitter: Fitter,
        scratch: FolderStore,
        limits: Callable[[Profile], Limits],
        link: Callable[[str, str], str] | None = None,
    ) -> None:
        """`link` gives a public address for a kept file, from its sha256 and content type."""
        self._link = link
        self._store, self._media, self._limits = store, media, limits
        self._kept, self._fitter, self._scratch = kept, fitter, scratch
        self._desk = lru_cache(maxsize=8)(self._read_desk)
        self._epic = lru_cache(maxsize=_KEPT)(self._read_epic)
        self._file = lru_cache(maxsize=_FILES_KEPT)(self._read_file)

    def profile(self, claim: HandedClaim) -> Profile:
        found = self._desk(claim.commit).profiles.get(claim.key.profile)
        if found is None:
            raise NotFound(f"There is no profile {claim.key.profile} at {claim.commit[:10]}.")
        return found

    def fitting(self, claim: HandedClaim, profile: Profile) -> Callable[[], None] | None:
        """Git is read here, in the caller's thread; the rest may run in another."""
        waiting = [
            (self._source(claim, item, seen), seen.sha256, steps)
            for item, seen, steps in self._with_steps(claim, profile, self._task(claim))
            if item.url or (steps and self._fitter.known(seen.sha256, steps) is None)
        ]

        def fit_all() -> None:
            for source, sha256, steps in waiting:
                found = source()
                if steps:
                    self._fitter.fitted(found, sha256, steps)

        return fit_all if waiting else None

    def posts(self, claim: HandedClaim, profile: Profile) -> tuple[Post, ...]:
        task = self._task(claim)
        payload = payload_of(task, profile)
        seen = self._media.of(claim.commit, claim.path)
        sent = imprints(task, profile, seen, self._limits(profile))
        if digest_of(payload, profile, sent) != claim.digest:
            raise Refused(
                f"{claim.key}: the content at {claim.commit[:10]} is not what was claimed."
            )
        media = {
            item: self._attachment(claim, item, found, steps)
            for item, found, steps in self._with_steps(claim, profile, task)
        }
        repository = self._desk(claim.commit).settings.id
        return tuple(
            Post(
                key=f"{repository}/{claim.key}/{number}",
                text=part.text,
                subject=payload.subject if number == 0 else None,
                media=tuple(media[item] for item in part.media),
                params=payload.params,
            )
            for number, part in enumerate(payload.parts)
        )

    def linked(self, media: Attachment) -> Attachment:
        if self._link is None:
            raise ConfigError(
                f"{media.file} must be fetched by the platform, and COPYDESK_PUBLIC_URL is not set."
            )
        if media.path is not None:
            self._kept.keep(media.sha256, media.path)
        else:
            with self._scratch.temporary() as file:
                file.write_bytes(media.data)
                self._kept.keep(media.sha256, file)
        return replace(media, url=self._link(media.sha256, media.content_type))

    def _with_steps(
        self, claim: HandedClaim, profile: Profile, task: Task
    ) -> list[tuple[Media, Usable, Steps]]:
        """Every attachment and what is done to it; raise MediaRefused when it cannot go."""
        look, limits = self._media.of(claim.commit, claim.path), self._limits(profile)
        found = []
        for item in task.media:
            seen = _usable(item.name, look(item.name))
            steps = steps_for(item.name, seen, profile, limits)
            if isinstance(steps, MediaFault):
                raise MediaRefused(steps.message)
            found.append((item, seen, steps))
        return found

    def _source(self, claim: HandedClaim, item: Media, seen: Usable) -> Callable[[], bytes | Path]:
        """How to get at the approved bytes, or at the file where they lie."""
        if item.url:
            return partial(self._fetched_file, item.url, seen.sha256)
        data = self._file(claim.commit, f"{claim.path}/{item.file}", seen.sha256)
        return lambda: data

    def _attachment(
        self, claim: HandedClaim, item: Media, seen: Usable, steps: Steps
    ) -> Attachment:
        source, sha256 = self._source(claim, item, seen)(), seen.sha256
        if steps:
            source = self._fitter.fitted(source, sha256, steps)
            sha256 = hash_of(source)
        path = source if isinstance(source, Path) else None
        if path is not None and path.stat().st_size <= IN_MEMORY:
            source = path.read_bytes()
        return Attachment(
            file=item.file or _name_in(item.url),
            alt=item.alt,
            content_type=fitted_type(seen.probe, steps),
            sha256=sha256,
            data=source if isinstance(source, bytes) else b"",
            path=path,
        )

    def _task(self, claim: HandedClaim) -> Task:
        task = self._epic(claim.commit, claim.path).task(claim.key.task)
        if task is None:
            raise NotFound(f"There is no task {claim.key.task} at {claim.commit[:10]}.")
        return task

    def _read_desk(self, commit: str) -> Desk:
        self._fetched(commit)
        return self._store.desk(commit)

    def _read_epic(self, commit: str, path: str) -> Epic:
        self._fetched(commit)
        folder = self._store.folder(path, commit=commit)
        if folder is None:
            raise NotFound(f"There is no epic in {path} at {commit[:10]}.")
        return read_epic(folder)

    def _read_file(self, commit: str, path: str, sha256: str) -> bytes:
        data = self._store.file(commit, path)
        if data is None or hashlib.sha256(data).hexdigest() != sha256:
            raise MediaRefused(f"{path} at {commit[:10]} is not what was approved.")
        return data

    def _fetched_file(self, url: str, sha256: str) -> Path:
        kept = self._kept.local(sha256)
        if kept is None:
            raise MediaRefused(
                f"What {url} held is no longer in the media store. `copydesk pin --again` fetches"
                " it anew; if it has changed, it must be approved again."
            )
        return kept

    def _fetched(self, commit: str) -> None:
        """A claim may be younger than this machine's clone."""
        if not self._store.has(commit):
            self._store.sync(force=True)


def _usable(name: str, seen: Seen) -> Usable:
    if isinstance(seen, Usable):
        return seen
    if isinstance(seen, Unusable):
        raise MediaRefused(seen.fault.message)
    raise MediaRefused(f"{name} is not pinned yet. `copydesk pin` fetches it.")


def _name_in(url: str) -> str:
    return PurePosixPath(unquote(urlsplit(url).path)).name or "media"

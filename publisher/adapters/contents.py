"""The content of a claim, read from git and checked against the claim's digest."""

import mimetypes
from dataclasses import replace
from functools import lru_cache

from publisher.adapters.git_store import GitStore
from publisher.domain.epic import Desk, Epic, Profile
from publisher.domain.errors import NotFound, Refused
from publisher.domain.payload import digest_of, payload_of
from publisher.files.epic_file import read_epic
from publisher.ports import Attachment, HandedClaim, Post

_KEPT = 64


class GitContents:
    """The Contents port. Desks and epics of one commit are read once for all their claims."""

    def __init__(self, store: GitStore) -> None:
        self._store = store
        self._desk = lru_cache(maxsize=8)(self._read_desk)
        self._epic = lru_cache(maxsize=_KEPT)(self._read_epic)
        self._media = lru_cache(maxsize=_KEPT)(self._read_media)

    def profile(self, claim: HandedClaim) -> Profile:
        found = self._desk(claim.commit).profiles.get(claim.key.profile)
        if found is None:
            raise NotFound(f"There is no profile {claim.key.profile} at {claim.commit[:10]}.")
        return found

    def posts(self, claim: HandedClaim, profile: Profile) -> tuple[Post, ...]:
        task = self._epic(claim.commit, claim.path).task(claim.key.task)
        if task is None:
            raise NotFound(f"There is no task {claim.key.task} at {claim.commit[:10]}.")
        payload = payload_of(task, profile)
        media = {
            item.file: self._media(claim.commit, f"{claim.path}/{item.file}") for item in task.media
        }
        sha256 = {file: found.sha256 for file, found in media.items()}
        if digest_of(payload, profile, sha256) != claim.digest:
            raise Refused(
                f"{claim.key}: the content at {claim.commit[:10]} is not what was claimed."
            )
        repository = self._desk(claim.commit).settings.id
        return tuple(
            Post(
                key=f"{repository}/{claim.key}/{number}",
                text=part.text,
                subject=payload.subject if number == 0 else None,
                media=tuple(replace(media[m.file], file=m.file, alt=m.alt) for m in part.media),
                params=payload.params,
            )
            for number, part in enumerate(payload.parts)
        )

    def _read_desk(self, commit: str) -> Desk:
        self._fetched(commit)
        return self._store.desk(commit)

    def _read_epic(self, commit: str, path: str) -> Epic:
        self._fetched(commit)
        folder = self._store.folder(path, commit=commit)
        if folder is None:
            raise NotFound(f"There is no epic in {path} at {commit[:10]}.")
        return read_epic(folder)

    def _read_media(self, commit: str, path: str) -> Attachment:
        data = self._store.file(commit, path)
        if data is None:
            raise NotFound(f"There is no file {path} at {commit[:10]}.")
        kind, _encoding = mimetypes.guess_type(path)
        return Attachment(
            file=path,
            alt="",
            content_type=kind or "application/octet-stream",
            sha256=self._store.sha256(commit, path),
            data=data,
        )

    def _fetched(self, commit: str) -> None:
        """A claim may be younger than this machine's clone."""
        if not self._store.has(commit):
            self._store.sync(force=True)

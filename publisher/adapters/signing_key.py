"""The signing key of a repository on this machine: a file in its git directory, made once."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

import pygit2

from publisher.domain.approvals import SigningKey
from publisher.domain.errors import ConfigError

NAME = "copydesk-signing.key"
_LOCAL = "local"


def key_file(repository: Path) -> Path:
    """Where the key is: never in a work tree, and the same for every work tree."""
    folder = Path(pygit2.Repository(str(repository)).path)
    shared = folder / "commondir"  # gitrepository-layout(5): only a linked work tree has it
    if shared.is_file():
        folder = (folder / shared.read_text().strip()).resolve()
    return folder / NAME


def read_key(file: Path) -> SigningKey | None:
    """The key; None while nobody has signed anything. Raises ConfigError for a broken file."""
    try:
        secret = file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read ({error}). Give this user the right.") from None
    if len(secret) < 32:  # noqa: PLR2004
        raise ConfigError(f"{file} holds no key. Delete it: a new one voids every approval.")
    return SigningKey(_LOCAL, secret)


def made_key(file: Path) -> SigningKey:
    """The key, made if there is none yet; of two that make it at once the first one's counts."""
    return read_key(file) or _made(file)


def _made(file: Path) -> SigningKey:
    fresh = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(32) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            os.link(fresh, file)
    finally:
        fresh.unlink()
    found = read_key(file)
    if found is None:
        raise ConfigError(f"{file} vanished while it was made. Try again.")
    return found


class SigningKeys:
    """The keys of an installation: those it was given, or the one beside its repository.

    `repository` is a folder on this machine, None for a URL; `keyless` is what to say when such a
    one was given no key.
    """

    def __init__(
        self, given: tuple[SigningKey, ...], repository: Path | None, keyless: str
    ) -> None:
        self._given, self._keyless = given, keyless
        self._file = key_file(repository) if repository and not given else None

    def known(self) -> tuple[SigningKey, ...]:
        """The keys whose signature counts; none while nothing was ever signed here."""
        found = read_key(self._file) if self._file else None
        return (found,) if found else self._given

    def signing(self) -> SigningKey:
        """The key that signs approvals, made when it must be; raises ConfigError."""
        if self._given:
            return self._given[0]
        if self._file is None:
            raise ConfigError(self._keyless)
        return made_key(self._file)

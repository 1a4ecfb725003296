"""What a platform says of itself, for the people who choose it and set it up."""

from dataclasses import dataclass
from datetime import timedelta

from publisher.domain.epic import Profile
from publisher.domain.outcome import ErrorKind


@dataclass(frozen=True, slots=True)
class Named:
    """A secret, an option, a parameter, a scope or a limit, and what it means."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One line of a platform's table of errors; every condition that is given must hold.

    `code` is the platform's own, `says` are words of which one stands in its message (lower
    case), `after` is how long to wait when the platform does not say.
    """

    kind: ErrorKind
    status: int | None = None
    code: str = ""
    says: tuple[str, ...] = ()
    after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """One platform in the words of its own file; `copydesk platforms` and the docs are made of it.

    `account` says what a profile's `account` is; `secrets` name what it needs, and it is given
    those and no others; `setup` are the steps to the credentials; `lost` adds to what the class
    of safety says about a lost answer; `sources` are web addresses, `checked` is a date,
    `example` is a profile that could be real.
    """

    title: str
    summary: str
    account: str
    checked: str
    secrets: tuple[Named, ...] = ()
    scopes: tuple[Named, ...] = ()
    options: tuple[Named, ...] = ()
    params: tuple[Named, ...] = ()
    limits: tuple[Named, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    setup: tuple[str, ...] = ()
    media: str = "None."
    threads: str = "None."
    scheduling: str = "Copydesk calls at the due time."
    cost: str = "Nothing."
    lost: str = ""
    sources: tuple[str, ...] = ()
    example: Profile | None = None

    @property
    def secret_names(self) -> tuple[str, ...]:
        return tuple(secret.name for secret in self.secrets)

    @property
    def option_names(self) -> frozenset[str]:
        return frozenset(option.name for option in self.options)

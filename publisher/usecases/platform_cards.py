"""What people read about a platform before they choose it, from the platform's own file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from publisher.domain.about import About
from publisher.domain.epic import Profile
from publisher.domain.traits import Safety, Traits
from publisher.ports import Deletes, Edits, HttpAnswer, NotSent, Platform

AFTER_A_LOST_ANSWER: Mapping[Safety, str] = MappingProxyType(
    {
        Safety.IDEMPOTENT: "Copydesk looks once, then sends again with the same key. That makes no"
        " second post.",
        Safety.CHECKABLE: "Copydesk asks what became of the id that it was given before the call,"
        " and goes on from there.",
        Safety.SEARCHABLE: "Copydesk searches the account twice. It sends again only with proof"
        " that the first caller is dead; otherwise a person is asked.",
        Safety.BLIND: "Nobody can ask the platform. The delivery is unconfirmed until a person says"
        " whether it is live.",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformCard:
    """One platform. `traits` are those of a profile without options."""

    name: str
    about: About
    traits: Traits
    deletes: bool
    edits: bool

    @property
    def lost(self) -> str:
        """What happens when an answer is lost."""
        usual = AFTER_A_LOST_ANSWER[self.traits.safety]
        return f"{usual} {self.about.lost}".strip()


def cards_of(platforms: Mapping[str, Platform]) -> Iterable[PlatformCard]:
    """Every platform's card, in the order of their names."""
    return [card_of(platforms[name]) for name in sorted(platforms)]


def card_of(platform: Platform) -> PlatformCard:
    """Abilities are what an account has; making one asks nobody anything."""
    profile = platform.about.example or Profile(
        id=platform.name, platform=platform.name, account="acme"
    )
    account = platform.connect(profile, {}, _Nobody())
    return PlatformCard(
        name=platform.name,
        about=platform.about,
        traits=platform.traits(profile),
        deletes=isinstance(account, Deletes),
        edits=isinstance(account, Edits),
    )


class _Nobody:
    """An Http for an account that is only looked at."""

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> HttpAnswer:
        del method, url, headers, body
        raise NotSent("nothing is sent from here")

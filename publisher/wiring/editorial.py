"""The editorial use cases of one installation, put together."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from publisher.adapters.branch_index import SqliteBranchIndex
from publisher.adapters.git_branches import GitBranches
from publisher.adapters.git_store import GitStore
from publisher.adapters.index import SqliteIndex
from publisher.domain.approvals import SigningKey
from publisher.ports import Brake, Forge, Heads
from publisher.usecases.editorial.attempt import Attempt
from publisher.usecases.editorial.desk import EditorialDesk
from publisher.usecases.editorial.drafts import Drafts
from publisher.usecases.editorial.editing import Editing
from publisher.usecases.editorial.library import Library
from publisher.usecases.editorial.pinning import Pinning
from publisher.usecases.editorial.reading import Reader
from publisher.usecases.editorial.schedules import Schedules
from publisher.usecases.editorial.stopping import Stopping
from publisher.usecases.editorial.survey import Survey, Surveyed
from publisher.usecases.editorial.watching import Watch
from publisher.usecases.editorial.where import Finder
from publisher.usecases.editorial.words import Words
from publisher.usecases.pin_media import PinMedia
from publisher.usecases.standings import Standings


@dataclass(frozen=True, slots=True, kw_only=True)
class Editorial:
    """What Slack, the command line, the API and the forge's events all call."""

    desk: EditorialDesk
    survey: Survey
    pinning: Pinning
    drafts: Drafts
    editing: Editing
    words: Words
    schedules: Schedules
    library: Library
    watch: Watch

    def look(self, heads: Heads, epic: str) -> Surveyed:
        """How one epic stands at these commits; raise NotFound."""
        return self.survey.of(self.desk.finder.one(heads, epic))


def editorial_of(
    store: GitStore,
    index: SqliteIndex,
    seen: SqliteBranchIndex,
    forge: Forge,
    standings: Standings,
    key: Callable[[], SigningKey],
    brake: Brake | None,
    rest: Callable[[int], None],
    poll: timedelta,
    media: PinMedia,
) -> Editorial:
    """`key` gives the key that signs; `rest` waits before another try (seconds grow with it).

    `poll` is how often pull requests are looked at.
    """
    branches = GitBranches(store)
    desk = EditorialDesk(
        attempt=Attempt(branches, index, rest),
        finder=Finder(branches, forge, index, seen),
        reader=Reader(store, branches),
        branches=branches,
        forge=forge,
        store=store,
        index=index,
        standings=standings,
        key=key,
        brake=brake,
    )
    survey, stopping, words = Survey(desk), Stopping(desk), Words(desk)
    pinning = Pinning(desk, media, asyncio.run)
    return Editorial(
        desk=desk,
        survey=survey,
        pinning=pinning,
        drafts=Drafts(desk, pinning),
        editing=Editing(desk, survey, stopping),
        words=words,
        schedules=Schedules(desk, stopping),
        library=Library(desk, survey, seen),
        watch=Watch(desk, survey, words, seen, poll),
    )

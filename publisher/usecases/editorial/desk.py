"""What every editorial use case stands on: git, the forge, the people, one way to change things."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from publisher.domain.approvals import Approvals, Entry, SigningKey, verified
from publisher.domain.delivery import Record
from publisher.domain.epic import Desk
from publisher.domain.errors import ContentError
from publisher.domain.roles import Role, required
from publisher.files.approvals_file import approvals_path, read_approvals
from publisher.files.desk_files import check_epic
from publisher.ports import Brake, Branches, Forge, Index, Store
from publisher.usecases.editorial.attempt import Attempt
from publisher.usecases.editorial.doing import Doing
from publisher.usecases.editorial.reading import Reader, Version
from publisher.usecases.editorial.where import Finder, Where
from publisher.usecases.standings import Standings


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorialDesk:
    """`key` gives the signing key or raises ConfigError; `brake` is None without a Redis."""

    attempt: Attempt
    finder: Finder
    reader: Reader
    branches: Branches
    forge: Forge
    store: Store
    index: Index
    standings: Standings
    key: Callable[[], SigningKey]
    brake: Brake | None = None

    @property
    def files(self) -> Desk:
        """Settings, profiles and people, always as main has them."""
        return self.index.desk

    def allow(self, doing: Doing, role: Role, verb: str) -> None:
        """Raise Refused, naming who can, unless main gives this person the role."""
        people = self.files.people
        known_as = doing.who.email or doing.who.id
        required(people.get(doing.who.id), role, people, doing=verb, known_as=known_as)

    def sound(self, where: Where) -> Version:
        """The newest version, fit to be approved; raise ContentError with all that is wrong."""
        version = self.reader.newest(where)
        problems = check_epic(version.epic, self.files, version.folder)
        if problems:
            raise ContentError(problems)
        return version

    def approvals(self, where: Where) -> Approvals:
        """Every entry that can be read where the epic is being worked on."""
        path = approvals_path(where.path)
        return read_approvals(self.store.file(where.commit, path), path).approvals

    def counting(self, approvals: Approvals, record: Record) -> Sequence[Entry]:
        """Those that we signed for this epic and that nobody has withdrawn."""
        repository, keys = self.files.settings.id, self.standings.keys()
        return verified(approvals.entries, repository, record.epic, keys, record.withdrawn)

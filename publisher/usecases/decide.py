"""What people decide about deliveries, as commits: retry, release, cancel, resolve, pause."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.domain import decisions
from publisher.domain.delivery import Delivery, DeliveryStatus, Key, Record
from publisher.domain.errors import Conflict, NotFound, Refused
from publisher.domain.roles import Role, required
from publisher.files.desk_files import SETTINGS
from publisher.files.ledger_file import dump_record, ledger_path
from publisher.files.status_file import dump_status
from publisher.files.words import did_you_mean
from publisher.files.yaml_edit import set_value
from publisher.ports import Branches, Draft, Heads, Index, Store
from publisher.usecases.editorial.doing import Doing
from publisher.usecases.standings import Standings
from publisher.usecases.verify import removed

TRIES = 3

Step = Callable[[Delivery, datetime, str], Delivery]


@dataclass(frozen=True, slots=True)
class Decided:
    """What was committed: the deliveries, and the commit of the ledger (or of main).

    `again`: this request had been carried out before, and nothing was changed.
    """

    keys: tuple[Key, ...]
    commit: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Decide:
    """Each decision is one commit with the person as author; raced, it is tried three times.

    Who may not is refused with a sentence that names who can. The same request again is known by
    its trailer, and changes nothing.
    """

    store: Store
    branches: Branches
    index: Index
    standings: Standings

    def retry(self, epic: str, name: str | None, doing: Doing) -> Decided:
        """Try failed deliveries again: one, or all that failed."""
        return self._decide("retry", epic, name, decisions.retried, _failed, doing)

    def release(self, epic: str, name: str | None, doing: Doing) -> Decided:
        """Let held deliveries go out."""
        return self._decide("release", epic, name, decisions.released, _held, doing)

    def hold(self, epic: str, name: str | None, doing: Doing) -> Decided:
        """Keep back what waits, until somebody releases or cancels it."""
        return self._decide("hold", epic, name, decisions.held, _waiting, doing)

    def cancel(self, epic: str, name: str | None, doing: Doing) -> Decided:
        """Never send held deliveries, or the one that is named."""
        return self._decide("cancel", epic, name, decisions.cancelled, _held, doing)

    def resolve(self, epic: str, name: str, live_url: str | None, doing: Doing) -> Decided:
        """Answer for a delivery whose outcome no machine can find out."""

        def step(delivery: Delivery, at: datetime, by: str) -> Delivery:
            return decisions.resolved(delivery, live_url, at, by)

        return self._decide("resolve", epic, name, step, _unconfirmed, doing)

    def mark_removed(self, epic: str, keys: Sequence[Key], doing: Doing) -> Decided:
        """Say that these are gone from their platforms; they stay published."""
        gone = set(keys)

        def named(delivery: Delivery) -> bool:
            return delivery.key in gone

        return self._decide("removed", epic, None, removed, named, doing, role=None)

    def pause(self, doing: Doing, *, paused: bool) -> Decided:
        """Write the pause into the settings on main, for good."""
        word = "pause" if paused else "resume"
        for _try in range(TRIES):
            heads = self._fresh()
            self._allow(doing, Role.ADMIN, word)
            text = self.store.file(heads.main, SETTINGS)
            if text is None:
                raise NotFound(f"There is no {SETTINGS}. `copydesk init` makes one.")
            edited = set_value(text, ("paused",), paused, path=SETTINGS)
            if edited == text:
                return Decided((), heads.main)
            subject = f"{word}: nothing goes out" if paused else f"{word}: go on"
            message = "\n".join([subject, "", *doing.trailers(), ""])
            draft = Draft(main={SETTINGS: edited}, main_message=message, author=doing.author)
            result, pushed = self.store.push(heads, draft, doing.at)
            if result.done:
                return Decided((), pushed.main)
            if result.refused:
                raise Refused(f"main may not be pushed to: {result.refused}")
        raise Conflict(f"Others pushed first {TRIES} times. Nothing was changed; try again.")

    def _decide(
        self,
        word: str,
        epic_id: str,
        name: str | None,
        step: Step,
        all_of: Callable[[Delivery], bool],
        doing: Doing,
        role: Role | None = Role.SCHEDULER,
    ) -> Decided:
        for _try in range(TRIES):
            heads = self._fresh()
            if role is not None:
                self._allow(doing, role, word)
            before = self.branches.said([heads.ledger] if heads.ledger else [], doing.trailer)
            if before is not None:
                return Decided((), before, again=True)
            record = self._record(heads, epic_id)
            chosen = self._chosen(record, name, all_of, word)
            after = record.put(*(step(delivery, doing.at, doing.named) for delivery in chosen))
            keys = tuple(delivery.key for delivery in chosen)
            subject = f"{word}: {', '.join(map(str, keys))}"
            message = "\n".join([subject, "", *doing.trailers(epic_id)])
            draft = self._draft(heads, after, message, doing)
            result, pushed = self.store.push(heads, draft, doing.at)
            if result.done:
                return Decided(keys, pushed.ledger or "")
            if not result.raced:
                raise Refused(f"The forge refuses our push: {result.refused or result.why}")
        raise Conflict(f"Others pushed first {TRIES} times. Nothing was changed; try again.")

    def _draft(self, heads: Heads, record: Record, message: str, doing: Doing) -> Draft:
        epic, desk = self.index.epic(record.epic), self.index.desk
        projected: dict[str, bytes | None] = {}
        if epic is not None and desk.settings.projection:
            approvals = self.standings.of(epic, heads.main, record, desk).tasks
            projected[f"{epic.path}/status.yaml"] = dump_status(epic, record, approvals)
        return Draft(
            main=projected,
            ledger={ledger_path(record.epic): dump_record(record)},
            main_message=f"{message}\nskip-checks: true\n",
            ledger_message=f"{message}\n",
            author=doing.author,
        )

    def _allow(self, doing: Doing, role: Role, verb: str) -> None:
        people, known_as = self.index.desk.people, doing.who.email or doing.who.id
        required(people.get(doing.who.id), role, people, doing=verb, known_as=known_as)

    def _fresh(self) -> Heads:
        heads = self.store.sync(force=True)
        self.index.catch_up(heads)
        return heads

    def _record(self, heads: Heads, epic_id: str) -> Record:
        """The record, with what the epic wants and nothing has happened to yet; or NotFound."""
        record, epic = self.store.record(heads.ledger, epic_id), self.index.epic(epic_id)
        profiles = self.index.desk.profiles
        wanted = [
            Delivery(key=Key(epic_id, task.id, name), place=profiles[name].place)
            for task, name in (epic.deliveries() if epic else ())
            if record.get(Key(epic_id, task.id, name)) is None
        ]
        if not wanted and not record.deliveries:
            known = self.index.ids()
            if epic_id in known:
                raise Refused(f"{epic_id} has no deliveries: see `copydesk status {epic_id}`.")
            hint = did_you_mean(epic_id, known)
            raise NotFound(f"There is no epic {epic_id}. {hint}".strip())
        return record.put(*wanted)

    def _chosen(
        self, record: Record, name: str | None, all_of: Callable[[Delivery], bool], word: str
    ) -> Sequence[Delivery]:
        if name is None:
            chosen = [delivery for delivery in record.deliveries.values() if all_of(delivery)]
            if not chosen:
                raise Refused(f"{record.epic} has nothing to {word}.")
            return chosen
        names = {
            f"{key.task}/{key.profile}": delivery for key, delivery in record.deliveries.items()
        }
        wanted = name.removeprefix(f"{record.epic}/")
        found = [d for full, d in names.items() if wanted in {full, d.key.profile, d.key.task}]
        if not found:
            hint = did_you_mean(wanted, names)
            raise NotFound(f"{record.epic} has no delivery {wanted}. {hint}")
        if len(found) > 1:
            choices = ", ".join(sorted(f"{d.key.task}/{d.key.profile}" for d in found))
            raise Refused(f"“{wanted}” names several deliveries: {choices}. Say which.")
        return found


def _failed(delivery: Delivery) -> bool:
    return delivery.status is DeliveryStatus.FAILED


def _held(delivery: Delivery) -> bool:
    return delivery.held is not None


def _waiting(delivery: Delivery) -> bool:
    return not (delivery.out or delivery.held or delivery.cancelled)


def _unconfirmed(delivery: Delivery) -> bool:
    return delivery.status is DeliveryStatus.UNCONFIRMED

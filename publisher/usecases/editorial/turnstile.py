"""Words of many people at once: whoever comes while a push is under way shares the next one."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from publisher.domain.errors import CopydeskError
from publisher.usecases.editorial.doing import Done
from publisher.usecases.editorial.words import Answer, Word

SayAll = Callable[[Sequence[Word]], list[Answer]]


@dataclass(eq=False, slots=True)
class _Ticket:
    word: Word
    answer: Answer | None = None


@dataclass(slots=True)
class Turnstile:
    """One push at a time; safe to use from many threads of one process."""

    say_all: SayAll
    _waiting: list[_Ticket] = field(default_factory=list)
    _door: threading.Lock = field(default_factory=threading.Lock)
    _pushing: threading.Lock = field(default_factory=threading.Lock)

    def say(self, word: Word, queued: Callable[[], None] = lambda: None) -> Done:
        """Say it with the next push; `queued` is called when that one is not at once.

        Raises what `Words.say` raises.
        """
        ticket = _Ticket(word)
        with self._door:
            self._waiting.append(ticket)
        if not self._pushing.acquire(blocking=False):
            queued()
            self._pushing.acquire()
        try:
            if ticket.answer is None:
                self._push()
        finally:
            self._pushing.release()
        if isinstance(ticket.answer, Done):
            return ticket.answer
        raise ticket.answer or RuntimeError("nobody answered")

    def _push(self) -> None:
        with self._door:
            together, self._waiting = self._waiting, []
        try:
            answers = self.say_all([ticket.word for ticket in together])
        except CopydeskError as error:
            answers = [error] * len(together)
        for ticket, answer in zip(together, answers, strict=True):
            ticket.answer = answer

"""What a refusal means, by a platform's own table of errors."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from http import HTTPStatus

from publisher.connecting.line import Reading, usual_reading
from publisher.domain.about import Refusal
from publisher.domain.outcome import ErrorKind
from publisher.ports import HttpAnswer

Read = Callable[[HttpAnswer], Reading]


def reading_by(table: Iterable[Refusal], shape: Read = usual_reading) -> Read:
    """A reading whose kind is that of the first line that fits; without one the status decides.

    `shape` finds the platform's code and words in its answer.
    """
    lines = tuple(table)

    def read(answer: HttpAnswer) -> Reading:
        reading = shape(answer)
        found = next((line for line in lines if _fits(line, answer.status, reading)), None)
        if found is None:
            return reading
        return replace(reading, kind=found.kind, after=reading.after or found.after)

    return read


def open_after_errors(read: Read) -> Read:
    """For dangerous calls: a server's error, whatever its words, may come after the post is out."""

    def careful(answer: HttpAnswer) -> Reading:
        reading = read(answer)
        broken = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return replace(reading, kind=ErrorKind.LOST) if broken else reading

    return careful


def _fits(line: Refusal, status: int, reading: Reading) -> bool:
    said = reading.said.lower()
    return (
        line.status in {None, status}
        and line.code in {"", reading.code}
        and (not line.says or any(words in said for words in line.says))
    )

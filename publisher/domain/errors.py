"""Everything that Copydesk raises on purpose.

CopydeskError
├── ContentError        people's files are wrong; carries the problems, each with its place
├── NotFound            the named epic or delivery does not exist
├── Refused             the request is understood and may not be done; says what to do instead
│   ├── Queued          not done now: the forge does it by itself when its checks have passed
│   └── MediaRefused    an attachment cannot be sent as it is
├── Conflict            somebody else was faster, three times; nothing was changed
├── Unavailable         git, Redis or the network does not answer; nothing was changed
├── ConfigError         a setting is missing or contradicts another
└── IllegalStep         a bug: a status change that the transition table does not have
"""

from publisher.domain.problems import Problem


class CopydeskError(Exception):
    """The root: its text is a sentence for people and says what to do."""


class ContentError(CopydeskError):
    """People's files are wrong."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class NotFound(CopydeskError):
    """The named epic or delivery does not exist."""


class Refused(CopydeskError):
    """The request is understood and may not be done."""


class Queued(Refused):
    """Not done now; the forge has it in its queue and there is nothing to do."""


class MediaRefused(Refused):
    """An attachment cannot be sent as it is."""


class Conflict(CopydeskError):
    """Somebody else was faster; nothing was changed. `kept` is what the person had written."""

    def __init__(self, message: str, kept: bytes = b"") -> None:
        super().__init__(message)
        self.kept = kept


class Unavailable(CopydeskError):
    """Something outside does not answer; nothing was changed."""


class ConfigError(CopydeskError):
    """A setting is missing or contradicts another."""


class IllegalStep(CopydeskError):
    """A status change that the transition table does not have: a bug."""

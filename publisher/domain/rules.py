"""Every rule that content can break: a stable id and how much it matters.

What each one is for, and how to mend it, is told in `files/rules.md` (`copydesk explain CD104`).
An id is never given to another rule.
"""

from enum import StrEnum


class Severity(StrEnum):
    """Only errors keep an epic from going out."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


class Rule(StrEnum):
    """By hundreds: files and YAML, shape, one epic, the whole desk, media, platforms, history."""

    UNREADABLE = "CD101"
    LINK = "CD102"
    TOO_LARGE = "CD103"
    ENCODING = "CD104"
    CONTROL = "CD105"
    SYNTAX = "CD106"
    TAB = "CD107"
    SECOND_DOCUMENT = "CD108"
    DUPLICATE_KEY = "CD109"
    ALIAS = "CD110"
    TAG = "CD111"
    MERGE = "CD112"
    KEY = "CD113"
    NUMBER = "CD114"
    TOO_MUCH = "CD115"
    NO_MAPPING = "CD116"
    EMPTY = "CD117"
    NO_EPIC_FILE = "CD118"

    UNKNOWN_KEY = "CD201"
    MISSING_KEY = "CD202"
    WRONG_TYPE = "CD203"
    NOT_ALLOWED = "CD204"
    WRONG_FORM = "CD205"
    WRONG_LENGTH = "CD206"

    FOLDER_NAME = "CD301"
    DUPLICATE_TASK = "CD302"
    DUPLICATE_PROFILE = "CD303"
    NO_PROFILE = "CD304"
    NOTHING_TO_SAY = "CD305"
    FOREIGN_OVERRIDE = "CD306"
    TIME = "CD307"
    ZONE = "CD308"
    TWO_TIMES = "CD309"
    NO_SCHEDULE = "CD310"
    PAST = "CD311"

    UNKNOWN_PERSON = "CD401"
    UNKNOWN_PROFILE = "CD402"
    DUPLICATE_EPIC = "CD403"
    DUPLICATE_ENTRY = "CD404"
    NO_SETTINGS = "CD405"
    BAD_PROFILE = "CD406"
    BLACKOUT = "CD407"
    CLASH = "CD408"
    BAD_POLICY = "CD409"

    NO_MEDIA_FILE = "CD501"
    MEDIA_PATH = "CD502"
    MEDIA_LINK = "CD503"
    UNUSED_MEDIA = "CD504"
    LFS_POINTER = "CD505"
    FORGE_REFUSES = "CD506"
    LARGE_FILE = "CD507"
    BROKEN_MEDIA = "CD508"
    NAME_LIES = "CD509"

    TEXT_LONG = "CD601"
    TEXT_ADVISED = "CD602"
    TEXT_SHORT = "CD603"
    SUBJECT_LONG = "CD604"
    SUBJECT_MISSING = "CD605"
    FORBIDDEN = "CD606"
    MANY_TAGS = "CD607"
    MEDIA_COUNT = "CD608"
    MEDIA_MIXED = "CD609"
    MEDIA_TYPE = "CD610"
    MEDIA_BYTES = "CD611"
    MEDIA_PIXELS = "CD612"
    MEDIA_RATIO = "CD613"
    MEDIA_SECONDS = "CD614"
    ALT_LONG = "CD615"
    ALT_MISSING = "CD616"
    THREAD = "CD617"
    PARAM_MISSING = "CD618"
    LEAD = "CD619"
    GRAIN = "CD620"

    MACHINE_FILE = "CD701"
    TASK_GONE = "CD702"
    ALREADY_OUT = "CD703"
    BAD_APPROVAL = "CD704"

    NO_REASON = "CD901"
    UNKNOWN_RULE = "CD902"
    NEEDLESS = "CD903"
    NEVER_ALLOWED = "CD904"

    @property
    def severity(self) -> Severity:
        if self in _WARNINGS:
            return Severity.WARNING
        return Severity.HINT if self in _HINTS else Severity.ERROR

    @property
    def can_be_allowed(self) -> bool:
        """Whether a comment with a reason may allow it: what is advice, or may be out of date."""
        return self.severity is not Severity.ERROR or self in _MAY_BE_RIGHT


_WARNINGS = frozenset(
    {
        Rule.CLASH,
        Rule.PAST,
        Rule.UNUSED_MEDIA,
        Rule.LARGE_FILE,
        Rule.NAME_LIES,
        Rule.GRAIN,
        Rule.ALREADY_OUT,
    }
)
_HINTS = frozenset({Rule.NEEDLESS, Rule.ALT_MISSING, Rule.TEXT_ADVISED})
_MAY_BE_RIGHT = frozenset(
    {rule for rule in Rule if rule.startswith("CD6")} | {Rule.BLACKOUT, Rule.MACHINE_FILE}
)

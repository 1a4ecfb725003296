"""Epics that are wrong in exactly one way: the text, the place, and words that must be said."""

from typing import NamedTuple

from tests.files.epics_for_tests import GOOD, change


class Bad(NamedTuple):
    name: str
    text: str | bytes
    place: tuple[int, int]
    says: tuple[str, ...]


_BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
_LONG_ALIAS = f'title: &a "{"x" * 900_000}"\nbrief: *a\nowner: [*a, *a]\n'

TEXTS = [
    Bad("latin-1", GOOD.replace("Why", "Wh\xfd").encode("latin-1"), (3, 5), ("UTF-8", "0xfd")),
    Bad("utf-16", GOOD.encode("utf-16"), (1, 1), ("UTF-8",)),
    Bad("NUL", change("Why", "Wh\0"), (3, 5), ("control character", "U+0000")),
    Bad("vertical tab", change("Why", "Wh\x0b"), (3, 5), ("control character", "U+000B")),
    Bad("escaped NUL", change("Dear", '"\\0"').replace(" gardeners", ""), (25, 11), ("escaped",)),
    Bad("tab", change("    alt:", "\talt:").replace("        alt", "\talt"), (14, 5), ("tab",)),
    Bad("tab first", "title: x\nschedule:\n\tat: y\n", (3, 1), ("tab", "spaces")),
    Bad("tab in text", "title: x\nbrief: |\n\ttext\n", (3, 1), ("tab", "spaces")),
    Bad("duplicate key", GOOD + "owner: bo\n", (26, 1), ("“owner”", "second time", "line 4")),
    Bad("duplicate in flow", "title: x\ntasks: [{id: a, id: b}]\n", (2, 17), ("“id”", "line 2")),
    Bad("quoted duplicate", 'title: x\n"title": y\n', (2, 1), ("“title”", "line 1")),
    Bad("alias bomb", "title: x\n" + _BOMB, (6, 23), ("Aliases blow",)),
    Bad("long alias", _LONG_ALIAS, (3, 9), ("Aliases blow",)),
    Bad("alias of itself", "title: x\nbrief: &a [*a]\n", (2, 12), ("“*a”", "itself")),
    Bad("unknown alias", "title: *spring sale\n", (1, 8), ("“*spring”", "never defined", "quotes")),
    Bad("alias as key", "title: &a x\n*a : y\n", (2, 1), ("key",)),
    Bad("two documents", GOOD + "---\ntitle: x\n", (26, 1), ("second document",)),
    Bad("python tag", "title: !!python/object:os.system x\n", (1, 8), ("!!python/object", "tag")),
    Bad("own tag", "title: !foo x\n", (1, 8), ("“!foo”", "not supported")),
    Bad("tag in flow", "title: x\ntasks: [!foo {id: a}]\n", (2, 9), ("“!foo”",)),
    Bad("tag on a list", "title: x\ntasks: !!set\n  - id: a\n", (2, 8), ("“!!set”",)),
    Bad("tag after anchor", "title: &a !foo x\n", (1, 8), ("“!foo”",)),
    Bad("tag of the file", "--- !foo\ntitle: x\n", (1, 5), ("“!foo”",)),
    Bad("plain tag", "title: ! x\n", (1, 8), ("“!”",)),
    Bad("merge", "title: x\na: &a {b: 1}\nc:\n  <<: *a\n", (4, 3), ("<<", "Write the keys out")),
    Bad("merge without anchor", 'title: x\n"<<": y\n', (2, 1), ("<<", "Write the keys out")),
    Bad("10 MB", b"title: x\n" + b"# filler\n" * 1_111_111, (0, 0), ("9.5 MiB", "at most 1 MiB")),
    Bad("1000 flow", "title: " + "[" * 1000 + "]" * 1000, (1, 135), ("128 levels",)),
    Bad("1000 block", "".join(" " * i + "a:\n" for i in range(1000)), (129, 129), ("128 levels",)),
    Bad("1000 lists", "title:\n" + "- " * 1000 + "a\n", (2, 255), ("128 levels",)),
    Bad("million flow", "title: " + "{a: " * 250_000, (1, 516), ("128 levels",)),
    Bad("too many", "title: [" + "1," * 60_000 + "]", (1, 100_003), ("50000 values",)),
    Bad("empty", "", (0, 0), ("empty",)),
    Bad("only comments", "# title: x\n\n", (0, 0), ("empty",)),
    Bad("list", "- title: x\n", (1, 1), ("a list", "key: value")),
    Bad("text", "Spring launch\n", (1, 1), ("this is text", "key: value")),
    Bad("no space", "title:x\n", (1, 1), ("key: value", "space after the colon")),
    Bad("number key", "title: x\n1: y\n", (2, 1), ("key “1”", "no text")),
    Bad("true key", "title: x\ntrue: y\n", (2, 1), ("key “true”", "quotes")),
    Bad("null key", "title: x\n~: y\n", (2, 1), ("key “~”",)),
    Bad("list key", "title: x\n? [a]\n: b\n", (2, 3), ("list", "keys are text")),
    Bad("mapping key", "title: x\n{a: 1}: b\n", (2, 1), ("mapping", "keys are text")),
    Bad("NaN", "title: .nan\n", (1, 8), ("“.nan”", "number")),
    Bad("infinity", "title: x\nbrief: [-.inf]\n", (2, 9), ("“-.inf”", "number")),
    Bad("huge number", "title: " + "9" * 30 + "\n", (1, 8), ("too large", "quotes")),
    Bad("open quote", 'title: "Spring\nowner: ana\n', (1, 8), ("never closed",)),
    Bad("colon in text", "title: Spring: launch\n", (1, 14), ("colon", "quotes")),
    Bad("indented too far", "title: x\n  owner: ana\n", (2, 8), ("indented",)),
    Bad("between levels", change("  timezone", " timezone"), (7, 2), ("indentation",)),
    Bad("no colon", "title: x\nowner\n", (2, 1), ("no “key: value”",)),
    Bad("open list", "title: x\ntasks: [a, b\nowner: x\n", (2, 8), ("“[”", "not closed")),
    Bad("open mapping", "title: x\ntasks: {a: b\nowner: x\n", (2, 8), ("“{”", "not closed")),
    Bad("at sign", "title: @acme\n", (1, 8), ("“@”", "quotes")),
    Bad("star", "title: **Spring**\n", (1, 8), ("*", "quotes")),
    Bad("apostrophe", "title: 'It's spring'\n", (1, 12), ("after the value", "apostrophe")),
    Bad("backslash", 'title: "C:\\quick"\n', (1, 11), ("backslash", "single quotes")),
    Bad("list beside key", "title: x\ntasks: - id: a\n", (2, 8), ("list", "new line")),
    Bad("text after |", "title: x\nbrief: | text\n", (2, 10), ("next line",)),
    Bad("directive", "%YAML 2.0\n---\ntitle: x\n", (1, 1), ("no valid YAML",)),
]

SHAPES = [
    Bad("no title", "owner: ana\n", (1, 1), ("lacks `title`", "title: Spring launch")),
    Bad("blank title", "title: '  '\n", (1, 8), ("`title` must be", "not blank")),
    Bad("comment title", "title: #1 sale\n", (1, 7), ("`title` has no value", "comment")),
    Bad("number title", "title: 2026\n", (1, 8), ("must be text, not a number", "quotes")),
    Bad("boolean title", "title: true\n", (1, 8), ("must be text, not true or false", "quotes")),
    Bad("unknown key", change("owner:", "onwer:"), (4, 1), ("“onwer”", "mean “owner”")),
    Bad("strange key", "title: x\nzzz: 1\n", (2, 1), ("“zzz”", "Known keys are title, brief")),
    Bad("unknown in task", change("subject:", "subjekt:"), (24, 5), ("`tasks`", "“subject”")),
    Bad("status", "title: x\nstatus: done\n", (2, 1), ("“status”", "status.yaml")),
    Bad(
        "media url that is none",
        change("- file: media/hero.jpg", "- url: media/hero.jpg"),
        (13, 14),
        ("`url` must be", "https://"),
    ),
    Bad("tasks mapping", "title: x\ntasks: {id: a}\n", (2, 8), ("must be a list, not a mapping",)),
    Bad("no task id", "title: x\ntasks:\n  - body: a\n", (3, 5), ("`tasks`", "lacks `id`")),
    Bad("number id", change("id: teaser", "id: 7"), (9, 9), ("must be text", "quotes")),
    Bad("slash id", change("id: teaser", "id: a/b"), (9, 9), ("`id`", "hyphens", "“a/b”")),
    Bad("dots id", change("id: teaser", "id: .."), (9, 9), ("`id`", "hyphens", "“..”")),
    Bad("capital id", change("id: teaser", "id: Teaser"), (9, 9), ("lower-case",)),
    Bad("null tasks", "title: x\ntasks:\n", (2, 7), ("`tasks` has no value",)),
    Bad("number at", change("2026-12-01T09:00", "2026"), (6, 7), ("`at` must be text", "quotes")),
    Bad(
        "no timezone",
        change("  timezone: America/New_York\n", ""),
        (5, 1),
        ("`schedule` lacks `timezone`", "timezone: Europe/Berlin"),
    ),
    Bad("empty at", change("2026-12-01T09:00", "''"), (6, 7), ("`at` is empty", "For example")),
    Bad("long zone", change("America/New_York", "A" * 99), (7, 13), ("longer than 64",)),
    Bad(
        "params text", change("{format: post}", "post"), (18, 16), ("`sandbox` must be a mapping",)
    ),
]

RULES = [
    Bad(
        "file and url",
        change("- file: media/hero.jpg", "- file: media/hero.jpg\n        url: https://x"),
        (13, 9),
        ("either a `file` or a `url`", "not both"),
    ),
    Bad(
        "neither file nor url",
        change("- file: media/hero.jpg\n        alt", "- alt"),
        (13, 9),
        ("either a `file` or a `url`",),
    ),
    Bad("same task twice", change("newsletter", "teaser"), (21, 9), ("“teaser”", "line 9")),
    Bad(
        "same profile twice",
        change("[sandbox-wire]", "[sandbox-wire, sandbox-wire]"),
        (23, 30),
        ("“sandbox-wire”", "twice"),
    ),
    Bad(
        "foreign override",
        change("sandbox-feed: {", "sandbox-fed: {"),
        (16, 7),
        ("does not go to “sandbox-fed”", "mean “sandbox-feed”"),
    ),
    Bad("outside", change("media/hero.jpg", "../x/hero.jpg"), (13, 15), ("outside",)),
    Bad("inside again", change("media/hero.jpg", "a/../hero.jpg"), (13, 15), ("outside",)),
    Bad("absolute", change("media/hero.jpg", "/etc/passwd"), (13, 15), ("outside",)),
    Bad("backslash path", change("media/hero.jpg", r"media\hero.jpg"), (13, 15), ("backslash",)),
    Bad("empty path", change("media/hero.jpg", "''"), (13, 15), ("`file` is empty",)),
    Bad("dot path", change("media/hero.jpg", "./media/hero.jpg"), (13, 15), ("plainly",)),
    Bad("link", change("media/hero.jpg", "media/lens"), (13, 15), ("symbolic link",)),
    Bad("behind link", change("media/hero.jpg", "media/lens/a.jpg"), (13, 15), ("symbolic link",)),
    Bad(
        "missing media",
        change("media/hero.jpg", "media/Hero.jpeg"),
        (13, 15),
        ("does not exist", "mean “media/hero.jpg”"),
    ),
    Bad(
        "media of a thread",
        change("- body: Second part", "- media: [{file: media/none.png}]"),
        (20, 24),
        ("“media/none.png”", "does not exist"),
    ),
    Bad("empty body", change("Dear gardeners", "''"), (25, 11), ("neither text nor media",)),
    Bad("blank thread", change("- body: Second part", "- body: ' '"), (20, 15), ("neither text",)),
    Bad(
        "second of a thread",
        change("- body: Second part", "- body: Second part\n      - body: ''"),
        (21, 15),
        ("neither text",),
    ),
    Bad("no body", change("    body: Dear gardeners\n", ""), (21, 5), ("neither text nor media",)),
    Bad(
        "no profile", change("    profiles: [sandbox-wire]\n", ""), (21, 5), ("goes to no profile",)
    ),
    Bad("gap", change("2026-12-01T09:00", "2026-03-08T02:30"), (6, 7), ("does not exist in",)),
    Bad("fold", change("2026-12-01T09:00", "2026-11-01T01:30"), (6, 7), ("happens twice",)),
    Bad("no such day", change("2026-12-01T09:00", "2026-02-30T09:00"), (6, 7), ("calendar",)),
    Bad("offset", change("2026-12-01T09:00", "2026-12-01T09:00Z"), (6, 7), ("offset",)),
    Bad("only a date", change("2026-12-01T09:00", "2026-12-01"), (6, 7), ("no date with a time",)),
    Bad("clock only", change("2026-12-01T09:00", "12:30"), (6, 7), ("“12:30”", "2026-12-01T09:00")),
    Bad("no such zone", change("America/New_York", "New York"), (7, 13), ("America/New_York",)),
    Bad("bad offset", change("PT2H", "2 hours"), (22, 12), ("“2 hours”", "PT2H")),
    Bad(
        "at and after",
        change("after: PT2H", "after: PT2H\n    at: 2026-12-01T12:00"),
        (22, 5),
        ("not both",),
    ),
    Bad("own gap", change("after: PT2H", "at: 2026-03-08T02:30"), (22, 9), ("does not exist in",)),
    Bad(
        "own zone",
        change("after: PT2H", "at: 2026-12-01T09:00\n    timezone: Mars"),
        (23, 15),
        ("“Mars”",),
    ),
    Bad("zone alone", change("after: PT2H", "timezone: UTC"), (22, 5), ("nothing without `at`",)),
    Bad(
        "own time, no schedule",
        "title: x\ntasks:\n  - id: a\n    body: b\n    at: 2026-12-01T09:00\n",
        (5, 5),
        ("no schedule", "Add `schedule`"),
    ),
    Bad(
        "after the end",
        change("2026-12-01T09:00", "9999-12-31T09:00").replace("PT2H", "P900D"),
        (22, 12),
        ("outside the calendar",),
    ),
]

ALL = [*TEXTS, *SHAPES, *RULES]

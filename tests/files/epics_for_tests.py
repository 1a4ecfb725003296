"""A good epic to vary, and short ways to read one."""

from collections.abc import Mapping

from publisher.domain.epic import Epic
from publisher.domain.errors import ContentError
from publisher.domain.problems import Problem
from publisher.files.epic_file import EpicFolder, read_epic

GOOD = """\
title: Spring launch
brief: |
  Why we do this.
owner: ana
schedule:
  at: 2026-12-01T09:00
  timezone: America/New_York
tasks:
  - id: teaser
    profiles: [sandbox-social, sandbox-feed]
    body: Spring is here.
    media:
      - file: media/hero.jpg
        alt: A red tulip
    overrides:
      sandbox-feed: {body: "Spring is here, and so are we."}
    params:
      sandbox: {format: post}
    thread:
      - body: Second part
  - id: newsletter
    after: PT2H
    profiles: [sandbox-wire]
    subject: Spring is here
    body: Dear gardeners
"""
FILES = {"epic.yaml": "file", "media/hero.jpg": "file", "media/lens": "link"}
PATH = "content/epics/2026/spring-launch"


def folder_of(
    text: str | bytes, path: str = PATH, files: Mapping[str, str] | None = None
) -> EpicFolder:
    data = text.encode() if isinstance(text, str) else text
    return EpicFolder(path, data, FILES if files is None else files)


def read(text: str | bytes, path: str = PATH) -> Epic:
    return read_epic(folder_of(text, path))


def problems_of(text: str | bytes, path: str = PATH) -> tuple[Problem, ...]:
    """Return the problems; an epic that is read has none."""
    try:
        read(text, path)
    except ContentError as error:
        return error.problems
    return ()


def change(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, f"{old!r} must stand once in the good epic"
    return GOOD.replace(old, new)

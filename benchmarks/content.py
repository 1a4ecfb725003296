"""Content repositories of any size, made by `git fast-import` in a moment."""

import subprocess
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import IO

from publisher.files.starter import starter_files

REPOSITORY = "bench"
PER_FOLDER = 1000
PROFILES = ("social", "feed", "news")
_WHO = "Ana Anders <ana@example.com> 1700000000 +0000"

File = tuple[str, bytes]


def make_forge(
    forge: Path,
    epics: Iterable[File],
    sandbox: str,
    ledger: Iterable[File] = (),
    approvals: int = 0,
) -> None:
    """A bare repository: the starter's settings, three sandbox accounts and these epics.

    `ledger` are the entries of those that are out already.
    """
    run_git("init", "--quiet", "--bare", "--initial-branch=main", str(forge))
    command = ["git", "-C", str(forge), "fast-import", "--quiet", "--done"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        if process.stdin is None:
            raise RuntimeError("git fast-import takes no input")
        with process.stdin as out:
            _write(out, "main", chain(_desk(sandbox, approvals), epics))
            if ledger:
                _write(out, "copydesk/ledger", ledger)
            out.write(b"done\n")
    if process.returncode:
        raise RuntimeError("git fast-import failed")


def epic_file(number: int, due: datetime, profiles: Iterable[str]) -> File:
    """One epic with one task; nobody else says the same, so nothing is held."""
    name = f"campaign-{number:06d}"
    folder = f"content/epics/{due.year}/{number // PER_FOLDER:03d}/{name}"
    text = f"""\
title: Campaign {number}
brief: |
  What campaign {number} is for, for whom, and what good looks like. The launch is one
  of many this year; the text below was read by two people before it was merged.
owner: ana
schedule:
  at: {due:%Y-%m-%dT%H:%M:%S}
  timezone: UTC
tasks:
  - id: teaser
    profiles: [{", ".join(profiles)}]
    body: |
      Campaign {number} is here. From today on you find it in every shop, and what is new
      about it in the first of three posts.
"""
    return f"{folder}/epic.yaml", text.encode()


def run_git(*args: str) -> str:
    """Run git and return what it printed."""
    done = subprocess.run(["git", *args], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _desk(sandbox: str, approvals: int) -> Iterator[File]:
    for path, data in starter_files(REPOSITORY):
        if path == "content/profiles.yaml":
            yield path, _profiles(sandbox).encode()
        elif path == "content/copydesk.yaml":
            yield path, data.replace(b"required: 1", b"required: %d" % approvals)
        elif not path.startswith("content/epics/"):
            yield path, data


def _profiles(sandbox: str) -> str:
    entries = (
        f"  - id: {name}\n    platform: sandbox\n    account: {name}\n    name: {name}\n"
        f"    options: {{server: {sandbox}, plays: idempotent}}\n"
        for name in PROFILES
    )
    return "profiles:\n" + "".join(entries)


def _write(out: IO[bytes], branch: str, files: Iterable[File]) -> None:
    message = b"Begin"
    head = f"commit refs/heads/{branch}\ncommitter {_WHO}\ndata {len(message)}\n"
    out.write(head.encode() + message + b"\n")
    for path, data in files:
        out.write(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")

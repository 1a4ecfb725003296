"""People: a clone of their own, an editor, and git as everybody uses it."""

import os
import shutil
import subprocess
from pathlib import Path

IDENTITY = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ana Silva",
    "GIT_AUTHOR_EMAIL": "ana@example.com",
    "GIT_COMMITTER_NAME": "Ana Silva",
    "GIT_COMMITTER_EMAIL": "ana@example.com",
}


def git(folder: Path, *args: str, data: bytes | None = None) -> str:
    """Run git in a folder as Ana; what it prints, without the line ends after it."""
    return raw_git(folder, *args, data=data).decode(errors="replace").rstrip("\n")


def raw_git(folder: Path, *args: str, data: bytes | None = None) -> bytes:
    """The same, byte for byte."""
    ended = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *args],
        cwd=folder,
        input=data,
        env={"PATH": os.environ["PATH"], **IDENTITY},
        capture_output=True,
        check=False,
    )
    if ended.returncode:
        raise AssertionError(f"git {' '.join(args)}: {ended.stdout!r} {ended.stderr!r}")
    return ended.stdout


class People:
    """One person's clone of the remote."""

    def __init__(self, remote: Path, folder: Path) -> None:
        self.folder = folder
        git(remote.parent, "clone", "--quiet", "--template=", str(remote), str(folder))

    def git(self, *args: str) -> str:
        return git(self.folder, *args)

    def path(self, name: str) -> Path:
        return self.folder / name

    def write(self, name: str, data: str | bytes) -> None:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)

    def read(self, name: str) -> str:
        return self.path(name).read_text()

    def change(self, name: str, old: str, new: str) -> None:
        text = self.read(name)
        assert old in text, f"{old!r} is not in {name}"
        self.write(name, text.replace(old, new))

    def remove(self, name: str) -> None:
        path = self.path(name)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()

    def move(self, old: str, new: str) -> None:
        self.path(new).parent.mkdir(parents=True, exist_ok=True)
        self.path(old).rename(self.path(new))

    def copy(self, old: str, new: str) -> None:
        shutil.copytree(self.path(old), self.path(new))

    def pull(self) -> None:
        self.git("pull", "--quiet", "--rebase", "origin", "main")

    def commit(self, message: str = "Edit") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def push(self, message: str = "Edit") -> str:
        """Commit everything and push it, rebased as often as somebody else was faster."""
        self.commit(message)
        for _try in range(20):
            try:
                self.git("push", "--quiet", "origin", "HEAD:main")
            except AssertionError:
                self.pull()
            else:
                return self.git("rev-parse", "HEAD")
        raise AssertionError("could not push in 20 tries")

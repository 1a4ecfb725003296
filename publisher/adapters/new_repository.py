"""Making a content repository: the starter's files and a first commit."""

from pathlib import Path

import git

from publisher.domain.errors import Refused
from publisher.files.starter import starter_files


def make_repository(folder: Path, repository: str) -> int:
    """Write the starter and commit it on main; return how many files. Never overwrites."""
    if (folder / "content").exists():
        raise Refused(f"{folder} already has a content folder: nothing was changed.")
    files = dict(starter_files(repository))
    taken = [path for path in files if (folder / path).exists()]
    if taken:
        raise Refused(f"{folder}/{taken[0]} is there already: nothing was changed.")
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    fresh = not (folder / ".git").exists()
    with git.Repo.init(folder, initial_branch="main") if fresh else git.Repo(folder) as repo:
        repo.git.add("--", *files)
        who = (
            []
            if _known(repo)
            else ["-c", "user.name=Copydesk", "-c", "user.email=bot@copydesk.invalid"]
        )
        repo.git.execute(["git", *who, "commit", "--quiet", "-m", "Begin with Copydesk's starter"])
    return len(files)


def _known(repo: git.Repo) -> bool:
    """Whether git knows the person's name."""
    try:
        return bool(repo.git.config("user.name") and repo.git.config("user.email"))
    except git.GitCommandError:
        return False

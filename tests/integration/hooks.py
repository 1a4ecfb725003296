"""Git hooks on the remote: a forge that says no, dies, or is slow."""

from pathlib import Path

from tests.integration.people import git

BOTS_ALONE = 'git log -1 --format=%ae "$new" | grep -q ^bot@copydesk'


def hook(remote: Path, name: str, script: str) -> Path:
    """Install a hook; `$COUNT` in the script is a file to count in, which is returned."""
    folder = remote / "test-hooks"
    folder.mkdir(exist_ok=True)
    count = remote / f"{name}.count"
    path = folder / name
    path.write_text(f"#!/bin/sh\nCOUNT='{count}'\n{script}\n")
    path.chmod(0o755)
    git(remote, "config", "core.hooksPath", str(folder))
    return count


def no_more_hooks(remote: Path) -> None:
    for path in (remote / "test-hooks").iterdir():
        path.unlink()


def counted(count: Path) -> int:
    return len(count.read_text().splitlines()) if count.exists() else 0


def refuse_main(remote: Path) -> Path:
    """What a protected branch does: everybody may push elsewhere, the bot not to main."""
    return hook(
        remote,
        "update",
        'ref="$1"; new="$3"\n[ "$ref" = refs/heads/main ] || exit 0\n'
        f'{BOTS_ALONE} || exit 0\necho no >> "$COUNT"\necho "main is protected" >&2\nexit 1',
    )


def refuse_main_before_anything(remote: Path) -> Path:
    """The same as a pre-receive hook, which refuses the whole push."""
    return hook(
        remote,
        "pre-receive",
        'while read old new ref; do\n[ "$ref" = refs/heads/main ] || continue\n'
        f'{BOTS_ALONE} || continue\necho no >> "$COUNT"\nexit 1\ndone\nexit 0',
    )


def refuse_everything(remote: Path) -> Path:
    return hook(remote, "pre-receive", 'echo no >> "$COUNT"\necho "closed for today" >&2\nexit 1')


def die_after_update(remote: Path) -> Path:
    """The connection ends once the branches have moved, before the answer; once."""
    return hook(
        remote,
        "reference-transaction",
        'cat > /dev/null\n[ "$1" = committed ] || exit 0\n[ -e "$COUNT" ] && exit 0\n'
        'echo died >> "$COUNT"\nkill -9 $PPID',
    )


def die_before_update(remote: Path) -> Path:
    """The connection ends before anything has moved; once."""
    return hook(
        remote,
        "pre-receive",
        '[ -e "$COUNT" ] && exit 0\necho died >> "$COUNT"\nkill -9 $PPID',
    )


def slow_once(remote: Path, seconds: float) -> Path:
    return hook(
        remote,
        "pre-receive",
        f'[ -e "$COUNT" ] && exit 0\necho slow >> "$COUNT"\nsleep {seconds}',
    )

"""Where schemas and examples live, and the files that `copydesk init` writes."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_REPOSITORY = Path(__file__).resolve().parent / "repository"
_ID_LINE = re.compile(r"^id:.*$", re.MULTILINE)


@cache
def home() -> Path:
    """Return the folder that holds `content/` and `schemas/`: in a wheel, or in a checkout."""
    packed = _PACKAGE / "starter"
    return packed if packed.is_dir() else _PACKAGE.parent


def schema_line(folder: str, name: str) -> str:
    """Return the comment by which editors find the schema from a file in `folder`."""
    up = "../" * len([step for step in folder.split("/") if step])
    return f"# yaml-language-server: $schema={up}schemas/{name}.schema.json"


def starter_files(repository_id: str) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of every file of a new content repository, in order of the paths."""
    found = {
        file.relative_to(root).as_posix(): file
        for root in (_REPOSITORY, home())
        for folder in ([root] if root == _REPOSITORY else [root / "content", root / "schemas"])
        for file in folder.rglob("*")
        if file.is_file() and file.name != ".DS_Store"
    }
    for path, file in sorted(found.items()):
        data = file.read_bytes()
        if path == "content/copydesk.yaml":
            text = _ID_LINE.sub(lambda _: f"id: {repository_id}", data.decode(), count=1)
            data = text.encode()
        yield path, data

"""What `copydesk init` writes is complete, safe and right."""

import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import yaml

from publisher.files.folder import check_folder
from publisher.files.starter import home, starter_files
from publisher.files.yaml_text import read_yaml

ROOT = Path(__file__).parents[2]


def written(tmp_path: Path, repository_id: str = "my-shop") -> dict[str, bytes]:
    files = dict(starter_files(repository_id))
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    return files


def test_a_new_repository_is_right_and_has_its_id(tmp_path: Path) -> None:
    files = written(tmp_path)
    checked = check_folder(tmp_path)
    assert checked.problems == ()
    assert checked.desk is not None
    assert checked.desk.settings.id == "my-shop"
    assert "welcome" in [epic.id for epic in checked.epics]
    assert list(files) == sorted(files)
    assert {
        "README.md", ".gitattributes", ".vscode/settings.json", ".vscode/extensions.json",
        ".github/workflows/copydesk-validate.yml", "content/copydesk.yaml", "content/people.yaml",
        "content/profiles.yaml", "content/epics/2026/welcome/epic.yaml",
        "content/epics/2026/welcome/media/hello.png", "schemas/epic.schema.json",
    } <= set(files)  # fmt: skip


def test_only_the_id_line_differs(tmp_path: Path) -> None:
    one, two = dict(starter_files("one")), dict(starter_files("two"))
    assert [path for path in one if one[path] != two[path]] == ["content/copydesk.yaml"]
    assert (
        one["content/copydesk.yaml"].replace(b"id: one", b"id: two", 1)
        == two["content/copydesk.yaml"]
    )


def test_every_file_names_a_schema_that_is_there(tmp_path: Path) -> None:
    files = written(tmp_path)
    for path, data in files.items():
        if path.startswith("content/") and path.endswith("/epic.yaml"):
            found = re.match(rb"# yaml-language-server: \$schema=(\S+)\n", data)
            assert found, path
            assert ((tmp_path / path).parent / found[1].decode()).resolve().is_file(), path


def test_editors_know_every_schema(tmp_path: Path) -> None:
    files = written(tmp_path)
    mapping = read_yaml(files[".vscode/settings.json"], "p").value["yaml.schemas"]
    for schema, glob in mapping.items():
        assert schema.removeprefix("./") in files
        by_machine = glob.endswith(("/status.yaml", "/approvals.yaml"))
        assert list(tmp_path.glob(glob)) or by_machine, glob
    for name in ("settings.json", "extensions.json"):
        assert (ROOT / ".vscode" / name).read_bytes() == files[f".vscode/{name}"]


def test_the_workflow_may_only_read_and_pins_what_it_uses() -> None:
    workflow = yaml.safe_load(dict(starter_files("x"))[".github/workflows/copydesk-validate.yml"])
    assert workflow["permissions"] == {}
    assert list(workflow[True]) == ["pull_request"]
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "read"}
    uses = [step["uses"] for step in job["steps"] if "uses" in step]
    assert len(uses) == 2
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", use) for use in uses)
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs[-1] == 'copydesk validate --format github --base "origin/$GITHUB_BASE_REF"'
    assert "secrets" not in str(workflow)


def test_the_picture_is_a_picture() -> None:
    data = (ROOT / "content/epics/2026/welcome/media/hello.png").read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    start = data.index(b"IDAT") + 4
    pixels = zlib.decompress(
        data[start : start + int.from_bytes(data[start - 8 : start - 4], "big")]
    )
    assert len(pixels) == height * (1 + 3 * width)
    assert 3_000 < len(data) < 25_000


def test_an_installed_package_brings_its_own(tmp_path: Path) -> None:
    """As in a wheel: `publisher/starter` beside the code, and no repository around it."""
    shutil.copytree(ROOT / "publisher/files", tmp_path / "publisher/files")
    shutil.copytree(ROOT / "publisher/domain", tmp_path / "publisher/domain")
    shutil.copy(ROOT / "publisher/__init__.py", tmp_path / "publisher/__init__.py")
    for name in ("content", "schemas"):
        shutil.copytree(ROOT / name, tmp_path / "publisher/starter" / name)
    code = (
        "from publisher.files.starter import home, starter_files;"
        "from publisher.files.desk_files import read_settings;"
        "print(home());"
        "print(read_settings(dict(starter_files('shop'))['content/copydesk.yaml'], 's').id)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert run.stdout.split() == [str((tmp_path / "publisher/starter").resolve()), "shop"]
    assert home() == ROOT

"""Hostile and broken files of every kind: never a traceback, never a hang, never much memory."""

import subprocess
import sys
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.adapters.content_files import DiskFiles
from publisher.entrypoints.reports.github import annotations, step_summary
from publisher.entrypoints.reports.sarif import sarif_report
from publisher.entrypoints.reports.text import text_report
from publisher.files.folder import check_folder
from publisher.usecases.pr_comment import pr_comment
from publisher.usecases.previewing import preview_of
from publisher.usecases.validation import Circumstances, validate
from tests.files.bad_epics import ALL, Bad
from tests.validation.folders import EPIC, NOW, Folder

ROOT = Path(__file__).parents[2]
SLOWEST = 10.0
PIECES = [
    EPIC,
    "tasks:\n",
    "  - id: a\n",
    "    profiles: [x-acme, insta, toot]\n",
    "    body: ",
    "😷" * 200,
    "# copydesk: allow CD601 because x\n",
    "# copydesk: allow\n",
    "    media: [{file: media/hero.jpg}]\n",
    "    params: {x: {tags: [a, b]}}\n",
    "    thread: [{body: a}, {body: ''}]\n",
    "    after: PT1H\n",
    "https://example.org/" + "a" * 300,
    "#tag @name $ACME ",
    "\t",
    "'",
    '"',
    "|\n",
    "&a *a",
    "\u202e",
    "    overrides: {x-acme: {body: b}}\n",
    "null",
    "schedule: {at: 2026-12-24T09:00, timezone: UTC}\n",
]


def everything(folder: Folder) -> None:
    """Do all that the commands do with what stands in the folder."""
    checked, files = check_folder(folder.root), DiskFiles(folder.root)
    problems = validate(checked, files, Circumstances(now=NOW, fresh=frozenset(checked.folders)))
    list(text_report(problems, lambda _path: ["x"]))
    list(annotations(problems))
    step_summary(1, problems)
    sarif_report(problems)
    for epic in checked.epics if checked.desk else ():
        pr_comment(preview_of(epic, checked.desk, files, problems))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("fuzz") / "r")


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.name)
def test_the_corpus_ends_in_problems_and_in_time(folder: Folder, bad: Bad) -> None:
    text = bad.text if isinstance(bad.text, bytes) else bad.text.encode("utf-8", "surrogatepass")
    folder.write("content/epics/2026/spring/epic.yaml", text)
    begun = perf_counter()
    everything(folder)
    assert perf_counter() - begun < SLOWEST
    assert check_folder(folder.root).problems


@settings(deadline=SLOWEST * 1000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.one_of(
        st.lists(st.sampled_from(PIECES), max_size=9).map("".join).map(str.encode),
        st.binary(max_size=200).map(lambda noise: EPIC.encode()[:150] + noise),
        st.text(max_size=200)
        .map(lambda body: EPIC.replace("Spring is here.", repr(body)))
        .map(lambda whole: whole.encode("utf-8", "surrogatepass")),
    ),
    media=st.binary(max_size=300),
    status=st.binary(max_size=100),
)
def test_nothing_that_people_write_ends_in_a_traceback(
    folder: Folder, text: bytes, media: bytes, status: bytes
) -> None:
    base = "content/epics/2026/spring"
    folder.write(f"{base}/epic.yaml", text)
    folder.write(f"{base}/media/hero.jpg", media)
    folder.write(f"{base}/status.yaml", status)
    everything(folder)


@settings(deadline=None, max_examples=60)
@given(
    name=st.sampled_from(["copydesk", "people", "profiles"]),
    noise=st.text(st.sampled_from("a:{}[]- \n'\"#|&*!x1,"), max_size=60),
)
def test_no_settings_end_in_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, name: str, noise: str
) -> None:
    folder = Folder(tmp_path_factory.mktemp("desk") / "r")
    folder.epic()
    file = folder.root / f"content/{name}.yaml"
    file.write_text(file.read_text() + noise)
    everything(folder)


MEASURED = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "publisher", "validate", sys.argv[1]], capture_output=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_the_largest_texts_stay_below_500_mb(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "r")
    folder.epic(EPIC.replace("Spring is here.", '"' + "a.b😷 #x @y " * 50_000 + '"'))
    begun = perf_counter()
    everything(folder)
    assert perf_counter() - begun < SLOWEST
    command = [sys.executable, "-c", MEASURED, str(folder.root)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert 10_000 < int(told.stdout) < 500_000

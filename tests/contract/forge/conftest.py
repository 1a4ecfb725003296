"""Each test of the contract gets a fresh repository on each forge."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.forge.local import LocalStage
from tests.contract.forge.stage import Stage

STAGES = ["local", "local, in a work tree"]


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    stage = LocalStage(tmp_path, work_tree="work tree" in request.param)
    yield stage
    stage.close()

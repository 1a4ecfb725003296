"""Installing a peer the first time that a test asks for it.

A peer that cannot be installed skips its tests with the reason; where COPYDESK_PEERS_REQUIRED is
set, as in CI, it fails them.
"""

import os
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

INSTALLING = 1800


def missing(reason: str) -> NoReturn:
    """Skip on somebody's machine; fail where every peer is required, as in CI."""
    if os.environ.get("COPYDESK_PEERS_REQUIRED"):
        pytest.fail(reason)
    pytest.skip(reason)


def installed(script: Path, name: str) -> Path:
    """The folder of a peer, after `script` has installed what is missing."""
    try:
        done = subprocess.run(
            [script, name], capture_output=True, text=True, timeout=INSTALLING, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        why = getattr(error, "stderr", None) or str(error)
        missing(f"{name} cannot be installed here: {str(why)[-500:]}")
    return Path(done.stdout.strip().rpartition("\n")[2])

"""Each test of the contract gets a fresh repository on each forge."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.contract.forge.local import LocalStage
from tests.contract.forge.on_github import GitHubStage
from tests.contract.forge.stage import Stage

STAGES = ["local", "local, in a work tree", "github"]


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    stage: Stage
    if request.param == "github":
        stage = GitHubStage(tmp_path)
    else:
        stage = LocalStage(tmp_path, work_tree="work tree" in request.param)
    yield stage
    stage.close()


@pytest.fixture(scope="session")
def rsa_keys() -> tuple[str, str]:
    """A private key as GitHub hands it out, and its public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()

"""Kept media: whole or absent, the very bytes or none; the folder and S3 alike."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from publisher.adapters.media_s3 import S3Store, s3_store
from publisher.adapters.media_store import FolderStore
from publisher.domain.errors import ConfigError, Unavailable
from publisher.ports import MediaStore

DATA = b"the approved bytes" * 1000
SHA = hashlib.sha256(DATA).hexdigest()
BUCKET, URL = "acme-media", "s3://acme-media/copydesk"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


def folder(tmp_path: Path, _s3: Any) -> MediaStore:
    return FolderStore(tmp_path / "media")


def bucket(tmp_path: Path, _s3: Any) -> MediaStore:
    return s3_store(URL, FolderStore(tmp_path / "near"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "download").write_bytes(DATA)
    return tmp_path / "download"


@pytest.mark.parametrize("make", [folder, bucket])
def test_what_is_kept_is_there_and_nothing_else(
    make: Callable[[Path, Any], MediaStore], tmp_path: Path, s3: Any, file: Path
) -> None:
    store = make(tmp_path, s3)
    assert store.local(SHA) is None
    store.keep(SHA, file)
    store.keep(SHA, file)

    found = store.local(SHA)
    assert found is not None
    assert found.read_bytes() == DATA
    assert store.local("0" * 64) is None


def test_a_kept_file_that_was_changed_is_no_longer_there(tmp_path: Path, file: Path) -> None:
    FolderStore(tmp_path / "media").keep(SHA, file)
    (kept,) = (each for each in (tmp_path / "media").rglob(SHA))
    kept.write_bytes(b"other bytes")

    assert FolderStore(tmp_path / "media").local(SHA) is None
    assert not kept.exists()


def test_another_machine_gets_it_from_the_bucket_and_keeps_a_copy(
    tmp_path: Path, s3: Any, file: Path
) -> None:
    s3_store(URL, FolderStore(tmp_path / "one")).keep(SHA, file)
    other = s3_store(URL, FolderStore(tmp_path / "two"))

    found = other.local(SHA)
    assert found is not None
    assert found.read_bytes() == DATA
    s3.delete_object(Bucket=BUCKET, Key=f"copydesk/{SHA[:2]}/{SHA}")
    assert other.local(SHA) == found


def test_bytes_in_the_bucket_that_are_not_those_are_none(
    tmp_path: Path, s3: Any, file: Path
) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"copydesk/{SHA[:2]}/{SHA}", Body=b"other bytes")

    assert s3_store(URL, FolderStore(tmp_path / "near")).local(SHA) is None
    assert list((tmp_path / "near" / "tmp").iterdir()) == []


def test_a_bucket_that_does_not_exist_is_said_to_be_unavailable(
    tmp_path: Path, s3: Any, file: Path
) -> None:
    store = s3_store("s3://nobody-has-this", FolderStore(tmp_path / "near"))

    with pytest.raises(Unavailable, match="s3://nobody-has-this"):
        store.keep(SHA, file)


def test_a_bucket_that_does_not_answer_is_said_to_be_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    client = boto3.client(
        "s3",
        endpoint_url="http://127.0.0.1:9",
        region_name="us-east-1",
        config=boto3.session.Config(retries={"max_attempts": 0}, connect_timeout=1),
    )
    store = S3Store(client, BUCKET, "", FolderStore(tmp_path / "near"))

    with pytest.raises(Unavailable, match="does not work"):
        store.local(SHA)


def test_an_address_without_a_bucket_is_no_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="BUCKET"):
        s3_store("s3:///folder", FolderStore(tmp_path))

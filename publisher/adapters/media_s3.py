"""Where fetched media are kept: any S3, with a folder of this machine in front of it."""

from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from publisher.adapters.media_store import FolderStore, hash_of
from publisher.domain.errors import ConfigError, Unavailable

_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})


class S3Store:
    """The MediaStore port. `near` holds copies; the bucket is the truth that machines share."""

    def __init__(self, client: Any, bucket: str, prefix: str, near: FolderStore) -> None:  # noqa: ANN401 - boto3 has no types
        self._client, self._bucket, self._prefix = client, bucket, prefix
        self._near = near
        errors = import_module("botocore.exceptions")
        self._refusal = errors.ClientError
        self._silence = (errors.BotoCoreError, import_module("boto3.exceptions").Boto3Error)

    def keep(self, sha256: str, file: Path) -> None:
        try:
            if not self._there(sha256):
                self._client.upload_file(str(file), self._bucket, self._key(sha256))
        except (self._refusal, *self._silence) as error:
            raise _unavailable(self._bucket, error) from error
        self._near.keep(sha256, file)

    def local(self, sha256: str) -> Path | None:
        found = self._near.local(sha256)
        if found is not None:
            return found
        with self._near.temporary() as copy:
            try:
                self._client.download_file(self._bucket, self._key(sha256), str(copy))
            except self._refusal as error:
                if error.response["Error"]["Code"] in _MISSING:
                    return None
                raise _unavailable(self._bucket, error) from error
            except self._silence as error:
                raise _unavailable(self._bucket, error) from error
            if hash_of(copy) != sha256:
                return None
            self._near.keep(sha256, copy)
        return self._near.local(sha256)

    def _there(self, sha256: str) -> bool:
        try:
            self._client.head_object(Bucket=self._bucket, Key=self._key(sha256))
        except self._refusal as error:
            if error.response["Error"]["Code"] in _MISSING:
                return False
            raise
        return True

    def _key(self, sha256: str) -> str:
        return f"{self._prefix}{sha256[:2]}/{sha256}"


def s3_store(url: str, near: FolderStore, endpoint: str = "") -> S3Store:
    """Open `s3://bucket/prefix`; keys come from where boto3 looks for them. Raises ConfigError."""
    parts = urlsplit(url)
    try:
        boto3 = import_module("boto3")
    except ModuleNotFoundError:
        raise ConfigError(
            f"COPYDESK_MEDIA is {url}, and boto3 is not installed: pip install 'copydesk[s3]'."
        ) from None
    if not parts.netloc:
        raise ConfigError(
            f"COPYDESK_MEDIA is “{url}”; it must be s3://BUCKET or s3://BUCKET/FOLDER."
        )
    config = import_module("botocore.config").Config(
        connect_timeout=5, read_timeout=30, retries={"max_attempts": 3, "mode": "standard"}
    )
    client = boto3.client("s3", endpoint_url=endpoint or None, config=config)
    prefix = parts.path.strip("/")
    return S3Store(client, parts.netloc, f"{prefix}/" if prefix else "", near)


def _unavailable(bucket: str, error: Exception) -> Unavailable:
    return Unavailable(f"The media store s3://{bucket} does not work: {str(error)[:200]}")

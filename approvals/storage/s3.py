"""A bucket of S3, or of a server that speaks like it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import Any, cast

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage as LibraryStorage
from storages.utils import clean_name
from urllib3.exceptions import HTTPError

from approvals.storage.base import CONNECT_SECONDS, PIECE, READ_SECONDS, StorageDown, only_read
from approvals.storage.ranged import RangedFile
from collavo.media_storage import S3

log = logging.getLogger(__name__)

_GONE = frozenset({"404", "NoSuchKey", "NotFound"})


class S3Storage(LibraryStorage):  # type: ignore[misc]
    """A bucket of S3, or of a server that speaks like it."""

    key, label = S3, "S3"

    def get_default_settings(self) -> dict[str, Any]:
        """Ours alone: nothing else in the environment or the settings decides where files go."""
        plain = {"use_threads": None, "transfer_config": TransferConfig(multipart_chunksize=PIECE, use_threads=False)}
        return {**super().get_default_settings(), **plain, "querystring_auth": True, "default_acl": None}

    def __init__(self, **options: Any) -> None:
        own = options.get("endpoint_url")
        client = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if own else "virtual"},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": 3},
            # Checksums that only S3 itself is sure to know are not forced upon servers that speak like it.
            request_checksum_calculation="when_required" if own else "when_supported",
            response_checksum_validation="when_required" if own else "when_supported",
        )
        super().__init__(client_config=client, **options)

    def _open(self, name: str, mode: str = "rb") -> RangedFile:
        only_read(mode)
        key = self._key(name)
        with _s3_errors(name):
            found = self._client.head_object(Bucket=self.bucket_name, Key=key)
        tag = found["ETag"]

        def fetch(first: int, last: int) -> bytes:
            with _s3_errors(name):
                reply = self._client.get_object(
                    Bucket=self.bucket_name, Key=key, Range=f"bytes={first}-{last}", IfMatch=tag
                )
                return cast(bytes, reply["Body"].read())

        return RangedFile(name, found["ContentLength"], fetch)

    def _save(self, name: str, content: File[bytes]) -> str:
        with _s3_errors(name):
            return cast(str, super()._save(name, content))

    def delete(self, name: str) -> None:
        with _s3_errors(name):
            super().delete(name)

    def exists(self, name: str) -> bool:
        with _s3_errors(name):
            return cast(bool, super().exists(name))

    def size(self, name: str) -> int:
        with _s3_errors(name):
            return cast(int, super().size(name))

    def stamp(self, name: str) -> str:
        with _s3_errors(name):
            found = self._client.head_object(Bucket=self.bucket_name, Key=self._key(name))
        return f"{found['ContentLength']}-{found['ETag']}-{found.get('VersionId', '')}"

    def address(self, name: str, *, life: timedelta, mime_type: str, label: str) -> str:
        wanted = {
            "Bucket": self.bucket_name, "Key": self._key(name), "ResponseContentType": mime_type,
            "ResponseContentDisposition": f'inline; filename="{label}"',
        }  # fmt: skip
        seconds = int(life.total_seconds())
        with _s3_errors(name):
            return cast(str, self._client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=seconds))

    @cached_property
    def beginning(self) -> str:
        """Found out without a signature: pages say it where no credentials are at hand, too."""
        wanted = {"Bucket": self.bucket_name, "Key": self._key("x")}
        client = self.unsigned_connection.meta.client
        return cast(str, client.generate_presigned_url("get_object", Params=wanted)).removesuffix("x")

    def url(self, name: str | None, *_: Any, **__: Any) -> str:
        raise NotImplementedError("Media have no lasting address; see approvals.serving.")

    def _key(self, name: str) -> str:
        return cast(str, self._normalize_name(clean_name(name)))

    @property
    def _client(self) -> Any:
        """This thread's."""
        return self.connection.meta.client


@contextmanager
def _s3_errors(name: str) -> Iterator[None]:
    try:
        yield
    except ClientError as e:
        code = str(e.response.get("Error", {}).get("Code", ""))
        if code in _GONE:
            raise FileNotFoundError(f"There is no {name} in the bucket.") from e
        log.error("S3 refused %s: %s", name, e)
        raise StorageDown from e
    except (BotoCoreError, Boto3Error, HTTPError) as e:
        log.error("S3 cannot be reached for %s: %s", name, e)
        raise StorageDown from e

"""A bucket of Google Cloud Storage."""

from __future__ import annotations

import logging
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cached_property
from typing import Any, cast
from urllib.parse import quote

import requests
from django.core.files.base import File
from google.api_core.exceptions import GoogleAPIError, NotFound
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage as google
from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
from google.cloud.storage.retry import DEFAULT_RETRY
from google.oauth2 import service_account
from storages.backends.gcloud import GoogleCloudStorage
from storages.utils import clean_name

from approvals.storage.base import CONNECT_SECONDS, PIECE, READ_SECONDS, StorageDown, only_read
from approvals.storage.ranged import RangedFile
from collavo.media_storage import GCS

OFFICIAL = "https://storage.googleapis.com"
TIMEOUT = (CONNECT_SECONDS, READ_SECONDS)
log = logging.getLogger(__name__)

RETRY = DEFAULT_RETRY.with_timeout(30.0)  # seconds: the library's own two minutes would hold a request that long


class GcsStorage(GoogleCloudStorage):  # type: ignore[misc]
    """A bucket of Google Cloud Storage."""

    key, label = GCS, "Google Cloud Storage"
    endpoint = key_file = ""

    def get_default_settings(self) -> dict[str, Any]:
        """Ours alone, as above."""
        plain = {"querystring_auth": True, "default_acl": None, "file_overwrite": True, "blob_chunk_size": PIECE}
        return {**super().get_default_settings(), **plain, "endpoint": "", "key_file": ""}

    @cached_property
    def client(self) -> google.Client:
        """Without a key: the machine's own identity. At an endpoint of its own, such as an emulator, nobody's."""
        if self.endpoint:
            nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]
            return google.Client("collavo", credentials=nobody, client_options={"api_endpoint": self.endpoint})
        return google.Client(project=self._key.project_id, credentials=self._key) if self._key else google.Client()

    @cached_property
    def _key(self) -> service_account.Credentials | None:
        """Opens the bucket, and signs addresses."""
        if not self.key_file:
            return None
        scope = "https://www.googleapis.com/auth/devstorage.read_write"
        key: service_account.Credentials = service_account.Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
            self.key_file, scopes=[scope]
        )
        return key

    def _open(self, name: str, mode: str = "rb") -> RangedFile:
        only_read(mode)
        with _google_errors(name):
            blob = self._blob(name)
        generation = blob.generation

        def fetch(first: int, last: int) -> bytes:
            with _google_errors(name):
                # The checksum is the whole object's: a part cannot be checked by it.
                return cast(
                    bytes,
                    blob.download_as_bytes(
                        start=first, end=last, if_generation_match=generation, checksum=None, raw_download=True,
                        timeout=TIMEOUT, retry=RETRY,
                    ),
                )  # fmt: skip

        return RangedFile(name, int(blob.size), fetch)

    def _save(self, name: str, content: File[bytes]) -> str:
        """As the library's, without asking first whether it is there: no two uploads have one name."""
        blob = self.bucket.blob(self._path(name), chunk_size=PIECE)
        mime_type = mimetypes.guess_type(name)[0]
        with _google_errors(name):
            blob.upload_from_file(
                content, rewind=True, size=content.size, content_type=mime_type, timeout=TIMEOUT, retry=RETRY
            )
        return name

    def delete(self, name: str) -> None:
        with suppress(FileNotFoundError), _google_errors(name):
            self.bucket.delete_blob(self._path(name), timeout=TIMEOUT, retry=RETRY)

    def exists(self, name: str) -> bool:
        with _google_errors(name):
            return self.bucket.get_blob(self._path(name), timeout=TIMEOUT, retry=RETRY) is not None

    def size(self, name: str) -> int:
        with _google_errors(name):
            return int(self._blob(name).size)

    def stamp(self, name: str) -> str:
        with _google_errors(name):
            blob = self._blob(name)
        return f"{blob.size}-{blob.generation}"

    def address(self, name: str, *, life: timedelta, mime_type: str, label: str) -> str:
        blob = self.bucket.blob(self._path(name))
        with _google_errors(name):
            return cast(
                str,
                blob.generate_signed_url(
                    version="v4", expiration=life, method="GET", response_type=mime_type,
                    response_disposition=f'inline; filename="{label}"',
                    credentials=self._key, api_access_endpoint=self.endpoint or OFFICIAL,
                ),
            )  # fmt: skip

    @cached_property
    def beginning(self) -> str:
        return f"{self.endpoint or OFFICIAL}/{quote(f'{self.bucket_name}/{self._path("x")}').removesuffix('x')}"

    def url(self, name: str | None, *_: Any, **__: Any) -> str:
        raise NotImplementedError("Media have no lasting address; see approvals.serving.")

    def _blob(self, name: str) -> google.Blob:
        """With its figures. NotFound when there is none."""
        found = self.bucket.get_blob(self._path(name), timeout=TIMEOUT, retry=RETRY)
        if found is None:
            raise NotFound(name)  # type: ignore[no-untyped-call]
        return found

    def _path(self, name: str) -> str:
        return cast(str, self._normalize_name(clean_name(name)))


@contextmanager
def _google_errors(name: str) -> Iterator[None]:
    try:
        yield
    except NotFound as e:
        raise FileNotFoundError(f"There is no {name} in the bucket.") from e
    except (GoogleAPIError, GoogleAuthError, InvalidResponse, DataCorruption, requests.RequestException) as e:
        log.error("GCS cannot be reached or refuses %s: %s", name, e)
        raise StorageDown from e

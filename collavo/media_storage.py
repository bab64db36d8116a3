"""Where uploads are kept, as Django's STORAGES wants it: made from the environment's words and checked at the start.

Nothing here asks the network: what is missing or contradicts itself stops the start with one sentence.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

LOCAL, S3, GCS = "local", "s3", "gcs"
OWN, STORAGE = "collavo", "storage"  # who serves the addresses that platforms fetch media from


@dataclass(frozen=True)
class Bucket:
    """MEDIA_* of the environment; "" means not set."""

    name: str = ""
    prefix: str = ""
    endpoint: str = ""  # of an S3-compatible server, or of an emulator
    region: str = ""
    access_key: str = ""
    secret_key: str = ""
    credentials: str = ""  # path of a Google service account's key


def addresses(kind: str) -> str:
    """Who serves them when nobody has chosen."""
    return OWN if kind == LOCAL else STORAGE


def storage(kind: str, addresses: str, bucket: Bucket) -> dict[str, Any]:
    """The entry of STORAGES. Raises ImproperlyConfigured."""
    if kind not in _MADE:
        raise ImproperlyConfigured(f"MEDIA_STORAGE must be local, s3 or gcs, not {kind!r}.")
    if addresses not in {OWN, STORAGE}:
        raise ImproperlyConfigured(f"MEDIA_ADDRESSES must be collavo or storage, not {addresses!r}.")
    if kind != LOCAL and not bucket.name:
        raise ImproperlyConfigured(f"MEDIA_BUCKET is missing: MEDIA_STORAGE is {kind}. Set the name of the bucket.")
    return _MADE[kind](addresses, bucket)


def _local(addresses: str, bucket: Bucket) -> dict[str, Any]:
    if bucket.name:
        raise ImproperlyConfigured("MEDIA_BUCKET is set, but MEDIA_STORAGE is local. Set MEDIA_STORAGE to s3 or gcs.")
    if addresses != OWN:
        raise ImproperlyConfigured("MEDIA_ADDRESSES is storage, but files on the local disk have no addresses there.")
    return {"BACKEND": "approvals.storage.local.LocalStorage"}


def _s3(addresses: str, bucket: Bucket) -> dict[str, Any]:
    if bool(bucket.access_key) != bool(bucket.secret_key):
        missing = "MEDIA_SECRET_KEY" if bucket.access_key else "MEDIA_ACCESS_KEY"
        raise ImproperlyConfigured(f"{missing} is missing: set both keys, or neither to use the machine's own role.")
    if not bucket.region and not bucket.endpoint:
        raise ImproperlyConfigured("MEDIA_REGION is missing: set the bucket's region, such as eu-central-1.")
    options = {
        "bucket_name": bucket.name,
        "location": bucket.prefix.strip("/"),
        "region_name": bucket.region or "us-east-1",  # what S3-compatible servers without regions expect
        "endpoint_url": bucket.endpoint or None,
        "access_key": bucket.access_key or None,
        "secret_key": bucket.secret_key or None,
    }
    return {"BACKEND": "approvals.storage.s3.S3Storage", "OPTIONS": options}


def _gcs(addresses: str, bucket: Bucket) -> dict[str, Any]:
    if not bucket.credentials and addresses == STORAGE:
        raise ImproperlyConfigured(
            "MEDIA_CREDENTIALS is missing: addresses of a GCS bucket are signed with a service account's key. Set the "
            "path of its JSON file, or MEDIA_ADDRESSES=collavo."
        )
    options = {
        "bucket_name": bucket.name,
        "location": bucket.prefix.strip("/"),
        "endpoint": bucket.endpoint,
        "key_file": _key_file(bucket.credentials) if bucket.credentials else "",
    }
    return {"BACKEND": "approvals.storage.gcs.GcsStorage", "OPTIONS": options}


def _key_file(path: str) -> str:
    try:
        key = json.loads(Path(path).expanduser().read_text())
    except (OSError, ValueError) as e:
        raise ImproperlyConfigured(f"MEDIA_CREDENTIALS cannot be read: {path} must be a JSON file.") from e
    if not isinstance(key, dict) or key.get("type") != "service_account":
        raise ImproperlyConfigured(f"MEDIA_CREDENTIALS is no service account's key: {path}.")
    return str(Path(path).expanduser())


_MADE = {LOCAL: _local, S3: _s3, GCS: _gcs}

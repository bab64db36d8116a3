"""Places to keep media in, for tests: the disk, and S3 and GCS servers on loopback whose bytes are counted."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.files.storage import Storage, default_storage
from gcp_storage_emulator.server import create_server
from moto.server import ThreadedMotoServer
from pytest_django.fixtures import Settings

from collavo import media_storage
from collavo.ids import uuid7
from collavo.media_storage import Bucket

type Servers = dict[str, tuple[Meter | None, Bucket]]

BUCKET = "collavo-media"
PLACES = ("local", "s3", "gcs")


class Meter:
    """Passes connections on to a server, and counts the bytes that it answers."""

    def __init__(self, port: int) -> None:
        self.answered = 0
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                threading.Thread(target=self._pass, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._pass, args=(far, near, True), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, count: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self.answered += len(data) if count else 0
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()


@dataclass
class Place:
    """A storage that the product is set up with."""

    key: str
    meter: Meter | None = None

    @property
    def storage(self) -> Storage:
        return default_storage

    def kept(self, folder: str = "") -> set[str]:
        """The names of all files."""
        try:
            folders, files = self.storage.listdir(folder)
        except FileNotFoundError:
            return set()
        inside = [self.kept(f"{folder}/{name}".lstrip("/")) for name in folders if name]
        return {f"{folder}/{name}".lstrip("/") for name in files}.union(*inside)

    @contextmanager
    def answering_at_most(self, size: int) -> Iterator[None]:
        """The server sends so many bytes while the block runs. Nothing is measured on the disk."""
        before = self.meter.answered if self.meter else 0
        yield
        assert self.meter is None or self.meter.answered - before <= size


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """S3 and GCS on loopback, with one bucket each; they end with the block."""
    with ExitStack() as stack:
        s3 = ThreadedMotoServer("127.0.0.1", 0)
        s3.start()
        stack.callback(s3.stop)
        s3_meter = Meter(s3.get_host_and_port()[1])
        stack.callback(s3_meter.close)
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
        client: Any = boto3.client("s3", endpoint_url=s3_meter.url, **keys)
        client.create_bucket(Bucket=BUCKET)
        port = _free_port()
        gcs = create_server("127.0.0.1", port, in_memory=True, default_bucket=BUCKET)
        gcs.start()
        stack.callback(gcs.stop)
        gcs_meter = Meter(port)
        stack.callback(gcs_meter.close)
        yield {
            "local": (None, Bucket()),
            "s3": (s3_meter, Bucket(BUCKET, endpoint=s3_meter.url, access_key="key", secret_key="secret")),
            "gcs": (gcs_meter, Bucket(BUCKET, endpoint=gcs_meter.url, credentials=str(key_file(folder / "key.json")))),
        }


def set_up(key: str, found: tuple[Meter | None, Bucket], settings: Settings, *, addresses: str = "") -> Place:
    """Make it the place of this test's media, empty."""
    meter, bucket = found
    bucket = Bucket(**{**vars(bucket), "prefix": "" if key == "local" else f"media/{uuid7()}"})
    addresses = addresses or ("collavo" if key == "local" else "storage")
    settings.MEDIA_STORAGE, settings.MEDIA_ADDRESSES = key, addresses
    settings.STORAGES = {**settings.STORAGES, "default": media_storage.storage(key, addresses, bucket)}
    return Place(key, meter)


def key_file(path: Path) -> Path:
    """A service account's key that was made here and opens nothing. Addresses can be signed with it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    content = {
        "type": "service_account", "project_id": "collavo", "client_email": "media@collavo.example", "client_id": "1",
        "private_key_id": "1", "private_key": key.private_bytes(*form).decode(),
        "token_uri": "http://127.0.0.1:9/token",
    }  # fmt: skip
    path.write_text(json.dumps(content))
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

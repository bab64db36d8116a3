"""Uploads in pieces: whatever breaks, they go on from the byte where they stand, and become one medium."""

from __future__ import annotations

import base64
import io
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.http import HttpResponse, UnreadablePostError
from django.utils import timezone
from pytest_django.fixtures import Settings

from approvals import resumable
from approvals.models import Media, Upload
from collavo.accounts.models import Role, Scope
from tests.collavo.api.client import Program, error, make_program
from tests.factories import jpeg

pytestmark = pytest.mark.django_db
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def program() -> Program:
    return make_program()


def begin(program: Program, size: int, name: str = "look.jpg", **headers: Any) -> HttpResponse:
    metadata: dict[str, Any] = {
        "Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()},filetype aW1hZ2U="
    }
    return call(program, "POST", "", b"", **{"Upload-Length": str(size)}, **metadata, **headers)


def call(program: Program, method: str, path: str, data: bytes = b"", **headers: Any) -> HttpResponse:
    extra = {"Authorization": f"Bearer {program.secret}", **TUS, **headers}
    kind = "application/offset+octet-stream" if method == "PATCH" else "application/json"
    address = path or "/api/v1/media/uploads"
    kind = extra.pop("Content-Type", kind)
    return program.client.generic(method, address, data, content_type=kind, headers=extra, CONTENT_TYPE=kind)  # type: ignore[return-value]


def begun(program: Program, size: int, name: str = "look.jpg") -> str:
    response = begin(program, size, name)
    assert response.status_code == 201
    return "/" + response["Location"].split("/", 3)[3]


def send(program: Program, path: str, data: bytes, offset: int) -> HttpResponse:
    return call(program, "PATCH", path, data, **{"Upload-Offset": str(offset)})


def test_options_say_what_is_spoken(program: Program, settings: Settings) -> None:
    settings.UPLOAD_MOST_BYTES = 12345
    response = program.client.options("/api/v1/media/uploads", headers={"Authorization": f"Bearer {program.secret}"})
    told = {name: response[name] for name in ("Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size")}
    assert (response.status_code, told) == (204, {
        "Tus-Resumable": "1.0.0", "Tus-Version": "1.0.0", "Tus-Extension": "creation,expiration,termination",
        "Tus-Max-Size": "12345",
    })  # fmt: skip


def test_a_file_in_three_pieces_becomes_the_medium_that_one_request_makes(program: Program) -> None:
    content = jpeg(1200, 900)
    path = begun(program, len(content))
    thirds = [content[:1000], content[1000:1500], content[1500:]]
    offset = 0
    for piece in thirds:
        response = send(program, path, piece, offset)
        offset += len(piece)
        assert (response.status_code, response["Upload-Offset"]) == (204, str(offset))
        assert response["Tus-Resumable"] == "1.0.0" and "GMT" in response["Upload-Expires"]
    media = Media.objects.get()
    assert response["Collavo-Media-Id"] == str(media.pk)
    assert (media.name, media.width, media.uploaded_by) == ("look.jpg", 1200, program.member.user)
    with media.file.open() as kept:
        assert kept.read() == content
    said = call(program, "GET", path).json()  # type: ignore[attr-defined]
    assert (said["state"], said["mediaId"], said["offset"]) == ("done", str(media.pk), len(content))


class Breaking(io.BytesIO):
    """A connection that is gone after so many bytes."""

    def __init__(self, content: bytes, after: int) -> None:
        super().__init__(content[:after])
        self.left = after

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        if not piece:
            raise UnreadablePostError("the connection broke")
        return piece


def test_after_a_break_it_goes_on_from_the_byte_where_it_stands(program: Program) -> None:
    content = jpeg(800, 800)
    path = begun(program, len(content))
    upload = Upload.objects.get()
    broken = Breaking(content, 700)
    assert resumable.receive(upload, offset=0, length=len(content), read=broken.read, by=program.member) == 700
    head = call(program, "HEAD", path)
    assert (head["Upload-Offset"], head["Upload-Length"], head["Cache-Control"]) == (
        "700",
        str(len(content)),
        "no-store",
    )
    assert send(program, path, content[700:], 700).status_code == 204
    assert Media.objects.get().sha256


@pytest.mark.parametrize("offset", [0, 99, 101, 5000])
def test_a_piece_for_another_place_is_refused_and_changes_nothing(program: Program, offset: int) -> None:
    content = jpeg(800, 800)
    path = begun(program, len(content))
    send(program, path, content[:100], 0)
    response = send(program, path, b"x" * 10, offset)
    assert (response.status_code, response["Tus-Resumable"]) == (409, "1.0.0")
    assert "stands at 100" in error(response)["message"]
    assert call(program, "HEAD", path)["Upload-Offset"] == "100"


def test_more_bytes_than_announced_are_refused_before_any_is_taken(program: Program) -> None:
    path = begun(program, 100)
    assert error(send(program, path, b"x" * 101, 0))["code"] == "conflict"
    assert call(program, "HEAD", path)["Upload-Offset"] == "0"


def test_two_senders_at_once_do_not_mix(program: Program) -> None:
    path = begun(program, 100)
    upload = Upload.objects.get()
    with resumable._alone(upload):
        for response in (send(program, path, b"x" * 10, 0), call(program, "DELETE", path)):
            assert (response.status_code, response["Retry-After"]) == (409, "1")
    assert send(program, path, b"x" * 10, 0).status_code == 204


def test_a_file_that_cannot_be_read_ends_with_a_sentence_and_no_medium(program: Program) -> None:
    path = begun(program, 20)
    response = send(program, path, b"this is not a film..", 0)
    assert (response.status_code, error(response)["code"]) == (422, "invalid")
    assert call(program, "GET", path).json()["state"] == "failed"  # type: ignore[attr-defined]
    assert call(program, "HEAD", path).status_code == 404
    assert send(program, path, b"", 20).status_code in (409, 422)
    assert not Media.objects.exists()


def test_when_the_last_answer_was_lost_an_empty_piece_brings_it(program: Program) -> None:
    content = jpeg()
    path = begun(program, len(content))
    resumable.receive(
        Upload.objects.get(), offset=0, length=len(content), read=io.BytesIO(content).read, by=program.member
    )  # and the process dies before it looks at the file
    assert call(program, "GET", path).json()["state"] == "received"  # type: ignore[attr-defined]
    for _ in range(2):
        assert send(program, path, b"", len(content))["Collavo-Media-Id"] == str(Media.objects.get().pk)
    assert Media.objects.count() == 1


def test_stopped_it_is_gone_with_its_bytes(program: Program) -> None:
    path = begun(program, 100)
    send(program, path, b"x" * 10, 0)
    folder = Upload.objects.get().folder
    response = call(program, "DELETE", path)
    assert (response.status_code, response["Tus-Resumable"]) == (204, "1.0.0")
    assert not folder.exists() and call(program, "HEAD", path).status_code == 404


def test_the_version_has_to_be_said(program: Program) -> None:
    path = begun(program, 100)
    for method in ("POST", "PATCH", "HEAD", "DELETE"):
        where = "" if method == "POST" else path
        headers = {"Tus-Resumable": "0.2.2", "Upload-Length": "10", "Upload-Offset": "0"}
        response = call(program, method, where, b"", **headers)
        assert (response.status_code, response["Tus-Version"]) == (412, "1.0.0")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 422, "invalid"),
        ({"Upload-Length": "0"}, 422, "invalid"),
        ({"Upload-Length": "-5"}, 422, "invalid"),
        ({"Upload-Length": "many"}, 422, "invalid"),
        ({"Upload-Length": "2001"}, 413, "too_large"),
        ({"Upload-Length": "10", "Upload-Metadata": "filename ***"}, 422, "invalid"),
        ({"Upload-Length": "10", "Upload-Metadata": "filename /w=="}, 422, "invalid"),
    ],
)
def test_what_cannot_begin_is_refused(
    program: Program, settings: Settings, headers: dict[str, str], status: int, code: str
) -> None:
    settings.UPLOAD_MOST_BYTES = 2000
    response = call(program, "POST", "", b"", **headers)
    assert (response.status_code, error(response)["code"]) == (status, code)
    assert not Upload.objects.exists()


def test_the_same_beginning_sent_twice_is_one_upload(program: Program) -> None:
    first, second = (begin(program, 100, **{"Idempotency-Key": "film-7"}) for _ in range(2))
    assert first.content == second.content and Upload.objects.count() == 1


def test_pieces_of_another_kind_are_refused(program: Program) -> None:
    path = begun(program, 100)
    response = call(program, "PATCH", path, b"x", **{"Upload-Offset": "0", "Content-Type": "text/plain"})
    assert (response.status_code, error(response)["code"]) == (415, "unsupported_media_type")


def test_uploads_of_another_workspace_do_not_exist(program: Program) -> None:
    path = begun(make_program(), 100)
    for method in ("HEAD", "GET", "PATCH", "DELETE"):
        response = call(program, method, path, b"", **{"Upload-Offset": "0"})
        assert response.status_code == 404
    assert Upload.objects.count() == 1
    assert call(program, "GET", f"/api/v1/media/uploads/{uuid4()}").status_code == 404


def test_a_workspace_has_a_limited_number_of_open_uploads(program: Program) -> None:
    for _ in range(resumable.OPEN_MOST):
        begun(program, 10)
    assert error(begin(program, 10))["code"] == "conflict"
    call(program, "DELETE", f"/api/v1/media/uploads/{Upload.objects.latest('id').pk}")
    assert begin(program, 10).status_code == 201


def test_a_name_never_leads_out_of_its_folder(program: Program) -> None:
    content = jpeg()
    send(program, begun(program, len(content), "../../../etc/passwd.jpg"), content, 0)
    assert Media.objects.get().name == "passwd.jpg"


def test_scope_and_role_are_both_needed() -> None:
    assert error(begin(make_program(scopes=[Scope.READ]), 10))["code"] == "scope_missing"
    assert error(begin(make_program(Role.VIEWER), 10))["code"] == "role_missing"


# --- Time and room ----------------------------------------------------------------------------------------------------


def test_what_nobody_finishes_is_forgotten_after_its_hours_and_every_piece_gives_it_new_ones(program: Program) -> None:
    path = begun(program, 100)
    upload = Upload.objects.get()
    Upload.objects.update(expires_at=timezone.now() + timedelta(seconds=1))
    send(program, path, b"x" * 10, 0)
    assert Upload.objects.get().expires_at > timezone.now() + timedelta(hours=23)
    assert resumable.prune() == 0
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert resumable.prune() == 1
    assert not upload.folder.exists() and call(program, "HEAD", path).status_code == 404


def test_one_that_is_being_sent_is_not_forgotten(program: Program) -> None:
    begun(program, 100)
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with resumable._alone(Upload.objects.get()):
        assert resumable.prune() == 0


def test_folders_without_a_row_go_when_they_are_old(program: Program) -> None:
    begun(program, 100)
    for name, hours in (("old", 25), ("young", 1)):
        folder = resumable.root() / name
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - hours * 3600,) * 2)
    resumable.prune()
    assert not (resumable.root() / "old").exists() and (resumable.root() / "young").exists()


def test_a_full_disk_is_said_before_a_byte_is_sent(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 100))
    response = begin(program, 10)
    assert (response.status_code, error(response)["code"]) == (507, "no_room")


def test_a_disk_that_fills_up_while_a_file_comes_in_keeps_what_has_come(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = begun(program, 3 * resumable.PIECE)
    free = iter([10**12, 10**12, 100])
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**13, 10**12, next(free)))
        response = send(program, path, b"x" * 3 * resumable.PIECE, 0)
    assert (response.status_code, error(response)["code"]) == (507, "no_room")
    assert call(program, "HEAD", path)["Upload-Offset"] == str(2 * resumable.PIECE)
    assert resumable.receive(Upload.objects.get(), offset=2 * resumable.PIECE, length=10, **more(program)) > 0


def test_a_write_that_the_disk_refuses_keeps_the_part_that_it_took(program: Program) -> None:
    path = begun(program, 2000)
    with files_of_at_most(1500):
        response = send(program, path, b"x" * 2000, 0)
    assert (response.status_code, error(response)["code"]) == (507, "no_room")
    assert call(program, "HEAD", path)["Upload-Offset"] == "1500"


def test_no_room_for_what_a_whole_file_becomes_keeps_the_file_and_an_empty_piece_tries_again(program: Program) -> None:
    content = jpeg()
    path = begun(program, len(content))
    read = io.BytesIO(content).read
    resumable.receive(Upload.objects.get(), offset=0, length=len(content), read=read, by=program.member)
    with files_of_at_most(100):
        response = send(program, path, b"", len(content))
    assert (response.status_code, error(response)["code"]) == (507, "no_room")
    assert not Media.objects.exists()
    assert send(program, path, b"", len(content))["Collavo-Media-Id"] == str(Media.objects.get().pk)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The system refuses to write any file beyond that many bytes, as a full disk does."""
    was, before = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, was[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)
        signal.signal(signal.SIGXFSZ, before)


def more(program: Program) -> dict[str, Any]:
    return {"read": lambda n: b"x" * n, "by": program.member}


def test_memory_does_not_grow_with_the_file(program: Program) -> None:
    size = 64 * 1024 * 1024
    begun(program, size + 1)
    tracemalloc.start()
    resumable.receive(Upload.objects.get(), offset=0, length=size, read=lambda n: b"\0" * n, by=program.member)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 4 * resumable.PIECE


# --- A real server, a real break --------------------------------------------------------------------------------------


@contextmanager
def serving(env: dict[str, str]) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "gunicorn", "collavo.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class",
               "gthread", "--threads", "4", "--no-control-socket"]  # fmt: skip
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(command, cwd=root, env=env, stderr=subprocess.DEVNULL) as server:
        try:
            end = time.monotonic() + 30
            while time.monotonic() < end:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield port
        finally:
            server.terminate()


@pytest.mark.crash
def test_a_connection_that_is_cut_in_the_middle_is_continued(process_env: dict[str, str]) -> None:
    import requests

    program, content = make_program(), jpeg(3000, 3000)
    content += b"\0" * (3_000_000 - len(content))  # behind a picture's end, readers look at nothing
    path = begun(program, len(content))
    pk = UUID(path.rsplit("/", 1)[1])
    with serving({**process_env, "LOG_LEVEL": "ERROR"}) as port:
        head = (
            f"PATCH {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {program.secret}\r\n"
            f"Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        auth = {"Authorization": f"Bearer {program.secret}", **TUS}
        url = f"http://127.0.0.1:{port}{path}"
        assert requests.head(url, headers=auth, timeout=60).headers["Upload-Offset"] == "0"  # it is at work from here
        with socket.create_connection(("127.0.0.1", port)) as cut:
            cut.sendall(head.encode() + content[:1_200_000])
            time.sleep(0.5)
        offset, end = 0, time.monotonic() + 20
        while offset < 1_200_000 and time.monotonic() < end:
            offset = int(requests.head(url, headers=auth, timeout=60).headers["Upload-Offset"])
            time.sleep(0.1)
        assert offset == 1_200_000
        kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
        rest = requests.patch(url, data=content[offset:], headers=auth | kind, timeout=30)
        assert (rest.status_code, rest.headers["Upload-Offset"]) == (204, str(len(content)))
    assert str(Upload.objects.get(pk=pk).media_id) == rest.headers["Collavo-Media-Id"]
    assert threading.active_count() >= 1

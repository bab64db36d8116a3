"""Media by the API: checked as in the console, never of another workspace, and kept as long as they are used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.utils import timezone

from approvals import keeping
from approvals.models import Asset, Media, Upload
from approvals.states import IllegalMove
from collavo.accounts.models import Role, Scope
from collavo.timeline.models import Event
from publishing.models import Handoff
from tests.collavo.api.client import Program, error, make_program
from tests.factories import jpeg, make_case, make_media, make_member, make_version
from tests.publishing.handoffs.made import make_handoff

pytestmark = pytest.mark.django_db


def upload(program: Program, content: bytes | None = None, name: str = "look.jpg", **headers: Any) -> HttpResponse:
    file = SimpleUploadedFile(name, jpeg(640, 800) if content is None else content)
    extra = {"Authorization": f"Bearer {program.secret}", **headers}
    return program.client.post("/api/v1/media", {"file": file}, headers=extra)  # type: ignore[return-value]


def test_a_file_that_is_sent_comes_back_as_it_was_probed() -> None:
    program = make_program()
    response = upload(program)
    media = Media.objects.get()
    assert response.status_code == 201
    assert response.json() == {  # type: ignore[attr-defined]
        "id": str(media.pk),
        "name": "look.jpg",
        "kind": "image",
        "mimeType": "image/jpeg",
        "size": len(jpeg(640, 800)),
        "sha256": media.sha256,
        "width": 640,
        "height": 800,
        "duration": None,
        "codec": media.codec,
        "audioCodec": "",
        "fps": None,
        "fastStart": None,
        "locationRemoved": False,
        "storage": "local",
        "inUse": False,
        "createdAt": media.created_at.isoformat(),
    }
    assert media.uploaded_by == program.member.user
    assert program.get(f"/media/{media.pk}").json() == response.json()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("content", "name"), [(b"", "empty.jpg"), (b"not a picture", "a.jpg"), (b"GIF89a", "a.gif")])
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence_and_leaves_nothing(content: bytes, name: str) -> None:
    response = upload(make_program(), content, name)
    assert response.status_code == 422 and error(response)["fields"]
    assert not Media.objects.exists()


def test_the_same_upload_sent_twice_makes_one_medium() -> None:
    program = make_program()
    first, second = (upload(program, None, "look.jpg", **{"Idempotency-Key": "look-1"}) for _ in range(2))
    assert first.content == second.content and Media.objects.count() == 1
    other = upload(program, jpeg(10, 10), **{"Idempotency-Key": "look-1"})
    assert (other.status_code, error(other)["code"]) == (422, "idempotency_mismatch")


def test_the_list_goes_on_where_its_page_ends() -> None:
    program = make_program()
    made = [str(make_media(program.member).pk) for _ in range(5)]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = program.get("/media", **query).json()
        seen += [item["id"] for item in page["items"]]
        if page["nextCursor"] is None:
            break
        query = {"limit": 2, **page["nextCursor"]}
    assert seen == made[::-1]
    half = program.get("/media", cursorMediaId=made[0])
    assert half.status_code == 422 and "travel together" in error(half)["message"]


def test_the_list_can_be_of_what_nothing_uses() -> None:
    program = make_program()
    free = make_media(program.member)
    make_version(program.member)
    assert [m["id"] for m in program.get("/media", unused="true").json()["items"]] == [str(free.pk)]
    assert [m["inUse"] for m in program.get("/media").json()["items"]] == [True, False]
    assert program.get("/media", kind="video").json()["items"] == []


def test_what_a_version_uses_is_not_deleted_and_what_nothing_uses_is_with_its_files() -> None:
    program = make_program()
    used = make_version(program.member).items.get().media
    refused = program.delete(f"/media/{used.pk}")
    assert (refused.status_code, error(refused)["code"]) == (409, "conflict")
    free = make_media(program.member)
    names = [free.file.name, free.thumbnail.name]
    assert program.delete(f"/media/{free.pk}").status_code == 204
    assert not Media.objects.filter(pk=free.pk).exists()
    assert Event.objects.get(subject_id=free.pk, verb="deleted").text == free.name
    assert program.delete(f"/media/{free.pk}").status_code == 404
    assert names  # their deletion follows the commit, which this test never makes


@pytest.mark.django_db(transaction=True)
def test_the_files_go_when_the_row_is_gone_for_good() -> None:
    program = make_program()
    free = make_media(program.member)
    names = [str(free.file.name), str(free.thumbnail.name)]
    assert all(default_storage.exists(name) for name in names)
    assert program.delete(f"/media/{free.pk}").status_code == 204
    assert not any(default_storage.exists(name) for name in names)


def test_media_of_another_workspace_do_not_exist() -> None:
    program, other = make_program(), make_media(make_program().member)
    for call in (program.get, program.delete):
        for pk in (other.pk, uuid4()):
            assert error(call(f"/media/{pk}"))["code"] == "not_found"
    assert program.get("/media").json()["items"] == []
    assert Media.objects.filter(pk=other.pk).exists()


def test_scope_and_role_are_both_needed() -> None:
    readonly = make_program(scopes=[Scope.READ])
    assert error(upload(readonly))["code"] == "scope_missing"
    assert readonly.get("/media").status_code == 200
    viewer = make_program(Role.VIEWER)
    assert error(upload(viewer))["code"] == "role_missing"


# --- What nothing uses goes by itself ---------------------------------------------------------------------------------


def age(media: Media, days: int) -> None:
    Media.objects.filter(pk=media.pk).update(created_at=timezone.now() - timedelta(days=days))


def test_what_no_version_has_used_for_long_is_deleted_and_nothing_else() -> None:
    by = make_member(make_program().workspace)
    old, young, used = make_media(by), make_media(by), make_version(by).items.get().media
    for media, days in ((old, 31), (young, 29), (used, 400)):
        age(media, days)
    assert keeping.prune() == 1
    assert set(Media.objects.all()) == {young, used}
    assert keeping.prune() == 0


def test_what_an_open_upload_has_just_become_stays() -> None:
    by = make_member(make_program().workspace)
    media = make_media(by)
    age(media, 31)
    row = Upload.objects.create(
        workspace=by.workspace, name="film.mp4", size=1, media=media, expires_at=timezone.now() + timedelta(hours=1)
    )
    assert keeping.prune() == 0
    Upload.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(hours=1))
    assert keeping.prune() == 1


def test_a_file_that_was_deleted_meanwhile_cannot_be_submitted() -> None:
    by = make_member(make_program().workspace)
    media, case = make_media(by), make_case(by.workspace)
    asset = Asset.objects.create(workspace=by.workspace, case=case, title="Overshirt")
    keeping.delete(media, by=by)
    media.pk = Event.objects.get(verb="deleted").subject_id
    with pytest.raises(IllegalMove, match="deleted meanwhile"):
        asset.submit(caption="", media=[media], format="image", by=by)
    assert not asset.versions.exists()


def test_what_a_handoff_shows_as_its_proof_stays() -> None:
    handoff = make_handoff()
    proof = make_media(make_member(handoff.workspace))
    Handoff.objects.filter(pk=handoff.pk).update(screenshot=proof)
    age(proof, 400)
    assert keeping.prune() == 0 and Media.objects.filter(pk=proof.pk).exists()

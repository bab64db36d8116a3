"""Content that is written in one piece says, allows and keeps what the same does step by step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from approvals import fresh
from approvals.models import Asset, Media, Review, SearchEntry, Version
from approvals.states import IllegalMove
from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event
from tests.factories import make_case, make_member, make_workspace, numbers

pytestmark = pytest.mark.django_db


def picture(by: Membership) -> Media:
    return Media.objects.create(
        workspace=by.workspace, name="picture.jpg", kind="image", mime_type="image/jpeg", size=1, width=400, height=500,
        sha256=f"{next(numbers):064}", file="picture.jpg",
    )  # fmt: skip


def made(by: Membership, media: Sequence[Media], **fields: Any) -> Version:
    known = {"caption": "Linen.", "format": "image", "title": "Overshirt", "alt_texts": ["A shirt"]}
    case = fields.pop("case", None) or make_case(by.workspace)
    return fresh.make(media, by=by, case=case, **{**known, **fields})


@pytest.fixture
def manager() -> Membership:
    return make_member(make_workspace(allow_self_approval=True))


def told(version: Version) -> list[tuple[Any, ...]]:
    lines = Event.objects.filter(subject_id=version.pk).order_by("at", "id")
    return [(e.verb, e.text, e.data, e.user, e.by, e.case_id == version.case_id) for e in lines]


def kept(version: Version) -> dict[str, Any]:
    row = Version.objects.get(pk=version.pk)
    same = ("caption", "format", "options", "round", "current", "status", "seal", "planned_at", "edition")
    items = [(i.media_id, i.position, i.alt_text) for i in row.ordered_items()]
    return {name: getattr(row, name) for name in same} | {
        "items": items,
        "asset": row.asset.title,
        "by": row.submitted_by,
    }


def test_it_leaves_the_same_rows_and_lines_as_step_by_step(
    manager: Membership, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    case, media = make_case(manager.workspace), [picture(manager), picture(manager)]
    with django_assert_num_queries(1):
        at_once = made(manager, media, case=case)
        at_once.accept(by=manager)
        assert at_once.fresh
        at_once.fresh.write()
    asset = Asset.objects.create(workspace=manager.workspace, case=case, title="Overshirt", creator=manager.user)
    steps = asset.submit(caption="Linen.", media=media, format="image", by=manager, alt_texts=["A shirt"])
    steps.accept(by=manager)
    assert kept(at_once) == kept(steps) and told(at_once) == told(steps)
    assert [line[0] for line in told(at_once)] == ["submitted", "approved"]
    for version in (at_once, steps):
        review = Review.objects.get(version=version)
        assert (review.decision, review.by, review.undone_at) == ("accept", manager.user, None)
        assert timezone.now() - review.at < timedelta(minutes=1)
        assert Version.objects.get(pk=version.pk).seal_holds and version.unplaced


def test_it_is_found_by_its_words_at_once(manager: Membership) -> None:
    version = made(manager, [picture(manager)])
    assert version.fresh
    version.fresh.write()
    assert "linen" in str(SearchEntry.objects.get(version=version).words)


def test_until_it_is_written_nothing_exists_of_it(manager: Membership) -> None:
    made(manager, [picture(manager)]).accept(by=manager)
    assert not Asset.objects.exists() and not Review.objects.exists() and not Event.objects.exists()


def test_it_is_decided_once(manager: Membership) -> None:
    version = made(manager, [picture(manager)])
    version.accept(by=manager)
    with pytest.raises(IllegalMove, match="cannot become"):
        version.accept(by=manager)


def test_nobody_makes_or_accepts_more_than_with_the_verbs(manager: Membership) -> None:
    media = [picture(manager)]
    with pytest.raises(PermissionDenied):
        made(make_member(manager.workspace, Role.APPROVER), media)
    creator = make_member(manager.workspace, Role.CREATOR)
    with pytest.raises(PermissionDenied):
        made(creator, media).accept(by=creator)
    strict = make_member(make_workspace())
    with pytest.raises(PermissionDenied, match="somebody else has to decide"):
        made(strict, [picture(strict)]).accept(by=strict)
    with pytest.raises(PermissionDenied, match="another workspace"):
        made(strict, media)
    with pytest.raises(PermissionDenied, match="another workspace"):
        made(strict, [], case=make_case(manager.workspace))


def test_only_a_workspaces_own_files_are_found(manager: Membership) -> None:
    one, two, other = picture(manager), picture(manager), picture(make_member(make_workspace()))
    found = fresh.held(manager.workspace, [two.pk, one.pk, two.pk, other.pk])
    assert found == {one.pk: one, two.pk: two}
    assert fresh.held(manager.workspace, []) == {}


@pytest.mark.django_db(transaction=True)
def test_what_is_put_to_use_is_deleted_by_nobody_meanwhile_and_used_by_everybody() -> None:
    manager = make_member(make_workspace())
    medium = picture(manager)
    params = {k: v for k, v in connection.get_connection_params().items() if k not in ("cursor_factory", "context")}
    with psycopg.connect(**params) as other:
        with transaction.atomic():
            fresh.held(manager.workspace, [medium.pk])
            assert other.execute(f"{ROW} FOR KEY SHARE NOWAIT", [medium.pk]).fetchone()
            with pytest.raises(psycopg.errors.LockNotAvailable), other.transaction():
                other.execute(f"{ROW} FOR UPDATE NOWAIT", [medium.pk])  # as `keeping` deletes
        assert other.execute(f"{ROW} FOR UPDATE NOWAIT", [medium.pk]).fetchone()


ROW = "SELECT id FROM approvals_media WHERE id = %s"

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.hooks import Use, uses
from approvals.models import Asset, ShareLink, Version
from collavo.accounts.models import Membership, Role, Workspace
from collavo.timeline.models import Event
from publishing.gallery import PAGE, clean
from publishing.models import Post, Status
from tests.console import signed_in
from tests.factories import (
    jpeg,
    make_approved,
    make_connector,
    make_media,
    make_member,
    make_post,
    make_version,
    make_workspace,
)
from tests.publishing.pages import url

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(workspace: Workspace) -> Membership:
    return make_member(workspace, Role.MANAGER)


@pytest.fixture
def client(manager: Membership) -> Client:
    return signed_in(manager)


def shown(client: Client, workspace: Workspace, **query: Any) -> list[str]:
    page = client.get(url("gallery", workspace), query).content.decode()
    return re.findall(r'name="v" value="([\w-]+)"', page)


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


# --- What is there ---------------------------------------------------------------------------------------------------


def test_everything_finished_is_there_and_nothing_else(workspace: Workspace, client: Client) -> None:
    first, second = make_approved(workspace), make_approved(workspace)
    make_version(make_member(workspace, Role.CREATOR))
    make_approved(make_workspace())
    Asset.objects.filter(pk=make_approved(workspace).asset_id).update(discarded_at=timezone.now())
    assert shown(client, workspace) == [str(second.pk), str(first.pk)]


def test_each_says_where_it_goes_or_went(workspace: Workspace, client: Client) -> None:
    make_post(workspace, make_connector(workspace, handle="fjord.supply"), at=timezone.now() + timedelta(days=1))
    make_approved(workspace)
    page = client.get(url("gallery", workspace)).content.decode()
    assert "Scheduled" in page and "fjord.supply" in page and "Not scheduled" in page


def test_the_filters_are_in_the_address_and_narrow_what_is_shown(workspace: Workspace, client: Client) -> None:
    post = make_post(workspace, at=timezone.now() + timedelta(days=1))
    failed = make_post(workspace, at=timezone.now() + timedelta(days=1))
    Post.objects.filter(pk=failed.pk).update(status=Status.FAILED, due_at=None)
    free = make_approved(
        workspace, format="carousel", media=[make_media(make_member(workspace)), make_media(make_member(workspace))]
    )
    assert shown(client, workspace, state="scheduled") == [str(post.version_id)]
    assert shown(client, workspace, state="failed") == [str(failed.version_id)]
    assert shown(client, workspace, state="free") == shown(client, workspace, type="carousel") == [str(free.pk)]
    assert shown(client, workspace, channel="instagram") == [str(failed.version_id), str(post.version_id)]
    assert shown(client, workspace, channel="tiktok") == []
    assert "Nothing matches the filter" in client.get(url("gallery", workspace), {"channel": "tiktok"}).content.decode()
    assert len(shown(client, workspace, state="nonsense")) == 3


def test_a_long_gallery_goes_on_behind_its_last_one(workspace: Workspace, client: Client) -> None:
    made = make_approved(workspace)
    moment, seal = timezone.now(), made.seal
    assets = Asset.objects.bulk_create(
        Asset(workspace=workspace, case=made.case, title=f"Copy {n}") for n in range(PAGE + 4)
    )
    Version.objects.bulk_create(
        Version(workspace=workspace, case=made.case, asset=asset, format="text", status="approved", seal=seal,
                decided_at=moment - timedelta(seconds=n // 3))
        for n, asset in enumerate(assets)
    )  # fmt: skip
    first = shown(client, workspace)
    rest = shown(client, workspace, after=first[-1])
    assert (len(first), len(set(first + rest))) == (PAGE, PAGE + 5)


def test_the_gallery_takes_a_constant_number_of_statements(workspace: Workspace, client: Client) -> None:
    connector = make_connector(workspace)

    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(url("gallery", workspace))
        return len(queries)

    make_post(workspace, connector, at=timezone.now() + timedelta(days=1))
    statements()
    few = statements()
    for _ in range(4):
        make_post(workspace, connector, at=timezone.now() + timedelta(days=1))
        make_approved(workspace)
    assert statements() == few <= 12


def test_what_can_use_it_again_has_a_button_there(workspace: Workspace, client: Client) -> None:
    make_approved(workspace)
    uses.append(lambda version: [Use("Use in the format studio", f"/studio/{version.pk}")])
    try:
        assert "Use in the format studio" in client.get(url("gallery", workspace)).content.decode()
    finally:
        uses.pop()
    assert "Use in the format studio" not in client.get(url("gallery", workspace)).content.decode()


# --- Download --------------------------------------------------------------------------------------------------------


def test_one_file_is_downloaded_as_it_is_under_the_name_of_its_asset(workspace: Workspace, client: Client) -> None:
    version = make_approved(workspace)
    response = client.get(url("download", workspace, version.pk))
    assert response["Content-Disposition"] == 'attachment; filename="Overshirt.jpg"'
    assert body(response) == version.ordered_items()[0].media.open_bytes().read()


def test_a_selection_comes_as_a_zip_whose_length_is_known_before_it_is_made(
    workspace: Workspace, client: Client, manager: Membership
) -> None:
    media = [make_media(manager, jpeg(colour=c), name=f"../{c}.jpg") for c in ("red", "blue")]
    one, other = make_approved(workspace, media=media, format="carousel"), make_approved(workspace)
    stranger = make_approved(make_workspace())
    response = client.post(url("download_chosen", workspace), {"v": [one.pk, other.pk, stranger.pk, "x"]})
    content = body(response)
    assert response["Content-Length"] == str(len(content))
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        assert made.testzip() is None
        assert sorted(made.namelist()) == [
            "Overshirt 2/1 picture.jpg", "Overshirt 2/caption.txt",
            "Overshirt/1 red.jpg", "Overshirt/2 blue.jpg", "Overshirt/caption.txt",
        ]  # fmt: skip
        assert made.read("Overshirt/1 red.jpg") == media[0].open_bytes().read()
        assert made.read("Overshirt/caption.txt").decode() == "Four ways to wear it."


def test_an_empty_selection_is_told_what_to_do(workspace: Workspace, client: Client) -> None:
    page = client.post(url("download_chosen", workspace), {}, follow=True).content.decode()
    assert "Choose between 1 and 100 assets to download." in page


@pytest.mark.parametrize(
    ("name", "cleaned"), [("../../etc/passwd", "etc passwd"), ("a/b\\c", "a b c"), ("...", "file"), ("\x00x\n", "x")]
)
def test_a_name_in_a_zip_leads_nowhere_else(name: str, cleaned: str) -> None:
    assert clean(name) == cleaned


def test_what_is_not_finished_or_not_ours_is_not_downloaded(workspace: Workspace, client: Client) -> None:
    for version in (make_version(make_member(workspace, Role.CREATOR)), make_approved(make_workspace())):
        assert client.get(url("download", workspace, version.pk)).status_code == 404


# --- Share -----------------------------------------------------------------------------------------------------------


def shared(client: Client, workspace: Workspace, *versions: Version) -> str:
    page = client.post(url("share_chosen", workspace), {"v": [v.pk for v in versions], "days": "7"}).content.decode()
    found = re.search(r"/s/[\w-]+/", page)
    assert found
    return found[0]


def test_a_link_shows_what_was_shared_without_signing_in_and_nothing_else(workspace: Workspace, client: Client) -> None:
    version, other = make_approved(workspace), make_approved(workspace, caption="Not for you.")
    path = shared(client, workspace, version)
    page = Client().get(path)
    assert "Four ways to wear it." in page.content.decode() and "Not for you." not in page.content.decode()
    assert page["X-Robots-Tag"] == "noindex, nofollow" and page["Referrer-Policy"] == "no-referrer"
    assert page["Cache-Control"] == "private, no-store" and "noindex" in page.content.decode()
    mine, theirs = (v.ordered_items()[0].media for v in (version, other))
    assert body(Client().get(f"{path}{mine.pk}/file")) == mine.open_bytes().read()
    assert Client().get(f"{path}{theirs.pk}/file").status_code == 404


def test_media_of_a_link_come_in_ranges_and_can_be_saved(workspace: Workspace, client: Client) -> None:
    version = make_approved(workspace)
    media = version.ordered_items()[0].media
    path = f"{shared(client, workspace, version)}{media.pk}/file"
    part = Client().get(path, headers={"Range": "bytes=0-9"})
    assert (part.status_code, body(part)) == (206, media.open_bytes().read()[:10])
    assert Client().get(path, {"download": ""})["Content-Disposition"] == 'attachment; filename="picture.jpg"'


def test_a_link_ends_by_itself_and_its_media_with_it(workspace: Workspace, client: Client) -> None:
    version = make_approved(workspace)
    path = shared(client, workspace, version)
    media = f"{path}{version.ordered_items()[0].media_id}/file"
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert Client().get(path).status_code == Client().get(media).status_code == 404


def test_a_revoked_link_is_gone_at_once_and_the_history_says_who(
    workspace: Workspace, client: Client, manager: Membership
) -> None:
    version = make_approved(workspace)
    path = shared(client, workspace, version)
    client.post(url("revoke_share", workspace, ShareLink.objects.get().pk))
    assert Client().get(path).status_code == 404
    told = Event.objects.filter(subject_id=version.asset_id, verb__startswith="share").order_by("at", "id")
    assert [(e.verb, e.user) for e in told] == [("shared", manager.user), ("share_revoked", manager.user)]


def test_what_is_discarded_later_is_not_shown_any_more(workspace: Workspace, client: Client) -> None:
    version = make_approved(workspace)
    path = shared(client, workspace, version)
    version.asset.discard(by=make_member(workspace, Role.APPROVER))
    assert "no longer in use" in Client().get(path).content.decode()
    assert Client().get(f"{path}{version.ordered_items()[0].media_id}/file").status_code == 404


def test_the_secret_is_kept_as_a_hash_and_shown_once(workspace: Workspace, client: Client) -> None:
    token = shared(client, workspace, make_approved(workspace)).split("/")[2]
    assert token not in client.get(url("shares", workspace)).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM approvals_sharelink l WHERE l::text LIKE %s", [f"%{token}%"])
        assert cursor.fetchone() == (0,)
    assert Client().get(f"/s/{token[:-1]}x/").status_code == 404


def test_only_people_who_may_publish_share_and_nobody_another_workspaces_content(
    workspace: Workspace, client: Client
) -> None:
    creator = Client()
    creator.force_login(make_member(workspace, Role.CREATOR).user)
    data = {"v": [make_approved(workspace).pk], "days": "7"}
    assert creator.post(url("share_chosen", workspace), data).status_code == 403
    client.post(url("share_chosen", workspace), {"v": [make_approved(make_workspace()).pk], "days": "7"})
    assert not ShareLink.objects.exists()


def test_the_rights_page_lists_what_ends(workspace: Workspace, client: Client) -> None:
    from approvals.models import Rights

    post = make_post(workspace, at=timezone.now() + timedelta(days=9))
    ends = timezone.now().date() + timedelta(days=5)
    Rights.objects.create(workspace=workspace, asset=post.version.asset, ends_on=ends)
    page = client.get(url("rights", workspace)).content.decode()
    assert "1 post will be stopped" in page and "days left" in page

"""TikTok loads photos only from what is verified in its app: from which storages, and what is said of the others."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pytest_django.fixtures import Settings

from approvals import uploads
from approvals.models import Version
from collavo.accounts.models import Role
from connectors.models import Connector, link
from connectors.platforms.base import Profile
from connectors.sandbox.client import SandboxControl, running_sandbox
from publishing import verbs
from publishing.models import Post
from publishing.preflight import Blocked, Check, preflight
from tests import buckets
from tests.factories import jpeg, make_approved, make_member, make_workspace

pytestmark = pytest.mark.django_db
OPTIONS = {"privacy_level": "PUBLIC_TO_EVERYONE"}


@pytest.fixture
def connector() -> Connector:
    profile = Profile(remote_id="open-1", handle="linen.films")
    found = link(make_workspace(), "tiktok", "tiktok", profile, token="act.token", by="test")
    Connector.objects.filter(pk=found.pk).update(audited=True)
    found.refresh_from_db()
    return found


def photos(connector: Connector) -> Version:
    creator = make_member(connector.workspace, Role.CREATOR)
    pictures = [jpeg(colour=colour) for colour in ("teal", "orange")]
    media = [uploads.take(SimpleUploadedFile("a.jpg", picture), by=creator) for picture in pictures]
    return make_approved(connector.workspace, creator=creator, media=media, format="carousel")


def blocking(version: Version, connector: Connector) -> Sequence[Check]:
    return [check for check in preflight(version, connector, options=OPTIONS) if check.blocks]


def test_photos_on_s3_are_refused_with_the_place_they_are_at_and_what_is_needed(
    connector: Connector, media_servers: buckets.Servers, settings: Settings
) -> None:
    place = buckets.set_up("s3", media_servers["s3"], settings)
    settings.TIKTOK_MEDIA_PREFIXES = ("https://storage.googleapis.com/collavo-media/",)
    version = photos(connector)
    checks = blocking(version, connector)
    assert place.meter and [check.code for check in checks] == ["prefix_not_verified"] * 2
    assert f"Slide 1 is stored on S3, at {place.meter.url}/collavo-media/media/" in checks[0].text
    assert "https://storage.googleapis.com/collavo-media/. Store it there" in checks[0].text
    with pytest.raises(Blocked, match="stored on S3"):
        verbs.schedule(
            version, connector, at=timezone.now(), by=make_member(connector.workspace, Role.MANAGER), options=OPTIONS
        )
    assert not Post.objects.exists()


def test_without_any_verified_prefix_the_place_is_named_too(
    connector: Connector, media_servers: buckets.Servers, settings: Settings
) -> None:
    buckets.set_up("s3", media_servers["s3"], settings)
    settings.TIKTOK_MEDIA_PREFIXES = ()
    [check] = blocking(photos(connector), connector)
    assert "They are stored on S3, at http" in check.text and "TIKTOK_MEDIA_PREFIXES" in check.text


def test_photos_in_a_gcs_bucket_whose_prefix_is_verified_go_out(
    connector: Connector, media_servers: buckets.Servers, settings: Settings
) -> None:
    place = buckets.set_up("gcs", media_servers["gcs"], settings)
    assert place.meter
    settings.TIKTOK_MEDIA_PREFIXES = (f"{place.meter.url}/collavo-media/media/",)
    assert not blocking(photos(connector), connector)


def test_google_itself_serves_a_bucket_below_its_own_host(settings: Settings, media_servers: buckets.Servers) -> None:
    from approvals.storage.gcs import GcsStorage

    storage = GcsStorage(
        bucket_name="brand-media", location="collavo", key_file=media_servers["gcs"][1].credentials, endpoint=""
    )
    assert storage.beginning == "https://storage.googleapis.com/brand-media/collavo/"


def test_amazon_serves_a_bucket_below_the_buckets_host() -> None:
    from approvals.storage.s3 import S3Storage

    storage = S3Storage(
        bucket_name="brand-media", location="collavo", region_name="eu-central-1", access_key="a", secret_key="b"
    )
    assert storage.beginning == "https://brand-media.s3.eu-central-1.amazonaws.com/collavo/"


@pytest.mark.parametrize("key", ["local", "s3"])
def test_photos_that_we_serve_from_a_verified_domain_of_our_own_go_out(
    key: str, connector: Connector, media_servers: buckets.Servers, settings: Settings
) -> None:
    buckets.set_up(key, media_servers[key], settings, addresses="collavo")
    settings.MEDIA_BASE_URL = "https://media.collavo.example"
    settings.TIKTOK_MEDIA_PREFIXES = ("https://media.collavo.example/m/",)
    assert not blocking(photos(connector), connector)


def test_tiktok_loads_photos_from_a_bucket_by_signed_addresses(
    connector: Connector, media_servers: buckets.Servers, settings: Settings
) -> None:
    """The whole way, to where TikTok's side has looked at the bytes."""
    from tests.publishing.test_engine import settle

    place = buckets.set_up("gcs", media_servers["gcs"], settings)
    assert place.meter
    with running_sandbox(image_seconds=0.0, call_limits=False) as sandbox:
        settings.TIKTOK_API_URL, settings.TIKTOK_SITE_URL = sandbox.tiktok_url, sandbox.url
        settings.TIKTOK_MEDIA_PREFIXES = (f"{place.meter.url}/collavo-media/media/",)
        sandbox.settings(tiktok_prefixes=settings.TIKTOK_MEDIA_PREFIXES[0])
        post = scheduled(connector, sandbox)
        settle(post)
        [live] = sandbox.posts(post.connector.remote_id)
    assert [medium["sha256"] for medium in live["media"]] == [m.sha256 for m in post.version.content().media]


def scheduled(connector: Connector, sandbox: SandboxControl) -> Post:
    account = sandbox.add_account("linen.films", platform="tiktok", login="tiktok")
    profile = Profile(remote_id=account["id"], handle="linen.films")
    linked = link(connector.workspace, "tiktok", "tiktok", profile, token=account["token"], by="test")
    Connector.objects.filter(pk=linked.pk).update(audited=True)
    linked.refresh_from_db()
    manager = make_member(connector.workspace, Role.MANAGER)
    return verbs.schedule(photos(connector), linked, at=timezone.now(), by=manager, options=OPTIONS)

"""What must not go out is told beforehand, each thing with its own code and a sentence that says what to do."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from approvals.models import Media, Rights, Version
from collavo.accounts.models import Role
from connectors.models import Connector, ConnectorStatus
from publishing.preflight import Blocked, Check, Level, post_content, post_seal, preflight, require_clear
from tests.factories import jpeg, make_approved, make_connector, make_media, make_member, make_version, make_workspace

pytestmark = pytest.mark.django_db


def fit() -> tuple[Version, Connector]:
    """An approved version and an account that would take it."""
    workspace = make_workspace(time_zone="Europe/Zurich")
    return make_approved(workspace), make_connector(workspace)


def blocks(version: Version, connector: Connector, at: datetime | None = None) -> dict[str, str]:
    """What blocks, looked at afresh: code → sentence."""
    version, connector = Version.objects.get(pk=version.pk), Connector.objects.get(pk=connector.pk)
    return {check.code: check.text for check in preflight(version, connector, at=at) if check.blocks}


def test_what_is_approved_and_fits_is_clear_and_says_why() -> None:
    version, connector = fit()
    Rights.objects.create(workspace=version.workspace, asset=version.asset)
    checks = preflight(version, connector)
    assert {check.level for check in checks} == {Level.OK}
    codes = [check.code for check in checks]
    assert codes == ["approved", "sealed", "connector_active", "media_accepted", "rights_cover"]
    require_clear(checks)


def discard(version: Version, _: Connector) -> None:
    version.asset.discard(by=make_member(version.workspace))


def set_version(**changes: object) -> Callable[[Version, Connector], object]:
    return lambda version, _: Version.objects.filter(pk=version.pk).update(**changes)


def set_media(**changes: object) -> Callable[[Version, Connector], object]:
    """Change what was probed, and seal the version anew: here it is the rules that are asked."""

    def change(version: Version, _: Connector) -> None:
        Media.objects.filter(versions=version).update(**changes)
        Version.objects.filter(pk=version.pk).update(seal=Version.objects.get(pk=version.pk).compute_seal())

    return change


def set_connector(**changes: object) -> Callable[[Version, Connector], object]:
    return lambda _, connector: Connector.objects.filter(pk=connector.pk).update(**changes)


def as_format(format: str) -> Callable[[Version, Connector], object]:
    def change(version: Version, _: Connector) -> None:
        Version.objects.filter(pk=version.pk).update(format=format)
        Version.objects.filter(pk=version.pk).update(seal=Version.objects.get(pk=version.pk).compute_seal())

    return change


def rights(**fields: object) -> Callable[[Version, Connector], object]:
    return lambda version, _: Rights.objects.create(workspace=version.workspace, asset=version.asset, **fields)


PAST = date(2020, 1, 1)
REASONS: list[tuple[str, Callable[[Version, Connector], object], str, str]] = [
    ("discarded", discard, "discarded", "Bring it back"),
    ("rejected", set_version(status="rejected"), "not_approved", "not approved (it is rejected). Accept it first"),
    ("superseded", set_version(status="superseded"), "not_approved", "(it is superseded)"),
    ("caption by SQL", set_version(caption="Buy!"), "seal_broken", "changed after its approval"),
    ("hash by SQL", lambda v, _: Media.objects.update(sha256="0" * 64), "seal_broken", "as a new version"),
    ("paused", set_connector(status="paused"), "connector_not_active", "is paused"),
    ("switched off", set_connector(status="disabled"), "connector_not_active", "is switched off"),
    ("relink", set_connector(status="needs_relink"), "connector_not_active", "needs to be linked again"),
    ("unknown format", as_format("short"), "format_not_supported", "Collavo cannot post a short to Instagram"),
    ("wrong kind", as_format("reel"), "media_kind", "takes a video. The picture is a picture"),
    ("type", set_media(mime_type="image/png"), "media_type", "is PNG. Instagram takes JPEG"),
    ("size", set_media(size=9_000_000), "media_too_large", "has 9 MB. Instagram takes up to 8.3 MB"),
    ("aspect", set_media(width=3000, height=1000), "media_ratio", "Instagram takes 4:5 to 1.91:1. Crop it"),
    ("caption", set_version(caption="x" * 2201), "caption_too_long", "2201 characters. Instagram takes 2200"),
    ("ended rights", rights(ends_on=PAST), "rights_missing", "do not cover Instagram on"),
    ("other channel", rights(channels=["tiktok"]), "rights_missing", "Choose another day or channel"),
    ("revoked rights", rights(status="revoked"), "rights_missing", "or add the rights"),
]


@pytest.mark.parametrize(("change", "code", "sentence"), [r[1:] for r in REASONS], ids=[r[0] for r in REASONS])
def test_each_reason_blocks_with_its_own_code_and_sentence(
    change: Callable[[Version, Connector], object], code: str, sentence: str
) -> None:
    version, connector = fit()
    assert blocks(version, connector) == {}
    change(version, connector)
    found = blocks(version, connector)
    assert sentence in found[code]
    assert found[code].rstrip(".") != found[code], "a sentence ends"


def test_a_version_in_review_is_not_approved_and_needs_no_seal_yet() -> None:
    workspace = make_workspace()
    version = make_version(make_member(workspace, Role.CREATOR))
    assert list(blocks(version, make_connector(workspace))) == ["not_approved"]


def test_an_account_of_another_workspace_is_never_sent_to() -> None:
    version, _ = fit()
    _, foreign = fit()
    assert blocks(version, foreign) == {"other_workspace": "This account belongs to another workspace."}


def test_a_link_is_looked_at_as_it_will_be_at_the_planned_moment() -> None:
    version, connector = fit()
    ends = timezone.now() + timedelta(days=3)
    Connector.objects.filter(pk=connector.pk).update(token_expires_at=ends)
    assert blocks(version, connector) == {}
    assert blocks(version, connector, at=ends - timedelta(minutes=1)) == {}
    assert "Link the account again before then" in blocks(version, connector, at=ends)["connector_not_active"]


@pytest.mark.parametrize(
    ("at", "covered"),
    [
        (datetime(2026, 11, 30, 22, 59, tzinfo=UTC), True),  # 23:59 in Zurich, on the last day
        (datetime(2026, 11, 30, 23, 0, tzinfo=UTC), False),  # midnight in Zurich
        (datetime(2026, 11, 9, 23, 0, tzinfo=UTC), True),  # midnight in Zurich, on the first day
        (datetime(2026, 11, 9, 22, 59, tzinfo=UTC), False),
    ],
)
def test_rights_begin_and_end_at_the_workspaces_midnight(at: datetime, covered: bool) -> None:
    version, connector = fit()
    first, last = date(2026, 11, 10), date(2026, 11, 30)
    Rights.objects.create(workspace=version.workspace, asset=version.asset, starts_on=first, ends_on=last)
    assert ("rights_missing" not in blocks(version, connector, at=at)) is covered


def test_one_row_of_rights_that_covers_is_enough_and_its_end_is_told() -> None:
    version, connector = fit()
    for fields in ({"ends_on": PAST}, {"ends_on": date(2099, 12, 31), "channels": ["instagram"]}):
        Rights.objects.create(workspace=version.workspace, asset=version.asset, **fields)
    [check] = [check for check in preflight(version, connector) if check.code == "rights_cover"]
    assert check.text == "Rights cover Instagram until 31 Dec 2099"


def test_without_recorded_rights_it_warns_and_does_not_block() -> None:
    version, connector = fit()
    checks = preflight(version, connector)
    [warning] = [check for check in checks if check.level == Level.WARN]
    assert warning.code == "no_rights"
    require_clear(checks)


def test_a_warning_about_the_media_does_not_block() -> None:
    workspace = make_workspace()
    creator = make_member(workspace, Role.CREATOR)
    version = make_approved(workspace, creator=creator, media=[make_media(creator, jpeg(300, 300))])
    checks = {check.code: check for check in preflight(version, make_connector(workspace))}
    assert checks["media_too_narrow"].level == Level.WARN


def test_everything_that_blocks_is_told_at_once() -> None:
    version, connector = fit()
    set_connector(status=ConnectorStatus.PAUSED)(version, connector)
    discard(version, connector)
    with pytest.raises(Blocked) as refusal:
        require_clear(preflight(Version.objects.get(pk=version.pk), Connector.objects.get(pk=connector.pk)))
    assert [check.code for check in refusal.value.checks] == ["discarded", "connector_not_active"]
    assert "Bring it back" in str(refusal.value) and "is paused" in str(refusal.value)


def test_the_posts_options_are_laid_over_the_approved_ones_and_checked() -> None:
    version, connector = fit()
    Version.objects.filter(pk=version.pk).update(options={"is_ai_generated": False, "location_id": "7"})
    version.refresh_from_db()
    assert post_content(version, {"is_ai_generated": True}).options == {"is_ai_generated": True, "location_id": "7"}
    codes = {check.code for check in preflight(version, connector, options={"colour": "blue"}) if check.blocks}
    assert "option_unknown" in codes


def test_the_posts_seal_covers_account_and_options_whatever_their_order() -> None:
    version, connector = fit()
    seal = post_seal(version, connector.pk, {"a": 1, "b": 2})
    assert seal == post_seal(version, connector.pk, {"b": 2, "a": 1})
    others = {
        post_seal(version, make_connector(version.workspace).pk, {"a": 1, "b": 2}),
        post_seal(version, connector.pk, {"a": 1}),
        post_seal(make_approved(version.workspace, caption="Another"), connector.pk, {"a": 1, "b": 2}),
    }
    assert len({seal, *others}) == 4


def test_only_a_block_blocks() -> None:
    require_clear([Check(Level.WARN, "no_rights", "None."), Check(Level.OK, "approved", "Approved")])
    with pytest.raises(Blocked, match="Stop"):
        require_clear([Check(Level.BLOCK, "any", "Stop.")])

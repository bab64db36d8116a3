"""Makes the demo workspace by the same verbs that people use: uploads, submits, decides, links an account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction
from django.utils import timezone

from approvals import uploads
from approvals.demo import content, render
from approvals.demo.content import Campaign, Channel, Person, Piece, Round, State
from approvals.models import Asset, Case, Media, Rights, Slot, Version
from collavo.accounts.models import Membership, User, Workspace
from connectors.models import Connector, link
from connectors.platforms import registry
from connectors.platforms.base import Profile
from connectors.platforms.oauth import Grant

DRAWING_THREADS = 2  # Pillow and FFmpeg work outside Python's lock


class NotADemo(Exception):
    """str(error) says why the demo account must not be linked here."""


def seed(password: str) -> bool:
    """Make the workspace, its people, its account and its content, all or nothing. False when it is there already."""
    if Workspace.objects.filter(slug=content.SLUG).exists():
        return False
    with drawn() as files, transaction.atomic():
        workspace = Workspace.objects.create(name=content.WORKSPACE, slug=content.SLUG, time_zone=content.TIME_ZONE)
        team = {person: _member(workspace, person, password) for person in content.PEOPLE}
        linked = {channel: link_account(workspace, channel, by=team[content.MANAGER]) for channel in content.CHANNELS}
        for campaign in content.CAMPAIGNS:
            _campaign(campaign, workspace, linked, files, team)
    return True


@contextmanager
def drawn() -> Iterator[Mapping[str, Path]]:
    """Every medium of the demo as a file, by name, until the block ends."""
    names = [*render.FILMS, *render.PICTURES]
    with TemporaryDirectory(prefix="collavo-demo-") as folder, ThreadPoolExecutor(DRAWING_THREADS) as pool:
        paths = pool.map(lambda name: render.render(name, Path(folder)), names)
        yield dict(zip(names, paths, strict=True))


def link_account(workspace: Workspace, channel: Channel, *, by: Membership) -> Connector:
    """Link the sandbox's account without asking it: the sandbox is started after the seeding. Raises NotADemo."""
    profile = Profile(
        remote_id=channel.remote_id, handle=channel.handle, name=channel.name, kind=channel.kind,
        can={"publish": True, "read_status": True, "read_metrics": True},
    )  # fmt: skip
    key = channel.platform
    connector = link(workspace, key, key, profile, token=channel.token, by=by.user, grant=_grant(channel))
    if not connector.sandbox:
        raise NotADemo("The demo's accounts must not be linked at a platform's own host. Point them to the sandbox.")
    connector.audited = True  # so that the demo shows what a set-up installation does
    connector.save(update_fields=["audited"])
    return connector


def _grant(channel: Channel) -> Grant:
    """What the platform would have handed out with it."""
    oauth = registry.get(channel.platform).oauth[channel.platform]
    lasts = oauth.keep.lasts if oauth.keep and channel.refresh_token else None
    return Grant(
        channel.token, channel.refresh_token, expires_at=timezone.now() + lasts if lasts else None,
        scopes=frozenset(scope.name for scope in oauth.scopes),
    )  # fmt: skip


def _member(workspace: Workspace, person: Person, password: str) -> Membership:
    """The person's place in the workspace. The manager may also open the admin."""
    user = User.objects.filter(email=person.email).first()
    if user is None:
        operator = person == content.MANAGER
        user = User.objects.create_user(
            person.email, password, name=person.name, is_staff=operator, is_superuser=operator
        )
    return Membership.objects.create(user=user, workspace=workspace, role=person.role)


def _campaign(
    campaign: Campaign, workspace: Workspace, linked: Mapping[Channel, Connector], files: Mapping[str, Path],
    team: Mapping[Person, Membership],
) -> None:  # fmt: skip
    creator = team[content.CREATOR].user
    case = Case.objects.create(workspace=workspace, name=campaign.name, brand=campaign.brand, creator=creator)
    for piece in campaign.pieces:
        asset = _asset(piece, case, linked[piece.channel])
        for number, one in enumerate(piece.rounds, start=1):
            version = _submit(asset, piece, one, files, by=team[content.CREATOR])
            state = piece.state if number == len(piece.rounds) else State.REGENERATING
            _decide(version, state, one.feedback, by=team[content.APPROVER])


def _asset(piece: Piece, case: Case, connector: Connector) -> Asset:
    slot = Slot.objects.create(
        workspace=case.workspace, case=case, starts_at=_moment(piece, case.workspace), connector=connector,
        channel=connector.platform, format=piece.format, angle=piece.angle,
    )  # fmt: skip
    asset = Asset.objects.create(
        workspace=case.workspace, case=case, slot=slot, title=piece.title, creator=case.creator
    )
    if piece.rights_days is not None:
        ends = _today(case.workspace) + timedelta(days=piece.rights_days)
        Rights.objects.create(
            workspace=case.workspace, asset=asset, channels=[connector.platform], territory="Worldwide", ends_on=ends
        )
    return asset


def _submit(asset: Asset, piece: Piece, one: Round, files: Mapping[str, Path], *, by: Membership) -> Version:
    media: list[Media] = [uploads.take_file(files[name], name=name, by=by) for name in one.media]
    return asset.submit(caption=one.caption, media=media, format=piece.format, by=by, alt_texts=one.alt_texts)


def _decide(version: Version, state: State, words: str, *, by: Membership) -> None:
    match state:
        case State.APPROVED:
            version.accept(by=by, feedback=words)
        case State.REGENERATING:
            version.regenerate(by=by, feedback=words)
        case State.REJECTED:
            version.reject(by=by, reason=words)
        case State.IN_REVIEW:
            pass


def _moment(piece: Piece, workspace: Workspace) -> datetime:
    day = _today(workspace) + timedelta(days=piece.day)
    return datetime.combine(day, time.fromisoformat(piece.time), workspace.zone)


def _today(workspace: Workspace) -> date:
    return timezone.localdate(timezone=workspace.zone)

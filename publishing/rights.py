"""Rights that end: which posts are planned for after that, and who is told 14 days ahead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db.models import BooleanField, DateField, Exists, ExpressionWrapper, F, Func, IntegerField, OuterRef, Q
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from approvals.models import Rights, RightsStatus, Usage
from approvals.rights import local_day
from collavo.accounts.models import Workspace
from collavo.timeline.notices import Message, audience, tell
from publishing.models import Post, PostQuerySet, Status
from publishing.preflight import Level, rights_check, rights_missing

AHEAD = timedelta(days=14)
WAITING = (Status.SCHEDULED, Status.QUEUED)


def marked(posts: PostQuerySet) -> PostQuerySet:
    """With `unlicensed`: rights are recorded, and none covers the channel on the day (`Rights.covers`, in SQL)."""
    wall = Func(OuterRef("workspace__time_zone"), OuterRef("scheduled_at"), function="timezone")  # as clocks show it
    day = Cast(wall, DateField())
    recorded = Rights.objects.filter(asset=OuterRef("version__asset"))
    place = Func(F("channels"), OuterRef("connector__platform"), function="array_position", output_field=IntegerField())
    covering = recorded.alias(place=place, day=day).filter(
        Q(channels__len=0) | Q(place__isnull=False), Q(starts_on=None) | Q(starts_on__lte=F("day")),
        Q(ends_on=None) | Q(ends_on__gte=F("day")), status=RightsStatus.GRANTED, usage__in=[Usage.ORGANIC, Usage.BOTH],
    )  # fmt: skip
    return posts.annotate(unlicensed=ExpressionWrapper(Exists(recorded) & ~Exists(covering), BooleanField()))


def problem(post: Post) -> str:
    """Why this post will be stopped at its moment: the recorded rights do not cover it. "" when they do."""
    if post.status not in WAITING:
        return ""
    moment = post.scheduled_at or timezone.now()
    if (known := getattr(post, "unlicensed", None)) is not None:
        return rights_missing(post.version, post.connector, moment) if known else ""
    check = rights_check(post.version, post.connector, moment)
    return check.text if check.level == Level.BLOCK else ""


@dataclass
class Ending:
    """Rights with a last day, and how many posts are planned for their asset after it."""

    rights: Rights
    left: int  # days; negative when it is over
    beyond: int = 0


def ending(workspace: Workspace, *, back: int = 30, ahead: int = 60, most: int = 200) -> list[Ending]:
    """Granted rights that ended within `back` days or end within `ahead`, the soonest first. Two queries."""
    today = local_day(timezone.now(), workspace)
    days = {"ends_on__gte": today - timedelta(days=back), "ends_on__lte": today + timedelta(days=ahead)}
    rows = Rights.objects.filter(workspace=workspace, status=RightsStatus.GRANTED, asset__discarded_at=None, **days)
    found = rows.select_related("asset__case", "asset__creator", "workspace").order_by("ends_on", "id")[:most]
    ends = [Ending(r, (r.ends_on - today).days) for r in found if r.ends_on]
    later = _later(ends)
    for one in ends:
        one.beyond = later.get(one.rights.pk, 0)
    return ends


def _later(ends: Iterable[Ending]) -> dict[UUID, int]:
    """Posts planned for after the last day of each of these rights that no others cover, by the rights' id."""
    over = {one.rights.pk: (one.rights, _over(one.rights)) for one in ends}
    assets = {rights.asset_id for rights, _ in over.values()}
    posts = Post.objects.filter(status__in=WAITING, version__asset__in=assets, scheduled_at__isnull=False)
    planned = list(posts.values_list("version__asset_id", "scheduled_at", "connector__platform")) if over else []
    others = list(Rights.objects.filter(asset__in={asset for asset, _, _ in planned})) if planned else []

    def stopped(rights: Rights, moment: datetime, asset: UUID, at: datetime | None, platform: str) -> bool:
        if asset != rights.asset_id or at is None or at < moment:
            return False
        return not any(r.asset_id == asset and r.covers(platform, local_day(at, rights.workspace)) for r in others)

    return {pk: sum(stopped(rights, moment, *post) for post in planned) for pk, (rights, moment) in over.items()}


def _over(rights: Rights) -> datetime:
    """The first moment at which these rights do not cover anything any more."""
    day = rights.ends_on or local_day(timezone.now(), rights.workspace)
    return datetime.combine(day + timedelta(days=1), time.min, rights.workspace.zone)


def warn() -> int:
    """Scheduled hourly: tells of every right that ends within 14 days, once. How many there are."""
    count = 0
    for workspace in Workspace.objects.filter(pk__in=_workspaces()):
        for one in ending(workspace, back=0, ahead=AHEAD.days):
            tell(audience(workspace.pk, one.rights.asset.creator), _message(one))
            count += 1
    return count


def _workspaces() -> list[UUID]:
    """Those where some right ends about now; the exact day is a matter of each one's zone."""
    today = timezone.now().date()
    day = timedelta(days=1)
    near = Rights.objects.filter(
        status=RightsStatus.GRANTED, ends_on__gte=today - day, ends_on__lte=today + AHEAD + day
    )
    return list(near.order_by().values_list("workspace_id", flat=True).distinct())


def _message(one: Ending) -> Message:
    rights = one.rights
    ends = date_format(rights.ends_on, "D j M Y") if rights.ends_on else ""
    stopped = ngettext(
        "%(count)d post is planned for later than that and will be stopped.",
        "%(count)d posts are planned for later than that and will be stopped.",
        one.beyond,
    ) % {"count": one.beyond}
    return Message(
        key=f"rights end:{rights.pk}:{rights.ends_on}", workspace_id=rights.workspace_id, subject_type="asset",
        subject_id=rights.asset_id, icon="lock", kind="wait", topic="rights",
        title=gettext("The rights to “%(asset)s” end %(day)s")
        % {"asset": rights.asset, "day": ends},
        sentences=[
            rights.words() + ".",
            stopped if one.beyond else "",
            gettext("Add the new terms to the asset, or move what is planned."),
        ],
        path=reverse("approvals:asset", args=[rights.workspace.slug, rights.asset_id]),
    )  # fmt: skip

"""Many rows at once, such as the product's own verbs would have made one by one."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone
from PIL import Image

from approvals import uploads
from approvals.models import Asset, Case, Media, Version, VersionMedia
from approvals.seal import seal_of
from approvals.states import VersionStatus
from collavo.accounts.models import Membership, Role, User, Workspace
from collavo.ids import uuid7
from connectors.models import Connector
from connectors.platforms.base import Content, Format
from connectors.sandbox.client import SandboxControl
from publishing.models import Post, Status
from publishing.preflight import post_seal

BATCH = 2000


@dataclass(frozen=True)
class Scene:
    """One workspace with a manager, a case, one medium and some accounts."""

    member: Membership
    case: Case
    medium: Media
    connectors: list[Connector]

    @property
    def workspace(self) -> Workspace:
        return self.member.workspace


def scene(name: str, control: SandboxControl | None = None, connectors: int = 1, max_in_flight: int = 4) -> Scene:
    """With `control` the accounts exist in its sandbox too, and their tokens work."""
    workspace = Workspace.objects.create(name=name, slug=name)
    user = User.objects.create_user(f"{name}@example.org", name="Bench Manager")
    member = Membership.objects.create(user=user, workspace=workspace, role=Role.OWNER)
    case = Case.objects.create(workspace=workspace, name="Autumn linen", brand="Fjord Supply")
    medium = uploads.take(SimpleUploadedFile("picture.jpg", picture()), by=member)
    names = [f"{name}.{number}" for number in range(connectors)]
    rows = [
        Connector(
            workspace=workspace, platform="instagram", login="instagram", remote_id=remote_id, handle=handle,
            token=token, max_in_flight=max_in_flight, sandbox=True,
        )
        for handle, remote_id, token in _accounts(names, control)
    ]  # fmt: skip
    return Scene(member, case, medium, Connector.objects.bulk_create(rows))


def _accounts(names: list[str], control: SandboxControl | None) -> Iterator[tuple[str, str, str]]:
    if control is None:
        yield from ((name, f"17841{number:012}", "token") for number, name in enumerate(names))
        return
    with ThreadPoolExecutor(4) as threads:
        made = threads.map(lambda name: control.add_account(name, quota_total=100_000, containers_total=400_000), names)
        yield from ((account["username"], account["id"], account["token"]) for account in made)


def picture(colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 500), colour).save(out, "JPEG")
    return out.getvalue()


def versions(
    at: Scene, count: int, caption: str, status: str = VersionStatus.APPROVED, *, unplaced: bool = False
) -> list[Version]:
    """Each with its own asset and caption ("<caption> 17"), planned a minute apart, all with the scene's medium."""
    made: list[Version] = []
    now = timezone.now()
    content = Content(Format.IMAGE, "", (at.medium.as_medium(),), {})
    for numbers in batched(range(count), BATCH):
        with transaction.atomic():
            assets = [
                Asset(id=uuid7(), workspace=at.workspace, case=at.case, title=f"Overshirt {n}", creator=at.member.user)
                for n in numbers
            ]
            Asset.objects.bulk_create(assets)
            batch = [
                _version(
                    at,
                    asset,
                    replace(content, caption=f"{caption} {n}"),
                    status=status,
                    unplaced=unplaced,
                    planned_at=now + timedelta(minutes=n),
                )
                for n, asset in zip(numbers, assets, strict=True)
            ]
            Version.objects.bulk_create(batch)
            VersionMedia.objects.bulk_create(VersionMedia(version=v, media=at.medium, position=0) for v in batch)
        made += batch
    return made


def _version(at: Scene, asset: Asset, content: Content, *, status: str, **fields: Any) -> Version:
    approved = status == VersionStatus.APPROVED
    return Version(
        id=uuid7(), workspace=at.workspace, case=at.case, asset=asset, caption=content.caption, format=content.format,
        status=status, seal=seal_of(content) if approved else "", submitted_by=at.member.user,
        decided_at=None if status == VersionStatus.IN_REVIEW else timezone.now(), **fields,
    )  # fmt: skip


def posts(
    at: Scene,
    count: int,
    caption: str,
    due: Callable[[int], datetime],
    shape: Callable[[int, Post], None] | None = None,
) -> list[Post]:
    """Scheduled posts, spread over the scene's accounts, the n-th at `due(n)`; `shape` may change a row before."""
    made: list[Post] = []
    for numbered in batched(enumerate(versions(at, count, caption)), BATCH):
        rows = [_post(at, version, at.connectors[n % len(at.connectors)], due(n)) for n, version in numbered]
        for (n, _), post in zip(numbered, rows, strict=True):
            if shape:
                shape(n, post)
        made += Post.objects.bulk_create(rows)
    return made


def _post(at: Scene, version: Version, connector: Connector, due: datetime) -> Post:
    return Post(
        workspace=at.workspace, case=at.case, version=version, connector=connector, by=at.member.user,
        seal=post_seal(version, connector.pk, {}), status=Status.SCHEDULED, scheduled_at=due, due_at=due,
    )  # fmt: skip


# What the moments of the bulk are spread over: two months with now in their middle, so that every day of a calendar's
# month is full with few rows as with many.
SPREAD = "now() + ((n * 7919) %% 86400 - 43200) * interval '1 minute'"

# Copies of the rows that are there, so that a column more needs no change here.
MORE_POSTS = f"""
INSERT INTO publishing_post SELECT made.*
FROM (SELECT *, row_number() OVER (ORDER BY id) AS row FROM publishing_post WHERE workspace_id = %(workspace)s) p
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS row FROM connectors_connector
      WHERE workspace_id = %(workspace)s) c ON c.id <> p.connector_id
CROSS JOIN LATERAL (SELECT p.row * 100 + c.row AS n) AS number
CROSS JOIN LATERAL (SELECT {SPREAD} AS at) AS moment
CROSS JOIN LATERAL jsonb_populate_record(NULL::publishing_post, to_jsonb(p) || jsonb_build_object(
    'id', uuidv7(), 'connector_id', c.id, 'status', CASE WHEN at < now() THEN 'published' ELSE 'scheduled' END,
    'scheduled_at', at, 'due_at', CASE WHEN at < now() THEN NULL ELSE at END, 'error', '', 'url', '',
    'remote_id', CASE WHEN at < now() THEN n::text ELSE '' END,
    'published_at', CASE WHEN at < now() THEN at END)) AS made"""

SLOTS = f"""
INSERT INTO approvals_slot (id, workspace_id, case_id, starts_at, connector_id, channel, format, angle)
SELECT uuidv7(), %(workspace)s, %(case)s, {SPREAD}, %(connector)s, 'instagram', 'image', 'Slot ' || n
FROM generate_series(1, %(count)s) AS n"""

# Four lines of a machine about a post, then one of a person about a version, and so on; with one call per post.
HISTORY = """
WITH p AS (SELECT array_agg(id) AS ids FROM publishing_post WHERE workspace_id = %(workspace)s),
    v AS (SELECT array_agg(id) AS ids FROM approvals_version WHERE workspace_id = %(workspace)s)
INSERT INTO timeline_event (
    id, workspace_id, case_id, subject_type, subject_id, verb, text, data, user_id, by, at)
SELECT uuidv7(), %(workspace)s, %(case)s, CASE WHEN n %% 5 = 0 THEN 'version' ELSE 'post' END,
    CASE WHEN n %% 5 = 0 THEN v.ids[1 + n %% cardinality(v.ids)] ELSE p.ids[1 + n %% cardinality(p.ids)] END,
    (ARRAY['submitted', 'scheduled', 'queued', 'publishing', 'published'])[1 + n %% 5], '', '{}',
    CASE WHEN n %% 5 = 0 THEN %(user)s::uuid END, CASE WHEN n %% 5 = 0 THEN 'Bench Manager' ELSE 'worker' END,
    now() - n * interval '20 seconds'
FROM generate_series(1, %(count)s) AS n, p, v"""

CALLS = """
INSERT INTO publishing_attempt (
    id, post_id, fence, number, step, worker, method, url, started_at, duration_ms, http_status, platform_code,
    correlation_id, error)
SELECT uuidv7(), id, 1, 1, 'publish', 'worker', 'POST', 'https://graph.instagram.com/media_publish',
    now() - interval '1 minute', 420, 200, '', '', ''
FROM publishing_post WHERE workspace_id = %(workspace)s"""


def more_posts(at: Scene) -> None:
    """Every posted version to each of the scene's other accounts too."""
    _sql(MORE_POSTS, at)


def slots(at: Scene, count: int) -> None:
    _sql(SLOTS, at, connector=at.connectors[0].pk, count=count)


def history(at: Scene, count: int) -> None:
    """So many lines in the scene's case, and a call for each post."""
    _sql(HISTORY, at, user=at.member.user_id, count=count)
    _sql(CALLS, at)


def _sql(statement: str, at: Scene, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"workspace": at.workspace.pk, "case": at.case.pk, **values})


def counted(slug: str) -> str:
    """ "50,000 assets, 100,000 posts, 1,000,000 lines"."""
    workspace = Workspace.objects.get(slug=slug)
    counts = [(workspace.assets, "assets"), (workspace.posts, "posts"), (workspace.events, "lines of history")]
    return ", ".join(f"{found.count():,} {what}" for found, what in counts)


@contextmanager
def no_triggers() -> Iterator[None]:
    """Rows go in without what watches them (the search index, the dispatcher's alarm, foreign keys): minutes less."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            cursor.execute("SET session_replication_role = DEFAULT")


def analyze() -> None:
    """What autovacuum does within a minute of such a load."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

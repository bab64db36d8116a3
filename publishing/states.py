"""The one place that writes a post's status: the graph as data, moves that one caller wins, claims and leases.

People's moves lock the row and check what it still is. A worker's moves say `WHERE lease_token = mine AND the lease
still runs`: whoever lost its lease records nothing. Every move writes its Event in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Prefetch, Q, Value
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from approvals.models import VersionMedia
from approvals.states import IllegalMove
from collavo.accounts.models import User
from collavo.timeline.models import Event, announce, line, record, record_many
from connectors.http import clock
from connectors.platforms.base import Journal, LeaseLost, Live
from publishing import guarded
from publishing.guarded import NOW, Sql
from publishing.handoffs import tasks
from publishing.models import Attempt, Handoff, Hold, Post, Status

__all__ = ["MOVES", "IllegalMove", "Lease", "Status", "move"]

S = Status
MOVES: dict[Status, set[Status]] = {
    S.SCHEDULED: {S.QUEUED, S.CANCELED},
    S.QUEUED: {S.PUBLISHING, S.SCHEDULED, S.CANCELED, S.FAILED, S.AWAITING_CREATOR},
    S.PUBLISHING: {S.PUBLISHED, S.QUEUED, S.UNCONFIRMED, S.FAILED, S.AWAITING_CREATOR},
    S.UNCONFIRMED: {S.PUBLISHED, S.QUEUED},
    S.FAILED: {S.QUEUED, S.CANCELED},
    S.AWAITING_CREATOR: {S.PUBLISHED, S.SCHEDULED, S.CANCELED, S.FAILED},
    S.PUBLISHED: set(),
    S.CANCELED: set(),
}
# The moves that the system makes by itself; every other one needs a person.
BY_ITSELF: set[tuple[Status, Status]] = {
    (S.SCHEDULED, S.QUEUED),
    (S.QUEUED, S.AWAITING_CREATOR),
    (S.QUEUED, S.PUBLISHING),
    (S.QUEUED, S.FAILED),
    (S.QUEUED, S.CANCELED),  # too late, where the workspace chose to skip
    (S.PUBLISHING, S.PUBLISHED),
    (S.PUBLISHING, S.QUEUED),
    (S.PUBLISHING, S.UNCONFIRMED),
    (S.PUBLISHING, S.FAILED),
    (S.UNCONFIRMED, S.PUBLISHED),  # asked again, and the platform knew
    (S.PUBLISHING, S.AWAITING_CREATOR),
    (S.AWAITING_CREATOR, S.PUBLISHED),
    (S.AWAITING_CREATOR, S.FAILED),  # the platform says that the creator threw it away, or that it expired
}
TASK_LOST_AFTER = timedelta(seconds=60)  # a queued task that has not led to a claim by then is queued again
NO_LEASE: dict[str, Any] = {"lease_token": None, "lease_until": None, "enqueued_at": None}
FRESH: dict[str, Any] = {
    "journal": {}, "step": "", "commit_sent_at": None, "commit_open": False, "reserved_at": None, "tries": 0,
    "error": "", "error_code": "", "hold": Hold.NONE,
}  # fmt: skip


def doors(to: Status) -> set[Status]:
    """The statuses that lead to `to`."""
    return {old for old, news in MOVES.items() if to in news}


def automatic_doors(to: Status) -> set[Status]:
    """The statuses that lead to `to` without a person."""
    return {old for old, new in BY_ITSELF if new == to}


# --- People's moves ----------------------------------------------------------------------------------------------


def move(
    post: Post, to: Status, *, by: User | str, verb: str = "", text: str = "", handoff: str = "", **changes: Any
) -> None:
    """Move a post that nobody is acting on, or raise IllegalMove with a sentence and change nothing."""
    with transaction.atomic():
        row = Post.objects.select_for_update().get(pk=post.pk)
        old = Status(row.status)
        if row.status != post.status:
            raise IllegalMove(
                _("This is no longer %(old)s; it is %(status)s now.")
                % {"old": Status(post.status).label.lower(), "status": old.label.lower()}
            )
        if to not in MOVES[old] and not (verb and to == old):
            raise IllegalMove(
                _("%(status)s cannot become %(other)s.") % {"status": old.label, "other": to.label.lower()}
            )
        if row.leased and old != S.AWAITING_CREATOR:  # there a worker only looks, and can record nothing afterwards
            raise IllegalMove(_("Too late: it is being sent at this moment. Look again in a minute."))
        changes |= NO_LEASE | {"status": to}
        Post.objects.filter(pk=row.pk).update(**changes)
        _end_task(row, to, by, person=True)
        record(post, verb or to, by=by, text=text, old=old, new=to, **({"handoff": handoff} if handoff else {}))
    post.refresh_from_db()


@transaction.atomic
def queue_due(pks: list[UUID], *, lost: bool = False) -> list[UUID]:
    """Mark these due posts as handed to the task queue, SCHEDULED ones becoming QUEUED. Rows others hold are left out.

    Call it in the transaction that queues the tasks, so that both commit or neither. The posts that were marked.
    `lost`: also those that are marked already, because their tasks are taken for lost.
    """
    free = Q() if lost else Q(enqueued_at=None) | Q(enqueued_at__lt=Now() - Value(TASK_LOST_AFTER))
    due = Post.objects.due().filter(free, pk__in=pks)
    rows = list(due.select_for_update(skip_locked=True).order_by("due_at", "id"))
    scheduled = [post for post in rows if post.status == S.SCHEDULED]
    Post.objects.filter(pk__in=[post.pk for post in rows]).update(enqueued_at=Now())
    if scheduled:
        Post.objects.filter(pk__in=[post.pk for post in scheduled], status=S.SCHEDULED).update(status=S.QUEUED)
        record_many(line(post, S.QUEUED, by="dispatcher", old=S.SCHEDULED, new=S.QUEUED) for post in scheduled)
    return [post.pk for post in rows]


# --- Claims and leases -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lease:
    """The right to act on one post until `deadline` (seconds of `connectors.http.clock`)."""

    post_id: UUID
    token: UUID
    fence: int
    worker: str
    deadline: float


CLAIMABLE = (S.QUEUED, S.PUBLISHING, S.AWAITING_CREATOR, S.UNCONFIRMED, S.PUBLISHED)


def lease_end() -> Any:
    """The database's now plus the lease, as an expression."""
    return Now() + Value(timedelta(seconds=settings.LEASE_SECONDS))


def lock_due(pks: Collection[UUID]) -> list[Post]:
    """Those of these posts that are due and that nobody else holds, locked, with all that a claim looks at."""
    due = Post.objects.due().filter(pk__in=pks, status__in=CLAIMABLE)
    items = VersionMedia.objects.select_related("media").order_by("position")
    parts = due.select_related("version__asset", "version__workspace", "connector", "workspace").prefetch_related(
        Prefetch("version__items", items), "version__asset__rights"
    )
    return list(parts.select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "id"))


def lease(posts: Sequence[Post], *, worker: str) -> list[Lease]:
    """Take locked posts: a fresh token, a higher fence; QUEUED ones begin. Inside the transaction of `lock_due`.

    What `posts` carry as `spent` and `reserved_at` is written with it.
    """
    token, deadline = uuid4(), clock() + settings.LEASE_SECONDS
    begin = [post for post in posts if post.status == S.QUEUED]
    leases = [Lease(post.pk, token, post.fence + 1, worker, deadline) for post in posts]
    record_many(
        line(post, S.PUBLISHING, by=worker, old=S.QUEUED, new=S.PUBLISHING, fence=post.fence + 1) for post in begin
    )
    end = lease_end()
    common = {"lease_token": token, "fence": F("fence") + 1, "lease_until": end, "due_at": end, "enqueued_at": None}
    for spent, same in _by_spending(begin):
        pks = [post.pk for post in same]
        fresh = {"status": S.PUBLISHING, "spent": spent, "reserved_at": Coalesce(F("reserved_at"), Now())}
        Post.objects.filter(pk__in=pks).update(hold=Hold.NONE, **common, **fresh)
    if rest := [post.pk for post in posts if post.status != S.QUEUED]:
        Post.objects.filter(pk__in=rest).update(hold=Hold.NONE, **common)
    for post in posts:
        post.fence, post.lease_token = post.fence + 1, token
        post.status = S.PUBLISHING if post.status == S.QUEUED else post.status
    return leases


def _by_spending(posts: Iterable[Post]) -> list[tuple[dict[str, int], list[Post]]]:
    """Posts that spend the same together: mostly all of them."""
    found: dict[tuple[tuple[str, int], ...], list[Post]] = {}
    for post in posts:
        found.setdefault(tuple(sorted(post.spent.items())), []).append(post)
    return [(dict(spent), same) for spent, same in found.items()]


def put_off(post: Post, *, until: datetime | None, hold: Hold, reason: str) -> None:
    """A locked post cannot start yet: it stays QUEUED until `until`, or (None) until its hold is released."""
    Post.objects.filter(pk=post.pk).update(
        status=S.QUEUED, due_at=until, hold=hold, error=reason[:1000], reserved_at=None, **NO_LEASE
    )
    if post.hold != hold:
        record(post, "held", by="worker", text=reason, hold=hold, until=until.isoformat() if until else None)


def skip(post: Post, *, reason: str) -> None:
    """A locked, queued post is too late and its workspace chose to cancel such posts."""
    Post.objects.filter(pk=post.pk).update(
        status=S.CANCELED, due_at=None, hold=Hold.NONE, error=reason[:1000], **NO_LEASE
    )
    record(post, S.CANCELED, by="worker", text=reason, old=post.status, new=S.CANCELED)


def give_back(post: Post) -> None:
    """A locked post found its account busy: it stays due, and the dispatcher may queue it again."""
    Post.objects.filter(pk=post.pk).update(enqueued_at=None)


def refuse(post: Post, *, reason: str, code: str) -> None:
    """A locked, queued post must not go out: FAILED, before anything was sent."""
    Post.objects.filter(pk=post.pk).update(
        status=S.FAILED, due_at=None, hold=Hold.NONE, error=reason[:1000], error_code=code, reserved_at=None, **NO_LEASE
    )
    record(post, S.FAILED, by="worker", text=reason, old=post.status, new=S.FAILED, code=code)


def hand_over(post: Post, *, by: str, why: str, look_at: datetime | None, **changes: Any) -> Handoff:
    """A locked, queued post's moment has come, and a person has to post it: AWAITING_CREATOR, with its task.

    `look_at`: when Collavo looks for it by itself; None: never.
    """
    fresh = FRESH | NO_LEASE | {"due_at": look_at, "status": S.AWAITING_CREATOR}
    Post.objects.filter(pk=post.pk).update(**(fresh | changes))
    task = tasks.open_task(post, why=why)
    record(post, S.AWAITING_CREATOR, by=by, text=why, old=post.status, new=S.AWAITING_CREATOR, handoff=str(task.pk))
    post.status = S.AWAITING_CREATOR
    return task


def not_found(mine: Lease, *, look_at: datetime | None, attempts: list[Attempt]) -> None:
    """Collavo looked for what a person posts by hand, and it is not there yet. Look again at `look_at`, or never."""
    with transaction.atomic():
        _write(mine, due_at=look_at, **NO_LEASE)
        Attempt.objects.bulk_create(attempts)


def _end_task(post: Post, to: Status, by: User | str, *, person: bool = False, url: str = "") -> None:
    """A post that leaves AWAITING_CREATOR takes its task along. `post` as it was."""
    if post.status == S.AWAITING_CREATOR and to != S.AWAITING_CREATOR:
        tasks.close_task(post, to, by=by, person=person, url=url)


# --- A worker's writes: only under its own lease -----------------------------------------------------------------


def _write(mine: Lease, attempts: Sequence[Attempt] = (), event: Event | None = None, **changes: Any) -> None:
    """Change the post if this lease still holds it, with these lines; raise LeaseLost, changing nothing, if not."""
    if not guarded.write(mine.post_id, mine.token, changes, attempts, event=event):
        raise LeaseLost("Another worker has taken this post over.")


def _renewed() -> dict[str, Any]:
    end = guarded.in_seconds(settings.LEASE_SECONDS)
    return {"lease_until": end, "due_at": end}


def keep(mine: Lease, journal: Journal, step: str, attempts: list[Attempt], *, closes_commit: bool = False) -> Lease:
    """Commit what a step has found out, with its lines of the dispatch log; the lease starts anew.

    `closes_commit`: the commit was answered.
    """
    closed: dict[str, Any] = {"commit_open": False} if closes_commit else {}
    deadline = clock() + settings.LEASE_SECONDS
    _write(mine, attempts, journal=journal, step=step[:120], **closed, **_renewed())
    return replace(mine, deadline=deadline)


OTHER_OPEN = (
    "EXISTS (SELECT FROM publishing_post o WHERE o.connector_id = p.connector_id AND o.commit_open "
    "AND o.status = 'publishing' AND o.id <> p.id)"
)


def arm(mine: Lease, step: str, journal: Journal, attempts: list[Attempt]) -> Lease | None:
    """Commit that the commit is about to be sent, with what the step before it has found out.

    None, and nothing is changed: another post of this account has one open; wait. One open commit per account keeps
    "find my post in the account's list" unambiguous; the database holds two racing ones to it (`one_open_commit`).
    """
    deadline = clock() + settings.LEASE_SECONDS
    sent = {"commit_sent_at": Sql("coalesce(commit_sent_at, statement_timestamp())"), "commit_open": True}
    changes = {"step": step[:120], "journal": journal, **sent, **_renewed()}
    try:
        with _by_itself():
            armed = guarded.write(mine.post_id, mine.token, changes, attempts, unless=Sql(OTHER_OPEN))
    except IntegrityError as e:
        if "one_open_commit" not in str(e):
            raise
        return None
    if armed:
        return replace(mine, deadline=deadline)
    if not Post.objects.filter(pk=mine.post_id, lease_token=mine.token, lease_until__gt=Now()).exists():
        raise LeaseLost("Another worker has taken this post over.")
    return None


def _by_itself() -> AbstractContextManager[object]:
    """For one statement that may be refused: it is a transaction already, and only inside another needs a savepoint."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


def not_live(
    post: Post, mine: Lease, *, reason: str, same_handle: bool, journal: Journal, attempts: list[Attempt]
) -> None:
    """Reconcile is sure that nothing went live: give the post back, to be claimed (and checked) again at once.

    The commit may then be sent again, with the same handle or a new one. An UNCONFIRMED post is not moved by this: a
    person said "ask again", and decides on the answer.
    """
    changes: dict[str, Any] = {
        "journal": journal, "due_at": NOW, "commit_open": False, "step": "", "hold": Hold.NONE,
        "tries": Sql("tries + 1"),
    }  # fmt: skip
    if not same_handle:
        changes["commit_sent_at"] = None
    if post.status == S.UNCONFIRMED:
        changes = {"due_at": None, "error": (_("The platform says that it is not live.") + f" {reason}")[:1000]}
    _write(mine, attempts, **changes, **NO_LEASE)


def publish(post: Post, mine: Lease, live: Live, attempts: list[Attempt], *, more: bool = False) -> None:
    """The platform said that it is live. The lease stays, so that the same worker may fetch the link.

    `more`: something is left to do behind the publication, so the lease stays in any case.
    """
    changes: dict[str, Any] = {
        "status": S.PUBLISHED, "published_at": live.at or NOW, "remote_id": live.remote_id, "url": live.url,
        "commit_open": False, "error": "", "error_code": "", "step": "", "hold": Hold.NONE, "tries": 0,
        "note": live.note[:500], "hidden": live.hidden,
    }  # fmt: skip
    done = not more and (live.url or not live.remote_id)
    changes |= {"due_at": None, **NO_LEASE} if done else _renewed()
    event = line(
        post, S.PUBLISHED, by=mine.worker, text=live.note, old=post.status, new=S.PUBLISHED,
        remote_id=live.remote_id, url=live.url,
    )  # fmt: skip
    with transaction.atomic():
        _write(mine, attempts, event, **changes)
        announce(event)
        _end_task(post, S.PUBLISHED, mine.worker, url=live.url)
    post.status, post.remote_id, post.url, post.hidden = S.PUBLISHED, live.remote_id, live.url, live.hidden


def keep_follow_up(post: Post, mine: Lease, journal: Journal, attempts: list[Attempt], text: str) -> Lease:
    """Something behind a publication was done, or (`text` says why) given up. The lease starts anew."""
    deadline = clock() + settings.LEASE_SECONDS
    with transaction.atomic():
        _write(mine, attempts, journal=journal, **_renewed())
        if text:
            record(post, "follow_up_failed", by=mine.worker, text=text)
    return replace(mine, deadline=deadline)


def end_follow_up(mine: Lease, attempts: list[Attempt], *, url: str = "", again: datetime | None = None) -> None:
    """The link of a published post was found, or is asked for again at `again`, or is given up (both empty)."""
    changes: dict[str, Any] = {"due_at": again, **NO_LEASE}
    if url:
        changes["url"] = url
    if again:
        changes["tries"] = Sql("tries + 1")
    _write(mine, attempts, **changes)


def wait(mine: Lease, *, until: datetime, note: str, journal: Journal, attempts: list[Attempt]) -> None:
    """The platform is at work: give the post back and come again at `until`. No worker is held meanwhile."""
    _write(mine, attempts, due_at=until, step=note[:120], journal=journal, hold=Hold.PLATFORM, **NO_LEASE)


def with_creator(
    post: Post, mine: Lease, *, until: datetime, note: str, journal: Journal, attempts: list[Attempt]
) -> None:
    """The platform has put it before the creator: AWAITING_CREATOR, asked about again at `until`."""
    changes: dict[str, Any] = {"due_at": until, "step": note[:120], "journal": journal, "hold": Hold.PLATFORM}
    with transaction.atomic():
        _write(mine, attempts, status=S.AWAITING_CREATOR, **changes, **NO_LEASE)
        if post.status != S.AWAITING_CREATOR:
            task = tasks.open_task(post, why=note)
            record(
                post, S.AWAITING_CREATOR, by=mine.worker, text=note, old=post.status, new=S.AWAITING_CREATOR,
                handoff=str(task.pk),
            )  # fmt: skip
    post.status = S.AWAITING_CREATOR


def _end_try(
    post: Post, mine: Lease, to: Status, attempts: list[Attempt], text: str, code: str, **changes: Any
) -> None:
    with transaction.atomic():
        _write(mine, attempts, status=to, error=text[:1000], error_code=code[:80], **NO_LEASE, **changes)
        if to != post.status:
            record(post, to, by=mine.worker, text=text, old=post.status, new=to, code=code)
        _end_task(post, to, mine.worker)
    post.status = to


def requeue(
    post: Post, mine: Lease, *, until: datetime | None, hold: Hold, reason: str, code: str, journal: Journal,
    attempts: list[Attempt], tries: int, commit_sent_at: datetime | None,
) -> None:  # fmt: skip
    """Surely nothing is live: QUEUED again, due at `until` (None: when its hold is released)."""
    freed = {} if hold == Hold.RETRY else {"reserved_at": None}
    _end_try(
        post, mine, S.QUEUED, attempts, reason, code,
        due_at=until, hold=hold, journal=journal, tries=tries, commit_sent_at=commit_sent_at, commit_open=False,
        step="", **freed,
    )  # fmt: skip


def fail(post: Post, mine: Lease, *, reason: str, code: str, attempts: list[Attempt]) -> None:
    """Refused for good, and surely nothing is live."""
    _end_try(
        post, mine, S.FAILED, attempts, reason, code,
        due_at=None, hold=Hold.NONE, commit_open=False, reserved_at=None, step="",
    )  # fmt: skip


def still_open(mine: Lease, *, until: datetime | None, hold: Hold, reason: str, attempts: list[Attempt],
               journal: Journal) -> None:  # fmt: skip
    """The outcome is still not known: ask again at `until`, or (None) when the account is linked again."""
    _write(mine, attempts, due_at=until, hold=hold, step=reason[:120], journal=journal, **NO_LEASE)


def unconfirmed(post: Post, mine: Lease, *, reason: str, code: str, attempts: list[Attempt], journal: Journal) -> None:
    """It may be live and the platform cannot tell: a person decides. Nothing repeats by itself."""
    _end_try(post, mine, S.UNCONFIRMED, attempts, reason, code, due_at=None, hold=Hold.NONE, step="", journal=journal)

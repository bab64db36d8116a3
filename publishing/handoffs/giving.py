"""The claim's other end: a due post that goes by hand is given to its creator, in one transaction, exactly once.

No network, no lease and no place in the account's windows: the account itself may be dead. Everything else is as for
posts by the API: the seal, the approval, the rights and the files are looked at now, not when it was planned.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from collavo.accounts.models import DeadLinkPolicy
from connectors.platforms.base import NotNow, PlatformError
from publishing import states
from publishing.checkpoints import checkpoint
from publishing.handoffs import finding
from publishing.models import Hold, Post, Status, Way
from publishing.preflight import checks_for, post_content, post_seal, refusal, why_by_hand
from publishing.sealed import check_bytes

ASK_AGAIN = timedelta(minutes=2)  # when the media storage cannot be reached


def why(post: Post) -> str:
    """Why a person posts it, as a sentence; "" when the API does."""
    if told := why_by_hand(post_content(post.version, post.options), post.connector, post.way):
        return told
    policy = post.workspace.dead_link_policy
    if policy == DeadLinkPolicy.HAND_OFF and post.connector.dead:
        return _("%(account)s has to be linked again, so the creator posts it by hand.") % {"account": post.connector}
    return ""


def give(pk: UUID, *, by: str) -> bool:
    """Give this due post to its creator, or refuse it. False: there was nothing to give, or somebody else has it."""
    broken = _broken_files(pk)
    checkpoint("hand_over:before_commit", pk)
    with transaction.atomic():
        post = next(iter(states.lock_due([pk])), None)
        if post is None or post.status != Status.QUEUED:
            return False
        reason = why(post)
        if not reason:
            states.give_back(post)  # its account was linked again at this very moment
            return False
        given = _give_or_refuse(post, by, reason, broken)
        checkpoint("hand_over:written", pk)
    checkpoint("hand_over:after_commit", pk)
    return given


def _give_or_refuse(post: Post, by: str, reason: str, broken: PlatformError | None) -> bool:
    blocking = [check for check in checks_for(post, way=Way.HAND) if check.blocks]
    if blocking:
        states.refuse(post, reason=refusal(blocking), code=blocking[0].code)
    elif isinstance(broken, NotNow):
        states.put_off(post, until=timezone.now() + ASK_AGAIN, hold=Hold.RETRY, reason=str(broken))
    elif broken:
        states.refuse(post, reason=str(broken), code=broken.code)
    else:
        look_at = finding.first_look(timezone.now())
        states.hand_over(post, by=by, why=reason, look_at=look_at, **_turned(post))
    return not blocking and not broken


def _turned(post: Post) -> dict[str, Any]:
    """A post that the API was to send goes by hand from here on, under a seal that says so."""
    if post.way == Way.HAND:
        return {}
    return {"way": Way.HAND, "seal": post_seal(post.version, post.connector_id, post.options, Way.HAND)}


def _broken_files(pk: UUID) -> PlatformError | None:
    """What is wrong with its files (NotNow: they cannot be read now); None when they are those that were approved."""
    post = Post.objects.select_related("version").get(pk=pk)
    try:
        check_bytes(post.version.ordered_items())
    except PlatformError as e:
        return e
    return None

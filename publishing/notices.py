"""Who is told when a post needs a person: its owner, once per event, in the transaction that the event commits with.

Failed, unconfirmed, late and skipped posts have a notice each. An account that does not work has one for all the posts
that wait for it, until it works again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop, ngettext

from collavo.accounts.models import User
from collavo.timeline.models import Event
from collavo.timeline.notices import NOW, Message, audience, settle, tell
from collavo.timeline.signals import recorded
from connectors.models import Connector, ConnectorStatus
from publishing.chips import story
from publishing.handoffs import notices as handoff_notices
from publishing.models import Hold, Post, Status

BURST = timedelta(minutes=1)  # late posts come in swarms, after an outage: one mail for all of them
WORKED = ("linked", "relinked", "verified", "resumed")
WAITING = (Status.SCHEDULED, Status.QUEUED, Status.PUBLISHING)


@receiver(recorded, sender=Event)
def on_event(event: Event, **_: Any) -> None:
    if do := DOINGS.get((event.subject_type, event.verb)):
        do(event)


# --- Posts -----------------------------------------------------------------------------------------------------------


def failed(event: Event) -> None:
    _tell_of_post(event, gettext_noop("%(asset)s was not published on %(account)s"))


def unconfirmed(event: Event) -> None:
    _tell_of_post(
        event, gettext_noop("%(asset)s may be live on %(account)s: please look"), icon="question", kind="wait"
    )


def held(event: Event) -> None:
    if event.data.get("hold") == Hold.LATE:
        _tell_of_post(
            event, gettext_noop("%(asset)s missed its time on %(account)s and waits for you"), kind="wait", gather=BURST
        )
    elif event.data.get("hold") == Hold.CONNECTOR:
        post = _post(event)
        _tell_of_account(post.connector, post.by)


def canceled(event: Event) -> None:
    """By the workspace's policy for late posts; what a person cancels is no news."""
    if event.user_id is None and event.by == "worker":
        _tell_of_post(
            event,
            gettext_noop("%(asset)s missed its time on %(account)s and was canceled"),
            icon="clock",
            kind="wait",
            gather=BURST,
        )
    else:
        seen_to(event)


def published(event: Event) -> None:
    """An unconfirmed post turned out to be live; for all others there is nothing to settle."""
    if event.data.get("old") == Status.UNCONFIRMED:
        seen_to(event)


def seen_to(event: Event) -> None:
    """Somebody has acted on it, so it waits for nobody any more."""
    settle(event.subject_id)


def _post(event: Event) -> Post:
    """As it stands after the move."""
    return Post.objects.with_parts().get(pk=event.subject_id)


def _tell_of_post(event: Event, title: str, *, icon: str = "warn", kind: str = "bad", gather: timedelta = NOW) -> None:
    post = _post(event)
    told = story(post)
    message = Message(
        key=f"event:{event.pk}", workspace_id=post.workspace_id, subject_type="post", subject_id=post.pk,
        title=gettext(title) % {"asset": f"“{post.version.asset}”", "account": post.connector}, icon=icon, kind=kind,
        gather=gather,
        sentences=told.sentences if told else [event.text],
        path=reverse("publishing:post", args=[post.workspace.slug, post.pk]),
    )  # fmt: skip
    tell(audience(post.workspace_id, post.by), message)


# --- Accounts --------------------------------------------------------------------------------------------------------


def account_broke(event: Event) -> None:
    """The platform said that the link is dead: whoever has posts ahead of them there is told."""
    connector = Connector.objects.without_tokens().select_related("workspace").get(pk=event.subject_id)
    people = User.objects.filter(pk__in=_waiting(connector).values("by"))
    _tell_of_account(connector, *people)


def account_gone(event: Event) -> None:
    """Disconnected: news when its owner did it at the platform, none when a person did it here."""
    if event.user_id is None:
        account_broke(event)


def account_works(event: Event) -> None:
    """Its posts go on. What else was said of it (that its link ends) stays, unless it was linked anew."""
    settle(event.subject_id, matter="" if event.verb in ("linked", "relinked") else "account:")


def _tell_of_account(connector: Connector, *owners: User | None) -> None:
    waiting, problem = list(_waiting(connector).values_list("commit_open", flat=True)), connector.problem()
    message = Message(
        key=f"account:{connector.pk}:{_last_good(connector)}", workspace_id=connector.workspace_id,
        subject_type="connector", subject_id=connector.pk, icon="link", topic="account",
        title=_trouble(connector, _posts(len(waiting))),
        sentences=[
            problem,
            gettext("Of one post it is not known yet whether it is live.")
            if any(waiting)
            else gettext("Nothing of them is live."),
            gettext(
                "They go out by themselves as soon as the account works again; what is late by then may wait for you."
            ),
            "" if gettext("Connections") in problem else gettext("Open Connections and link the account again."),
        ],
        path=reverse("connectors:account", args=[connector.workspace.slug, connector.pk]),
    )  # fmt: skip
    tell(audience(connector.workspace_id, *owners), message)


def _waiting(connector: Connector) -> Any:
    """Its posts that would go out by themselves; late ones wait for a person, whatever becomes of the account."""
    return Post.objects.filter(connector=connector, status__in=WAITING).exclude(hold=Hold.LATE)


def _last_good(connector: Connector) -> object:
    """What tells one trouble from the next: the last time that the account worked."""
    good = Event.objects.filter(subject_id=connector.pk, verb__in=WORKED).order_by("-at", "-id")
    return good.values_list("pk", flat=True).first()


def _trouble(connector: Connector, posts: str) -> str:
    titles = {
        ConnectorStatus.PAUSED: gettext("%(account)s is paused: %(posts)s"),
        ConnectorStatus.DISABLED: gettext("%(account)s is switched off: %(posts)s"),
        ConnectorStatus.DISCONNECTED: gettext("%(account)s is disconnected: %(posts)s"),
    }
    dead = gettext("%(account)s has to be linked again: %(posts)s")
    return titles.get(ConnectorStatus(connector.status), dead) % {"account": connector, "posts": posts}


def _posts(count: int) -> str:
    if not count:
        return gettext("no post waits for it")
    return ngettext("%(count)d post waits for it", "%(count)d posts wait for it", count) % {"count": count}


DOINGS: dict[tuple[str, str], Callable[[Event], None]] = {
    ("post", "failed"): failed,
    ("post", "unconfirmed"): unconfirmed,
    ("post", "held"): held,
    ("post", "canceled"): canceled,
    ("post", "published"): published,
    ("post", "awaiting_creator"): handoff_notices.opened,
    **{
        ("post", verb): seen_to
        for verb in ("retried", "sent_now", "rescheduled", "confirmed_live", "confirmed_not_live")
    },
    ("connector", "needs_relink"): account_broke,
    ("connector", "disconnected"): account_gone,
    ("connector", "forgotten"): account_gone,
    **{("connector", verb): account_works for verb in WORKED},
}

"""What people are told of hand-offs: once per person and matter, in the transaction of what they are told of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from collavo.accounts.models import User
from collavo.timeline.models import Event
from collavo.timeline.notices import Message, audience, tell
from publishing.handoffs.personal_links import path_for
from publishing.models import Handoff, Post
from publishing.moments import full_words, wait_words


def path(handoff: Handoff) -> str:
    """The page where something can be done about it, below BASE_URL."""
    return reverse("publishing:post", args=[handoff.workspace.slug, handoff.post_id])


def opened(event: Event) -> None:
    """A post was handed to its creator: `event` is that line of its history."""
    handoff = _handoff(event.data["handoff"])
    _tell_creator(handoff, _message(handoff, "open", _("%(what)s: post it now") % {"what": _what(handoff.post)}))


def given(handoff: Handoff) -> None:
    """It was given to this person, who may have had it before."""
    key = f"given:{timezone.now():%Y%m%d%H%M%S%f}"
    title = _("%(what)s was given to you: post it") % {"what": _what(handoff.post)}
    _tell_creator(handoff, _message(handoff, key, title))


def reminded(handoff: Handoff) -> None:
    title = _("%(what)s still waits to be posted") % {"what": _what(handoff.post)}
    _tell_creator(handoff, _message(handoff, f"reminder:{handoff.reminders}", title, kind="wait"))


def escalated(handoff: Handoff) -> None:
    """The managers are told that nobody has posted it."""
    who = str(handoff.assignee or _("Nobody"))
    title = _("%(who)s has not posted %(what)s") % {"who": who, "what": _what(handoff.post)}
    more = [_("Remind them, give it to somebody else, say that it is live, or cancel it.")]
    people = audience(handoff.workspace_id, handoff.post.by)
    tell(people, _message(handoff, "escalated", title, more, kind="bad", icon="warn"))


def ahead(post: Post, person: User, at: datetime) -> None:
    """Its moment comes soon. Told once per moment: what is moved is told again."""
    now = timezone.now()
    title = _("%(what)s: yours to post %(when)s") % {"what": _what(post), "when": wait_words(at, now)}
    asked = _("At %(when)s you will be asked to post it by hand.") % {"when": full_words(at, post.connector.zone, now)}
    message = Message(
        key=f"handoff-ahead:{post.pk}:{at:%Y%m%d%H%M}", workspace_id=post.workspace_id, subject_type="post",
        subject_id=post.pk, icon="clock", kind="hand", title=title, sentences=[asked],
        path=reverse("publishing:post", args=[post.workspace.slug, post.pk]), topic="handoff",
    )  # fmt: skip
    tell([person], message)


def _message(
    handoff: Handoff, matter: str, title: str, more: Iterable[str] = (), *, kind: str = "hand", icon: str = "hand"
) -> Message:
    post, now = handoff.post, timezone.now()
    planned = _("Planned for %(when)s.") % {"when": full_words(handoff.due_at, post.connector.zone, now)}
    return Message(
        key=f"handoff:{handoff.pk}:{matter}", workspace_id=handoff.workspace_id, subject_type="handoff",
        subject_id=handoff.pk, icon=icon, kind=kind, title=title, sentences=[handoff.why, planned, *more],
        path=path(handoff), topic="handoff",
    )  # fmt: skip


def _tell_creator(handoff: Handoff, message: Message) -> None:
    """The one whose task it is gets the link that opens it without an account; all others the console's page."""
    for person in _creator(handoff):
        own = path_for(handoff, person) if person == handoff.assignee else message.path
        tell([person], replace(message, path=own))


def _creator(handoff: Handoff) -> list[User]:
    """Whose task it is; where that is nobody, everybody who publishes there."""
    return [handoff.assignee] if handoff.assignee else audience(handoff.workspace_id)


def _what(post: Post) -> str:
    return _("“%(asset)s” on %(account)s") % {"asset": post.version.asset, "account": post.connector}


def _handoff(pk: str) -> Handoff:
    return Handoff.objects.with_parts().get(pk=pk)

"""What can be told: the kinds of events by the thing they are about. docs/webhooks.md describes each."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from collavo.words import worded


@worded("label")
@dataclass(frozen=True)
class Group:
    """One kind of thing: its name in an event's type, for people, and what can happen to it."""

    key: str
    label: str
    verbs: dict[str, str]

    @property
    def all(self) -> str:
        return f"{self.key}.*"

    @property
    def types(self) -> dict[str, str]:
        return {f"{self.key}.{verb}": gettext(words) for verb, words in self.verbs.items()}


GROUPS = (
    Group(
        "post",
        gettext_noop("Posts"),
        {
            "scheduled": gettext_noop("was given its moment"),
            "rescheduled": gettext_noop("was moved to another moment"),
            "queued": gettext_noop("is about to be published"),
            "sent_now": gettext_noop("is published at once, because a person asked"),
            "publishing": gettext_noop("is being published"),
            "published": gettext_noop("is live: the platform said so"),
            "held": gettext_noop("has to wait, and why"),
            "awaiting_creator": gettext_noop("was put before its creator"),
            "failed": gettext_noop("was not published"),
            "unconfirmed": gettext_noop("may be live: nobody can know without looking"),
            "confirmed_live": gettext_noop("was found live by a person"),
            "confirmed_not_live": gettext_noop("was found not to be live by a person, and goes out again"),
            "asked_again": gettext_noop("is looked for again, because a person asked"),
            "retried": gettext_noop("is tried again, because a person asked"),
            "canceled": gettext_noop("was canceled"),
            "by_hand": gettext_noop("is to be posted by hand, because a person chose so"),
            "published_again": gettext_noop("goes out again, for everybody"),
            "follow_up_failed": gettext_noop("is live, but something behind it could not be done"),
        },
    ),
    Group(
        "version",
        gettext_noop("Versions in review"),
        {
            "submitted": gettext_noop("was sent in for review"),
            "approved": gettext_noop("was accepted"),
            "regenerating": gettext_noop("has to be made anew"),
            "rejected": gettext_noop("was rejected"),
            "superseded": gettext_noop("was replaced by a newer one"),
            "undone": gettext_noop("is in review again: a decision was taken back"),
            "commented": gettext_noop("was commented on"),
            "due_set": gettext_noop("got a day by which to decide"),
            "link_made": gettext_noop("got a link by which somebody outside decides"),
            "link_revoked": gettext_noop("lost such a link"),
        },
    ),
    Group(
        "handoff",
        gettext_noop("Hand-offs"),
        {
            "opened": gettext_noop("waits for its creator"),
            "assigned": gettext_noop("was given to somebody else"),
            "reminded": gettext_noop("was brought to mind"),
            "escalated": gettext_noop("is overdue, and managers were told"),
            "later": gettext_noop("is posted at another moment"),
            "posted": gettext_noop("is live, by hand"),
            "could_not": gettext_noop("could not be posted"),
            "canceled": gettext_noop("was taken back"),
        },
    ),
    Group(
        "connector",
        gettext_noop("Accounts"),
        {
            "linked": gettext_noop("was linked"),
            "relinked": gettext_noop("was linked again"),
            "verified": gettext_noop("was verified"),
            "needs_relink": gettext_noop("has to be linked again"),
            "paused": gettext_noop("was paused"),
            "resumed": gettext_noop("is no longer paused"),
            "disabled": gettext_noop("was switched off"),
            "disconnected": gettext_noop("was disconnected"),
            "forgotten": gettext_noop("was forgotten, because its owner asked the platform"),
            "changed": gettext_noop("was changed here"),
        },
    ),
)
TYPES = tuple(f"{group.key}.{verb}" for group in GROUPS for verb in group.verbs)
KNOWN = {*TYPES, *(group.all for group in GROUPS)}
TEST = "webhook.test"

"""What can be told: the kinds of events by the thing they are about. docs/webhooks.md describes each."""

from __future__ import annotations

from dataclasses import dataclass


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
        return {f"{self.key}.{verb}": words for verb, words in self.verbs.items()}


GROUPS = (
    Group("post", "Posts", {
        "scheduled": "was given its moment",
        "rescheduled": "was moved to another moment",
        "queued": "is about to be published",
        "sent_now": "is published at once, because a person asked",
        "publishing": "is being published",
        "published": "is live: the platform said so",
        "held": "has to wait, and why",
        "awaiting_creator": "was put before its creator",
        "failed": "was not published",
        "unconfirmed": "may be live: nobody can know without looking",
        "confirmed_live": "was found live by a person",
        "confirmed_not_live": "was found not to be live by a person, and goes out again",
        "asked_again": "is looked for again, because a person asked",
        "retried": "is tried again, because a person asked",
        "canceled": "was canceled",
        "by_hand": "is to be posted by hand, because a person chose so",
        "published_again": "goes out again, for everybody",
        "follow_up_failed": "is live, but something behind it could not be done",
    }),
    Group("version", "Versions in review", {
        "submitted": "was sent in for review",
        "approved": "was accepted",
        "regenerating": "has to be made anew",
        "rejected": "was rejected",
        "superseded": "was replaced by a newer one",
        "undone": "is in review again: a decision was taken back",
        "commented": "was commented on",
        "due_set": "got a day by which to decide",
        "link_made": "got a link by which somebody outside decides",
        "link_revoked": "lost such a link",
    }),
    Group("handoff", "Hand-offs", {
        "opened": "waits for its creator",
        "assigned": "was given to somebody else",
        "reminded": "was brought to mind",
        "escalated": "is overdue, and managers were told",
        "later": "is posted at another moment",
        "posted": "is live, by hand",
        "could_not": "could not be posted",
        "canceled": "was taken back",
    }),
    Group("connector", "Accounts", {
        "linked": "was linked",
        "relinked": "was linked again",
        "verified": "was verified",
        "needs_relink": "has to be linked again",
        "paused": "was paused",
        "resumed": "is no longer paused",
        "disabled": "was switched off",
        "disconnected": "was disconnected",
        "forgotten": "was forgotten, because its owner asked the platform",
        "changed": "was changed here",
    }),
)  # fmt: skip
TYPES = {name: words for group in GROUPS for name, words in group.types.items()}
KNOWN = {*TYPES, *(group.all for group in GROUPS)}
TEST = "webhook.test"

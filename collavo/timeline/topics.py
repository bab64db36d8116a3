"""What people are told of, as data. Who is told of something names its topic; each person chooses how, per topic."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy, gettext_noop

from collavo.words import worded


class Mail(models.TextChoices):
    NOW = "now", gettext_lazy("At once")
    DAILY = "daily", gettext_lazy("In the daily mail")
    OFF = "off", gettext_lazy("No mail")


@worded("label", "help")
@dataclass(frozen=True)
class Topic:
    """One kind of notice. In the console it always appears; `mail` and `push` are what counts until one chooses."""

    key: str
    label: str
    help: str
    mail: Mail = Mail.NOW
    push: bool = True


TOPICS = {
    topic.key: topic
    for topic in (
        Topic(
            "handoff",
            gettext_noop("Posting by hand"),
            gettext_noop("It is time to post something by hand, or such a task is overdue."),
        ),
        Topic(
            "post",
            gettext_noop("Posts that need you"),
            gettext_noop("A post failed, is late, or it is not known whether it is live."),
        ),
        Topic(
            "account",
            gettext_noop("Accounts and webhooks"),
            gettext_noop("One has to be linked again, will have to be soon, or was switched off."),
        ),
        Topic(
            "review",
            gettext_noop("Content to review"),
            gettext_noop("Something waits long for your decision, or is due."),
            push=False,
        ),
        Topic(
            "decision",
            gettext_noop("Decisions"),
            gettext_noop("Your content was accepted, rejected, or is to be made again."),
            push=False,
        ),
        Topic(
            "studio",
            gettext_noop("Studios"),
            gettext_noop("What you asked a studio for is ready to review, or could not be made."),
            push=False,
        ),
        Topic("comment", gettext_noop("Comments"), gettext_noop("Somebody answered or mentioned you."), push=False),
        Topic(
            "rights",
            gettext_noop("Usage rights"),
            gettext_noop("Rights of an asset end soon."),
            mail=Mail.DAILY,
            push=False,
        ),
    )
}

"""What people are told of, as data. Who is told of something names its topic; each person chooses how, per topic."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models


class Mail(models.TextChoices):
    NOW = "now", "At once"
    DAILY = "daily", "In the daily mail"
    OFF = "off", "No mail"


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
        Topic("handoff", "Posting by hand", "It is time to post something by hand, or such a task is overdue."),
        Topic("post", "Posts that need you", "A post failed, is late, or it is not known whether it is live."),
        Topic(
            "account", "Accounts and webhooks", "One has to be linked again, will have to be soon, or was switched off."
        ),
        Topic("review", "Content to review", "Something waits long for your decision, or is due.", push=False),
        Topic("decision", "Decisions", "Your content was accepted, rejected, or is to be made again.", push=False),
        Topic("studio", "Studios", "What you asked a studio for is ready to review, or could not be made.", push=False),
        Topic("comment", "Comments", "Somebody answered or mentioned you.", push=False),
        Topic("rights", "Usage rights", "Rights of an asset end soon.", mail=Mail.DAILY, push=False),
    )
}  # fmt: skip

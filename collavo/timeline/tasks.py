"""What the task queue runs about notices. It may deliver a task twice; `mailing.send` lets one through."""

from uuid import UUID

from django_q.tasks import async_task

from collavo.timeline import mailing
from collavo.timeline.notices import MAIL_TASK


def mail(user: str) -> int:
    """One mail to this person with all that is due."""
    return mailing.send(UUID(user))


def mail_due() -> int:
    """Scheduled every minute: mails that had to wait, and those whose task was lost. How many people."""
    people = mailing.readers()
    for pk in people:
        async_task(MAIL_TASK, str(pk))
    return len(people)

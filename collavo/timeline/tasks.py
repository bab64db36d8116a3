"""What the task queue runs about notices. It may deliver a task twice: `mailing.send`, `push.send` let one through."""

from uuid import UUID

from django_q.tasks import async_task

from collavo.timeline import mailing
from collavo.timeline import push as pushing
from collavo.timeline.notices import MAIL_TASK, PUSH_TASK


def mail(user: str) -> int:
    """One mail to this person with all that is due."""
    return mailing.send(UUID(user))


def push(user: str) -> int:
    """All that is due, to this person's browsers."""
    return pushing.send(UUID(user))


def mail_due() -> int:
    """Scheduled every minute: mails and pushes that had to wait, and those whose task was lost. How many mails."""
    people = mailing.readers()
    for pk in people:
        async_task(MAIL_TASK, str(pk))
    for pk in pushing.waiting().order_by().values_list("user", flat=True).distinct():
        async_task(PUSH_TASK, str(pk))
    return len(people)

"""A person is told once, in the console at once and by mail at most once, whoever is killed at whatever moment."""

from __future__ import annotations

import html
import re
import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django.fixtures import Settings

from collavo.accounts.models import Membership, Role, User, Workspace
from collavo.timeline import mailing, tasks
from collavo.timeline.choices import switch_mail
from collavo.timeline.models import Notice
from collavo.timeline.notices import Message, audience, settle, tell
from tests.console import signed_in, text
from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db
HERE = "tests.collavo.timeline.test_notices"


def message(workspace: Workspace, key: str = "event:1", **values: Any) -> Message:
    fields: dict[str, Any] = {
        "key": key, "workspace_id": workspace.pk, "subject_type": "post", "subject_id": uuid4(),
        "title": "“Overshirt” was not published", "sentences": ["The picture is too large.", "Nothing is live."],
        "path": f"/w/{workspace.slug}/posts/1/",
    }  # fmt: skip
    return Message(**fields | values)


@pytest.fixture
def member() -> Membership:
    return make_member(make_workspace("Fjord Supply"), Role.MANAGER)


def told(member: Membership, *keys: str, **values: Any) -> None:
    for key in keys or ("event:1",):
        tell([member.user], message(member.workspace, key, **values))


def send(member: Membership) -> int:
    return mailing.send(member.user_id)


def send_later(member: Membership, minutes: int = 10) -> int:
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        return send(member)


# --- Told once -------------------------------------------------------------------------------------------------------


def test_the_same_matter_is_told_once_however_often_it_is_said(member: Membership) -> None:
    told(member, "event:1", "event:1", "event:2")
    assert Notice.objects.of(member.user, member.workspace).unread().count() == 2


def test_a_notice_exists_only_if_the_change_it_is_about_commits(member: Membership) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        told(member)
        raise RuntimeError
    assert not Notice.objects.exists() and not OrmQ.objects.exists()


def test_the_owner_is_told_and_without_one_everybody_who_publishes(member: Membership) -> None:
    workspace = member.workspace
    other, viewer = make_member(workspace, Role.OWNER), make_member(workspace, Role.VIEWER)
    gone = make_member(make_workspace())
    assert audience(workspace.pk, member.user) == [member.user]
    for owner in (None, gone.user, viewer.user):
        assert set(audience(workspace.pk, owner)) == {member.user, other.user}
    User.objects.filter(pk=member.user_id).update(is_active=False)
    member.user.refresh_from_db()
    assert audience(workspace.pk, member.user) == [other.user]


# --- Mailed at most once ---------------------------------------------------------------------------------------------


class Refusing(BaseEmailBackend):
    def send_messages(self, email_messages: Any) -> int:
        raise smtplib.SMTPDataError(451, b"Try again later")


class Silent(BaseEmailBackend):
    def send_messages(self, email_messages: Any) -> int:
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")


class Unreachable(BaseEmailBackend):
    def open(self) -> bool | None:
        raise ConnectionRefusedError(111, "Connection refused")


class Killed(BaseEmailBackend):
    def send_messages(self, email_messages: Any) -> int:
        raise SystemExit


class KilledBefore(BaseEmailBackend):
    def open(self) -> bool | None:
        raise SystemExit


def use(settings: Settings, backend: type[BaseEmailBackend] | None) -> None:
    path = f"{HERE}.{backend.__name__}" if backend else "django.core.mail.backends.locmem.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": path}}


def only_mail() -> EmailMessage:
    (found,) = mail.outbox
    return found


def test_the_mail_says_what_happened_where_and_what_one_can_do(member: Membership, settings: Settings) -> None:
    settings.BASE_URL = "https://collavo.example"
    told(member)
    assert send(member) == 1
    found = only_mail()
    assert found.to == [member.user.email] and found.subject == "“Overshirt” was not published · Fjord Supply"
    for part in ("The picture is too large.\nNothing is live.", "https://collavo.example/w/", "notices/choices/"):
        assert part in found.body
    assert found.extra_headers["Auto-Submitted"] == "auto-generated"
    assert Notice.objects.get().mailed_at is not None


def test_a_mail_is_sent_once_however_often_its_task_runs(member: Membership) -> None:
    told(member)
    assert [send(member), send(member), send_later(member)] == [1, 0, 0]
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_workers_that_race_send_one_mail(member: Membership) -> None:
    told(member, "event:1", "event:2")

    def work(_: int) -> int:
        try:
            return send(member)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == [0, 0, 0, 2]
    assert only_mail().subject == "2 things need you · Fjord Supply"


def test_what_happens_within_two_minutes_of_a_mail_comes_in_one_digest(member: Membership) -> None:
    told(member, "event:0")
    assert send(member) == 1
    told(member, *(f"event:{n}" for n in range(1, 21)))
    assert send(member) == 0, "not yet"
    assert send_later(member, 3) == 20
    assert len(mail.outbox) == 2 and "20 things need you" in mail.outbox[1].subject


@pytest.mark.parametrize(("backend", "mails"), [(KilledBefore, 1), (Killed, 0)])
def test_a_worker_killed_before_the_handing_over_loses_no_mail_and_one_killed_after_it_repeats_none(
    backend: type[BaseEmailBackend], mails: int, member: Membership, settings: Settings
) -> None:
    told(member)
    use(settings, backend)
    with pytest.raises(SystemExit):
        send(member)
    use(settings, None)
    assert send_later(member) == mails == len(mail.outbox)
    assert Notice.objects.unread().count() == 1, "the console says it in any case"


@pytest.mark.parametrize("backend", [Refusing, Unreachable])
def test_a_mail_that_was_surely_not_sent_is_tried_again_later(
    backend: type[BaseEmailBackend], member: Membership, settings: Settings
) -> None:
    told(member)
    use(settings, backend)
    assert send(member) == 0 == send(member)
    waiting = Notice.objects.get()
    assert (waiting.mailed_at, waiting.mail_tries) == (None, 1) and waiting.mail_error.startswith("Not sent")
    use(settings, None)
    assert send(member) == 0, "not before its time"
    assert send_later(member) == 1 and not Notice.objects.get().mail_error


def test_a_mail_that_is_refused_again_and_again_is_given_up(member: Membership, settings: Settings) -> None:
    told(member)
    use(settings, Refusing)
    for hours in range(1, 9):
        send_later(member, hours * 6 * 60)
    given_up = Notice.objects.get()
    assert (given_up.mail_at, given_up.mailed_at, given_up.mail_tries) == (None, None, 6)


def test_silence_after_the_handing_over_is_not_repeated_and_is_said(member: Membership, settings: Settings) -> None:
    told(member)
    use(settings, Silent)
    send(member)
    use(settings, None)
    assert send_later(member) == 0 and not mail.outbox
    assert "may have arrived" in Notice.objects.get().mail_error


def test_nobody_gets_mail_who_does_not_want_it_or_has_left(member: Membership) -> None:
    switch_mail(member.user, on=False)
    told(member, "event:1")
    assert send(member) == 0 and Notice.objects.count() == 1
    switch_mail(member.user, on=True)
    told(member, "event:2")
    Membership.objects.filter(pk=member.pk).delete()
    assert send(member) == 0 and not mail.outbox
    assert not Notice.objects.filter(mail_at__isnull=False).exists()


def test_what_somebody_has_seen_to_meanwhile_is_not_mailed(member: Membership) -> None:
    subject = uuid4()
    told(member, subject_id=subject, gather=timedelta(minutes=1))
    settle(subject)
    assert send_later(member) == 0 and Notice.objects.get().read_at is not None


def test_one_matter_of_a_thing_can_be_settled_alone(member: Membership) -> None:
    subject = uuid4()
    told(member, "account:1", "link ends:1", subject_id=subject)
    settle(subject, matter="account:")
    assert Notice.objects.unread().get().key == "link ends:1"


def test_the_schedule_finds_mails_whose_task_was_lost_and_those_that_waited(member: Membership) -> None:
    told(member, "event:1")
    OrmQ.objects.all().delete()
    told(member, "event:2", gather=timedelta(minutes=1))
    assert not OrmQ.objects.exists()
    assert (tasks.mail_due(), OrmQ.objects.count()) == (1, 1)
    assert tasks.mail(str(member.user_id)) == 1
    assert tasks.mail_due() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        assert tasks.mail_due() == 1 == tasks.mail(str(member.user_id))


# --- The page --------------------------------------------------------------------------------------------------------


def url(name: str, member: Membership, *args: object) -> str:
    return reverse(f"timeline:{name}", args=[member.workspace.slug, *args])


def test_the_page_lists_what_is_new_and_the_frame_counts_it(member: Membership) -> None:
    told(member, "event:1", "event:2")
    page = text(signed_in(member).get(url("notices", member)))
    assert page.count("“Overshirt” was not published (unread)") == 2 and "2 unread" in page


def test_an_empty_page_says_what_will_appear_there(member: Membership) -> None:
    page = text(signed_in(member).get(url("notices", member)))
    assert "Nothing needs you" in page and "Mark all as read" not in page


def test_opening_a_notice_leads_to_its_page_and_marks_it_read(member: Membership) -> None:
    told(member)
    notice = Notice.objects.get()
    response = signed_in(member).get(url("notice", member, notice.pk))
    assert response["Location"] == notice.path
    first = Notice.objects.get().read_at
    signed_in(member).get(url("notice", member, notice.pk))
    assert first is not None and Notice.objects.get().read_at == first


def test_one_or_all_are_marked_read_by_plain_forms(member: Membership) -> None:
    told(member, "event:1", "event:2", "event:3")
    client = signed_in(member)
    client.post(url("read", member), {"notice": Notice.objects.first().pk})  # type: ignore[union-attr]
    assert Notice.objects.unread().count() == 2
    client.post(url("read", member))
    assert not Notice.objects.unread().exists()
    assert client.post(url("read", member), {"notice": "x"}).status_code == 404


def test_nobody_sees_or_marks_another_persons_notices(member: Membership) -> None:
    told(member)
    client = signed_in(other := make_member(member.workspace))
    assert "Overshirt" not in text(client.get(url("notices", other)))
    assert client.get(url("notice", other, Notice.objects.get().pk)).status_code == 404
    client.post(url("read", other))
    client.post(url("read", other), {"notice": Notice.objects.get().pk})
    assert Notice.objects.unread().count() == 1


def test_many_notices_are_paged_with_as_many_queries_as_one(member: Membership) -> None:
    told(member, "event:0")
    client = signed_in(member)
    client.get(url("notices", member))
    with CaptureQueriesContext(connection) as one:
        client.get(url("notices", member))
    told(member, *(f"event:{n}" for n in range(1, 60)))
    with CaptureQueriesContext(connection) as many:
        page = client.get(url("notices", member)).content.decode()
    assert len(many) == len(one)
    (more,) = set(re.findall(r'href="([^"]+\?before=[^"]+)"', page))
    rest = client.get(html.unescape(more), headers={"HX-Request": "true"}).content.decode()
    assert (page.count('class="notice '), rest.count('class="notice ')) == (40, 20)
    assert client.get(url("notices", member), {"before": "nonsense~"}).status_code == 200

"""Each person chooses per topic: mail at once, once a day or never, and push or not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django_q.models import OrmQ

from collavo.accounts.models import Membership, Role
from collavo.timeline import mailing
from collavo.timeline.choices import Choice, choose, chosen, last_daily, next_daily, switch_mail
from collavo.timeline.models import DailyMail, Notice
from collavo.timeline.notices import Message, settle, tell
from collavo.timeline.topics import TOPICS, Mail
from tests.collavo.timeline.test_notices import message, url
from tests.console import signed_in, text
from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def member() -> Membership:
    return make_member(make_workspace("Fjord Supply", time_zone="Europe/Zurich"), Role.MANAGER)


def told(member: Membership, *keys: str, **values: Any) -> None:
    for key in keys:
        tell([member.user], message(member.workspace, key, **values))


def want(member: Membership, topic: str = "post", mail: Mail = Mail.DAILY, push: bool = True, hour: int = 8,
         zone: str = "Europe/Zurich") -> None:  # fmt: skip
    choices = chosen(member.user) | {topic: Choice(mail, push)}
    choose(member.user, choices, hour=hour, time_zone=zone)


def mailed(member: Membership, at: datetime) -> int:
    with time_machine.travel(at, tick=False):
        return sum(mailing.send(pk) for pk in mailing.readers() if pk == member.user_id)


# --- Choosing --------------------------------------------------------------------------------------------------------


def test_until_one_chooses_the_topics_own_ways_count(member: Membership) -> None:
    told(member, "a", topic="post")
    told(member, "b", topic="rights")
    at_once, daily = Notice.objects.get(key="a"), Notice.objects.get(key="b")
    assert at_once.mail_at and not at_once.daily
    assert daily.daily and DailyMail.objects.get().time_zone == "Europe/Zurich"


def test_an_unknown_topic_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="no topic"):
        message(make_workspace(), topic="gossip")


def test_each_topic_goes_its_own_way_and_only_for_who_chose_it(member: Membership) -> None:
    other = make_member(member.workspace)
    want(member, "post", Mail.OFF)
    tell([member.user, other.user], message(member.workspace, "a"))
    told(member, "b", topic="account")
    assert Notice.objects.get(user=member.user, key="a").mail_at is None
    assert Notice.objects.get(user=member.user, key="b").mail_at and Notice.objects.get(user=other.user).mail_at
    assert Notice.objects.count() == 3, "the console says everything"


def test_what_waits_follows_a_new_choice(member: Membership) -> None:
    told(member, "a", "b")
    want(member, mail=Mail.DAILY)
    assert Notice.objects.filter(daily=True, mail_at__isnull=False).count() == 2
    want(member, mail=Mail.NOW)
    assert Notice.objects.filter(daily=False, mail_at__isnull=False).count() == 2
    want(member, mail=Mail.OFF)
    assert not Notice.objects.filter(mail_at__isnull=False).exists()


def test_mails_switched_off_altogether_count_before_every_choice(member: Membership) -> None:
    want(member, mail=Mail.DAILY)
    switch_mail(member.user, on=False)
    told(member, "a")
    assert Notice.objects.get().mail_at is None and not OrmQ.objects.exists()


# --- The mail of the day ---------------------------------------------------------------------------------------------


def test_the_mail_of_the_day_holds_all_of_it_and_goes_once_at_its_hour(member: Membership) -> None:
    with time_machine.travel(NOON, tick=False):
        want(member)
        told(member, "a", "b")
        told(member, "c", topic="account", sentences=["Link it again."])
        assert OrmQ.objects.count() == 1, "only the one that goes at once"
    assert mailed(member, NOON) == 1
    eight = datetime(2026, 11, 22, 7, tzinfo=UTC)  # in Zurich
    assert mailed(member, eight - timedelta(minutes=1)) == 0
    assert mailed(member, eight) == 2
    assert mailed(member, eight + timedelta(hours=3)) == 0
    assert [m.subject for m in mail.outbox][1] == "2 things need you · Fjord Supply"


def test_what_comes_too_late_for_todays_mail_waits_for_tomorrows(member: Membership) -> None:
    eight = datetime(2026, 11, 22, 7, tzinfo=UTC)
    with time_machine.travel(eight - timedelta(hours=1), tick=False):
        want(member)
        told(member, "a")
    assert mailed(member, eight) == 1
    with time_machine.travel(eight - timedelta(seconds=1), tick=False):  # its transaction ended after the mail
        told(member, "b")
    assert mailed(member, eight + timedelta(minutes=5)) == 0
    assert mailed(member, eight + timedelta(days=1)) == 1 and len(mail.outbox) == 2


def test_there_is_no_mail_of_the_day_about_what_was_seen_to(member: Membership) -> None:
    with time_machine.travel(NOON, tick=False):
        want(member)
        told(member, "a")
        settle(Notice.objects.get().subject_id)
    assert mailed(member, NOON + timedelta(days=1)) == 0 and not mail.outbox


def moment(hour: int, zone: str, after: datetime) -> datetime:
    return next_daily(DailyMail(hour=hour, time_zone=zone), after)


def test_the_hour_is_that_of_the_chosen_zone_and_keeps_to_its_clock() -> None:
    assert moment(8, "America/New_York", NOON) == datetime(2026, 11, 21, 13, tzinfo=UTC)
    assert moment(8, "Europe/Zurich", NOON) == datetime(2026, 11, 22, 7, tzinfo=UTC)
    assert moment(8, "Europe/Zurich", datetime(2026, 7, 1, 12, tzinfo=UTC)) == datetime(2026, 7, 2, 6, tzinfo=UTC)


def test_an_hour_that_summer_time_skips_or_doubles_comes_once_a_day() -> None:
    when = DailyMail(hour=2, time_zone="Europe/Zurich")
    for noon in (datetime(2027, 3, 27, 12, tzinfo=UTC), datetime(2027, 10, 30, 12, tzinfo=UTC)):
        first = next_daily(when, noon)
        second = next_daily(when, first)
        assert timedelta(hours=22) < second - first < timedelta(hours=26)
        assert last_daily(when, second - timedelta(seconds=1)) == first


# --- The page --------------------------------------------------------------------------------------------------------


def fields(**changes: str) -> dict[str, str]:
    """What a browser sends when every push is unchecked."""
    return {f"mail_{key}": "now" for key in TOPICS} | {"hour": "18", "time_zone": "Asia/Tokyo"} | changes


def test_the_choices_are_kept_by_a_plain_form(member: Membership) -> None:
    client = signed_in(member)
    page = text(client.get(url("preferences", member)))
    assert all(topic.label in page for topic in TOPICS.values()) and member.user.email in page
    answer = client.post(url("preferences", member), fields(mail_post="daily", push_handoff="on"), follow=True)
    assert "Kept. It counts from now on." in text(answer)
    kept = chosen(member.user)
    assert kept["post"] == Choice(Mail.DAILY, push=False) and kept["handoff"] == Choice(Mail.NOW, push=True)
    assert str(DailyMail.objects.get()) == "18:00 Asia/Tokyo"


@pytest.mark.parametrize("wrong", [{"mail_post": "sometimes"}, {"hour": "25"}, {"time_zone": "Mars/Olympus"}])
def test_a_choice_that_does_not_exist_is_refused_and_nothing_is_kept(wrong: dict[str, str], member: Membership) -> None:
    answer = signed_in(member).post(url("preferences", member), fields(**wrong))
    assert answer.status_code == 422 and "Select a valid choice" in text(answer)
    assert not DailyMail.objects.exists()


def test_mails_are_switched_off_and_on_by_a_form(member: Membership) -> None:
    client = signed_in(member)
    page = client.post(url("mail", member), {"mail": "off"}, follow=True)
    assert "Nothing is sent to" in text(page) and "Mails are off." in text(page)
    client.post(url("mail", member), {"mail": "on"})
    member.user.refresh_from_db()
    assert member.user.mail_notices


def test_a_mail_leads_to_the_choices(member: Membership) -> None:
    told(member, "a")
    mailing.send(member.user_id)
    (sent,) = mail.outbox
    address = sent.extra_headers["List-Unsubscribe"].strip("<>")
    assert address.endswith(url("preferences", member)) and address in sent.body


def test_every_caller_so_far_names_a_topic_that_people_can_choose() -> None:
    assert {Message.__dataclass_fields__["topic"].default} <= set(TOPICS)

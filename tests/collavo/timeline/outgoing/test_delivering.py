"""What happened is told at least once, in order per thing, and nobody waits for a receiver that does not answer."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from standardwebhooks import Webhook

from collavo.accounts.models import Membership, Workspace
from collavo.timeline.models import Delivery, Endpoint, Event, Notice, line, record, record_many
from collavo.timeline.outgoing import delivering, verbs
from collavo.timeline.outgoing.models import DeliveryStatus, EndpointStatus
from connectors.models import Connector
from tests.collavo.timeline.outgoing.receiver import Receiver, receiving
from tests.factories import make_approved, make_case, make_connector, make_post, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(workspace: Workspace) -> Connector:
    """Linked before anybody listened."""
    return make_connector(workspace)


@pytest.fixture
def listening(account: Connector, endpoint: Endpoint) -> Endpoint:
    """An endpoint that nothing was to be told of yet."""
    return endpoint


def deliver_all() -> int:
    """Everything that is due now. How many were sent."""
    sent = 0
    while delivering.deliver_next():
        sent += 1
    return sent


def due_again() -> None:
    """Whatever is waited for is over."""
    Delivery.objects.filter(status="pending", due_at__gt=Now()).update(due_at=Now())
    Endpoint.objects.update(wait_until=None)


class TakenBack(Exception):
    pass


# --- What is written down ---------------------------------------------------------------------------------------------


def test_an_event_has_a_delivery_if_and_only_if_it_commits(listening: Endpoint, account: Connector) -> None:
    with pytest.raises(TakenBack), transaction.atomic():
        record(account, "paused", by="test")
        assert Delivery.objects.count() == 1
        raise TakenBack
    assert not Delivery.objects.exists()
    event = record(account, "paused", by="test")
    assert Delivery.objects.get().event == event


def test_a_workspace_without_webhooks_pays_no_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    account = make_connector(make_workspace())
    with django_assert_num_queries(1):
        record(account, "paused", by="test")
    assert not Delivery.objects.exists()


def test_many_lines_written_at_once_are_told_in_their_order(listening: Endpoint, account: Connector) -> None:
    record_many([line(account, verb, by="test") for verb in ("paused", "resumed", "verified")])
    told = Delivery.objects.order_by("id").values_list("event_type", flat=True)
    assert list(told) == ["connector.paused", "connector.resumed", "connector.verified"]


def test_what_happens_in_another_workspace_and_to_other_things_is_not_told(listening: Endpoint) -> None:
    record(make_connector(make_workspace()), "paused", by="test")
    record(make_case(listening.workspace), "opened", by="test")
    record(listening, "changed", by="test")
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([], ["connector.paused", "connector.resumed"]),
        (["connector.*"], ["connector.paused", "connector.resumed"]),
        (["post.*", "connector.resumed"], ["connector.resumed"]),
        (["post.*"], []),
    ],
)
def test_an_endpoint_is_told_of_what_it_asked_for(
    listening: Endpoint, account: Connector, owner: Membership, events: list[str], told: list[str]
) -> None:
    verbs.change(listening, url=listening.url, note="", events=events, by=owner)
    for verb in ("paused", "resumed"):
        record(account, verb, by="test")
    assert list(Delivery.objects.order_by("id").values_list("event_type", flat=True)) == told


def test_the_dispatcher_hears_of_it_and_of_nothing_else(listening: Endpoint, account: Connector) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('collavo_outgoing'::regproc)")
        assert "IF FOUND THEN" in str(cursor.fetchone())


# --- Sending ----------------------------------------------------------------------------------------------------------


def test_a_message_is_signed_and_says_what_happened_to_which_thing(receiver: Receiver, owner: Membership) -> None:
    account = make_connector(owner.workspace)
    _, secret = verbs.add(url=receiver.url, note="", events=["connector.*"], by=owner)
    event = record(account, "paused", by=owner.user, text="For the holidays")
    assert deliver_all() == 1
    [got] = receiver.got
    assert Webhook(secret).verify(got.body, got.headers) == {
        "type": "connector.paused",
        "timestamp": event_time(event),
        "data": {
            "eventId": str(event.pk),
            "workspaceId": str(owner.workspace_id),
            "caseId": None,
            "connectorId": str(account.pk),
            "by": str(owner.user),
            "text": "For the holidays",
            "platform": "instagram",
            "handle": "fjord.supply",
            "status": "active",
        },
    }
    assert got.path == "/hooks?from=collavo"
    assert (got.headers["webhook-id"], got.headers["content-type"]) == (f"msg_{event.pk.hex}", "application/json")


def event_time(event: Event) -> str:
    event.refresh_from_db()
    return event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_a_posts_message_names_everything_that_the_api_knows_it_by(listening: Endpoint, receiver: Receiver) -> None:
    post = make_post(listening.workspace, Connector.objects.get(), at=timezone.now() + timedelta(hours=1))
    deliver_all()
    [said] = [request.said for request in receiver.got if request.said["type"] == "post.scheduled"]
    data = said["data"]
    assert data["postId"] == data["outputJobId"] == str(post.pk)
    assert (data["versionId"], data["connectorId"]) == (str(post.version_id), str(post.connector_id))
    assert (data["platform"], data["format"], data["caseId"]) == ("instagram", "image", str(post.case_id))
    assert datetime.fromisoformat(data["scheduledAt"]) == post.scheduled_at.replace(  # type: ignore[union-attr]
        microsecond=post.scheduled_at.microsecond // 1000 * 1000  # type: ignore[union-attr]
    )


def test_versions_are_told_from_submission_to_decision(listening: Endpoint, receiver: Receiver) -> None:
    version = make_approved(listening.workspace)
    deliver_all()
    assert receiver.types() == ["version.submitted", "version.approved"]
    assert {request.said["data"]["versionId"] for request in receiver.got} == {str(version.pk)}
    assert receiver.got[1].said["data"]["seal"] == version.seal


def test_every_try_says_the_same_under_the_same_id(listening: Endpoint, receiver: Receiver, account: Connector) -> None:
    receiver.answer = lambda _: 503
    record(account, "paused", by="test")
    deliver_all()
    Connector.objects.filter(pk=account.pk).update(handle="renamed")
    due_again()
    receiver.answer = lambda _: 200
    deliver_all()
    assert len({request.body for request in receiver.got}) == 1
    assert len({request.headers["webhook-id"] for request in receiver.got}) == 1
    assert len(receiver.got) == 2


# --- Order ------------------------------------------------------------------------------------------------------------


def test_a_later_event_waits_for_an_earlier_one_about_the_same_thing_and_for_no_other(
    listening: Endpoint, receiver: Receiver, account: Connector
) -> None:
    other = make_connector(listening.workspace)
    deliver_all()
    receiver.taken.clear()
    receiver.answer = lambda request: 500 if request.said["type"] == "connector.paused" else 200
    record(account, "paused", by="test")
    record(account, "resumed", by="test")
    record(other, "verified", by="test")
    deliver_all()
    Endpoint.objects.update(wait_until=None)  # the one that failed still waits; the endpoint may be asked again
    deliver_all()
    assert receiver.types() == ["connector.verified"]
    receiver.answer = lambda _: 200
    due_again()
    deliver_all()
    assert receiver.types() == ["connector.verified", "connector.paused", "connector.resumed"]


def test_one_that_is_refused_for_a_day_is_given_up_and_the_next_follows(
    listening: Endpoint, receiver: Receiver, account: Connector
) -> None:
    other = make_connector(listening.workspace)
    deliver_all()
    receiver.answer = lambda request: 500 if request.said["type"] == "connector.paused" else 200
    record(account, "paused", by="test")
    record(account, "resumed", by="test")
    for _ in range(len(delivering.RETRY_AFTER) + 1):
        assert "connector.resumed" not in receiver.types()
        record(other, "verified", by="test")  # which is taken: the endpoint lives
        due_again()
        deliver_all()
    due_again()
    deliver_all()
    assert receiver.types()[-1] == "connector.resumed"
    given_up = Delivery.objects.get(event_type="connector.paused")
    assert (given_up.status, given_up.tries) == (DeliveryStatus.FAILED, len(delivering.RETRY_AFTER) + 1)
    listening.refresh_from_db()
    assert listening.active


def test_the_tries_of_one_delivery_last_about_a_day() -> None:
    assert 23 * 3600 < sum(delivering.RETRY_AFTER) < 26 * 3600
    assert all(a < b for a, b in zip(delivering.RETRY_AFTER, delivering.RETRY_AFTER[1:], strict=False))


def test_the_receiver_may_ask_for_more_time(listening: Endpoint, receiver: Receiver, account: Connector) -> None:
    receiver.answer = lambda _: (429, {"Retry-After": "900"})
    record(account, "paused", by="test")
    deliver_all()
    delivery = Delivery.objects.get()
    assert delivery.due_at is not None
    assert timedelta(minutes=14) < delivery.due_at - timezone.now() < timedelta(minutes=16)


# --- Fairness ---------------------------------------------------------------------------------------------------------


def test_an_endpoint_that_fails_is_left_alone_and_does_not_delay_others(
    listening: Endpoint, receiver: Receiver, account: Connector, owner: Membership
) -> None:
    with receiving() as dead:
        dead.answer = lambda _: 500
        verbs.add(url=dead.url, note="Dead", events=[], by=owner)
        for _ in range(20):
            make_connector(owner.workspace)
        deliver_all()
        assert len(receiver.taken) == 20
        assert len(dead.got) == 1, "after one failure it is left alone"


def test_an_endpoint_with_a_long_backlog_takes_turns_with_others(
    listening: Endpoint, receiver: Receiver, account: Connector, owner: Membership
) -> None:
    for _ in range(30):
        make_connector(owner.workspace)
    with receiving() as late:
        verbs.add(url=late.url, note="", events=[], by=owner)
        record(account, "paused", by="test")
        delivering.deliver_next()
        delivering.deliver_next()
        assert len(late.got) == 1


# --- Crashes ----------------------------------------------------------------------------------------------------------


def test_what_a_dead_worker_had_taken_is_sent_when_its_lease_ends(
    listening: Endpoint, receiver: Receiver, account: Connector
) -> None:
    record(account, "paused", by="test")
    assert delivering._take_next() is not None  # and its process dies here
    record(account, "resumed", by="test")
    assert deliver_all() == 0
    Delivery.objects.filter(lease_token__isnull=False).update(due_at=Now())
    assert deliver_all() == 2
    assert receiver.types() == ["connector.paused", "connector.resumed"]


def test_a_worker_that_was_overtaken_writes_nothing(
    listening: Endpoint, receiver: Receiver, account: Connector
) -> None:
    record(account, "paused", by="test")
    slow = delivering._take_next()
    assert slow is not None
    Delivery.objects.update(due_at=Now())
    deliver_all()
    receiver.answer = lambda _: 500
    delivering._send(slow)
    assert Delivery.objects.get().status == DeliveryStatus.DELIVERED


# --- Switching off ----------------------------------------------------------------------------------------------------


def fail_for(hours: float, receiver: Receiver) -> None:
    receiver.answer = lambda _: 500
    for _ in range(delivering.OFF_TRIES):
        deliver_all()
        due_again()
    Endpoint.objects.update(failing_since=timezone.now() - timedelta(hours=hours))
    deliver_all()


def test_an_endpoint_that_fails_for_long_is_switched_off_once_and_its_owners_are_told(
    listening: Endpoint, receiver: Receiver, account: Connector, owner: Membership
) -> None:
    record(account, "paused", by="test")
    fail_for(21, receiver)
    listening.refresh_from_db()
    assert (listening.status, listening.reason) == (EndpointStatus.OFF, "It answered 500.")
    notice = Notice.objects.get(user=owner.user)
    assert notice.title == "Webhook switched off: Newsroom"
    assert "1 event waits" in notice.text
    due_again()
    assert deliver_all() == 0


def test_a_bad_hour_is_no_reason_to_switch_off(listening: Endpoint, receiver: Receiver, account: Connector) -> None:
    record(account, "paused", by="test")
    fail_for(1, receiver)
    listening.refresh_from_db()
    assert listening.active


def test_nothing_is_lost_while_it_is_off(
    listening: Endpoint, receiver: Receiver, account: Connector, owner: Membership
) -> None:
    record(account, "paused", by="test")
    fail_for(21, receiver)
    record(account, "resumed", by="test")
    receiver.answer = lambda _: 200
    verbs.resume(listening, by=owner)
    deliver_all()
    assert receiver.types() == ["connector.paused", "connector.resumed"]
    assert Notice.objects.unread().count() == 0


def test_an_endpoint_that_is_gone_for_good_is_switched_off_at_once(
    listening: Endpoint, receiver: Receiver, account: Connector
) -> None:
    receiver.answer = lambda _: 410
    record(account, "paused", by="test")
    deliver_all()
    listening.refresh_from_db()
    assert listening.status == EndpointStatus.OFF


def test_a_delivery_is_due_exactly_while_it_waits(listening: Endpoint, account: Connector) -> None:
    record(account, "paused", by="test")
    with pytest.raises(IntegrityError, match="delivery_due_while_pending"), transaction.atomic():
        Delivery.objects.update(due_at=None)

"""What people do with webhooks: who may, what is said, and what becomes of what waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django.fixtures import Settings
from standardwebhooks import Webhook, WebhookVerificationError

from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Delivery, Endpoint, Event, record
from collavo.timeline.outgoing import delivering, pruning, verbs
from collavo.timeline.outgoing.models import DeliveryStatus, EndpointStatus
from connectors.models import Connector
from tests.collavo.timeline.outgoing.receiver import Receiver
from tests.factories import make_connector, make_member, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(owner: Membership) -> Connector:
    return make_connector(owner.workspace)


def deliver_all() -> None:
    while delivering.deliver_next():
        pass


def due_again() -> None:
    """Whatever is waited for is over."""
    Delivery.objects.filter(status=DeliveryStatus.PENDING).update(due_at=Now())
    Endpoint.objects.update(wait_until=None)


def test_one_form_sent_twice_makes_one_webhook(endpoint: Endpoint, owner: Membership) -> None:
    with pytest.raises(verbs.Refused, match="added already"):
        verbs.add(pk=endpoint.pk, url="https://example.com/", note="", events=[], by=owner)
    assert Endpoint.objects.count() == 1


@pytest.mark.parametrize("role", [Role.MANAGER, Role.APPROVER, Role.CREATOR, Role.VIEWER])
def test_only_owners_touch_webhooks(endpoint: Endpoint, role: str) -> None:
    other = make_member(endpoint.workspace, role)
    with pytest.raises(PermissionDenied):
        verbs.add(url="https://example.com/", note="", events=[], by=other)
    for verb in (verbs.pause, verbs.resume, verbs.rotate, verbs.remove, verbs.test):
        with pytest.raises(PermissionDenied):
            verb(endpoint, by=other)


def test_an_owner_of_another_workspace_is_a_stranger(endpoint: Endpoint) -> None:
    with pytest.raises(PermissionDenied, match="another workspace"):
        verbs.rotate(endpoint, by=make_member(make_workspace(), Role.OWNER))


def test_the_secret_is_stored_encrypted(endpoint: Endpoint, owner: Membership) -> None:
    secret = verbs.rotate(endpoint, by=owner)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM timeline_endpoint")
        [stored] = cursor.fetchone()
    assert secret.startswith("whsec_") and secret not in stored and stored.startswith("gAAAA")
    assert secret not in str(list(Event.objects.values()))


def test_what_cannot_work_is_refused_with_a_sentence(owner: Membership) -> None:
    for url, events, said in (
        ("https://10.0.0.1/", [], "not an address of the public internet"),
        ("https://example.com/", ["post.exploded"], "no kind of event called post.exploded"),
        (f"https://example.com/{'x' * 500}", [], "too long"),
    ):
        with pytest.raises(verbs.Refused, match=said):
            verbs.add(url=url, note="", events=events, by=owner)
    assert not Endpoint.objects.exists()


def test_a_workspace_has_a_limited_number_of_them(owner: Membership) -> None:
    made = [verbs.add(url="https://example.com/", note="", events=[], by=owner)[0] for _ in range(verbs.MOST)]
    with pytest.raises(verbs.Refused, match="at most 20"):
        verbs.add(url="https://example.com/", note="", events=[], by=owner)
    verbs.remove(made[0], by=owner)
    verbs.add(url="https://example.com/", note="", events=[], by=owner)


def test_while_a_rotation_lasts_both_secrets_sign_and_afterwards_the_new_one_alone(
    account: Connector, receiver: Receiver, owner: Membership
) -> None:
    endpoint, old = verbs.add(url=receiver.url, note="", events=[], by=owner)
    new = verbs.rotate(endpoint, by=owner)
    record(account, "paused", by="test")
    deliver_all()
    [got] = receiver.got
    for secret in (old, new):
        Webhook(secret).verify(got.body, got.headers)
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        verbs.test(endpoint, by=owner)
        delivering.deliver(Delivery.objects.latest("id").pk)
        late = receiver.got[-1]
        Webhook(new).verify(late.body, late.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(old).verify(late.body, late.headers)


def test_a_secret_that_no_key_opens_can_be_rotated_and_holds_nothing_else_up(
    account: Connector, endpoint: Endpoint, receiver: Receiver, owner: Membership
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE timeline_endpoint SET secret = 'gAAAAA-nonsense'")
    with pytest.raises(Exception, match="cannot be read"):
        Endpoint.objects.get()
    verbs.add(url=receiver.url, note="Another", events=[], by=owner)
    record(account, "paused", by="test")
    deliver_all()
    assert len(receiver.taken) == 1
    assert "Rotate it" in Delivery.objects.get(endpoint=endpoint.pk).error
    verbs.rotate(Endpoint.objects.without_secrets().get(pk=endpoint.pk), by=owner)
    due_again()
    deliver_all()
    assert len(receiver.taken) == 2


def test_paused_nothing_is_sent_and_resumed_everything_in_its_order(
    account: Connector, endpoint: Endpoint, receiver: Receiver, owner: Membership
) -> None:
    verbs.pause(endpoint, by=owner)
    for verb in ("paused", "resumed", "verified"):
        record(account, verb, by="test")
    deliver_all()
    assert receiver.got == []
    verbs.resume(endpoint, by=owner)
    deliver_all()
    assert receiver.types() == ["connector.paused", "connector.resumed", "connector.verified"]


def test_a_test_is_sent_even_while_paused_and_counts_for_nothing(
    endpoint: Endpoint, receiver: Receiver, owner: Membership
) -> None:
    verbs.pause(endpoint, by=owner)
    receiver.answer = lambda _: 500
    delivering.deliver(verbs.test(endpoint, by=owner).pk)
    assert receiver.got[0].said["type"] == "webhook.test"
    endpoint.refresh_from_db()
    assert (endpoint.failures, Delivery.objects.get().status) == (0, DeliveryStatus.FAILED)


def test_a_replay_is_the_same_message_under_the_same_id(
    account: Connector, endpoint: Endpoint, receiver: Receiver, owner: Membership
) -> None:
    record(account, "paused", by="test")
    first = Delivery.objects.get()
    with pytest.raises(verbs.Refused, match="not been delivered yet"):
        verbs.replay(first, by=owner)
    deliver_all()
    first.refresh_from_db()
    verbs.replay(first, by=owner)
    deliver_all()
    before, after = receiver.got
    assert (before.body, before.headers["webhook-id"]) == (after.body, after.headers["webhook-id"])
    assert Delivery.objects.latest("id").replay


def test_removed_it_is_told_nothing_more_and_its_secret_is_gone(
    account: Connector, endpoint: Endpoint, receiver: Receiver, owner: Membership
) -> None:
    record(account, "paused", by="test")
    verbs.remove(endpoint, by=owner)
    record(account, "resumed", by="test")
    deliver_all()
    assert receiver.got == [] and Delivery.objects.count() == 1
    assert Endpoint.objects.get().secret == ""
    with pytest.raises(verbs.Refused, match="removed"):
        verbs.resume(endpoint, by=owner)


# --- Pruning ----------------------------------------------------------------------------------------------------------


def test_the_log_goes_after_its_days_and_removed_webhooks_with_it(
    account: Connector, endpoint: Endpoint, receiver: Receiver, owner: Membership, settings: Settings
) -> None:
    record(account, "paused", by="test")
    deliver_all()
    verbs.remove(endpoint, by=owner)
    assert pruning.prune(30) == (0, False)
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert pruning.prune(30, seconds=0) == (0, True)
    assert pruning.prune(30) == (1, False)
    assert not Endpoint.objects.exists()


def test_pruning_keeps_what_is_young_and_every_webhook_in_use(
    account: Connector, endpoint: Endpoint, owner: Membership
) -> None:
    record(account, "paused", by="test")
    record(account, "resumed", by="test")
    Delivery.objects.filter(event_type="connector.paused").update(created_at=timezone.now() - timedelta(days=31))
    assert pruning.prune(30) == (1, False)
    assert Delivery.objects.get().event_type == "connector.resumed"
    assert Endpoint.objects.get().status == EndpointStatus.ACTIVE

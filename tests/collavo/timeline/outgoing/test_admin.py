"""Webhooks in the admin: everything but the secrets, and the verbs of the console."""

import pytest

from collavo.accounts.models import Membership
from collavo.timeline.models import Delivery, Endpoint, record
from collavo.timeline.outgoing import delivering
from tests.admin_pages import list_of, page_of, press, queries, said, signed_in
from tests.collavo.timeline.outgoing.receiver import Receiver
from tests.factories import make_connector

pytestmark = pytest.mark.django_db


def test_no_page_holds_a_secret(endpoint: Endpoint) -> None:
    client, secret = signed_in(), endpoint.secret
    for address in (list_of(Endpoint), page_of(endpoint)):
        page = client.get(address).content.decode()
        assert endpoint.url in page and secret not in page and "gAAAA" not in page


def test_an_operator_pauses_and_switches_on(endpoint: Endpoint) -> None:
    client = signed_in()
    press(client, "pause", endpoint)
    endpoint.refresh_from_db()
    assert endpoint.status == "paused"
    press(client, "resume", endpoint)
    endpoint.refresh_from_db()
    assert endpoint.active


def test_an_operator_sends_again(endpoint: Endpoint, receiver: Receiver, owner: Membership) -> None:
    client, account = signed_in(), make_connector(owner.workspace)
    assert "refused" in said(press(client, "replay", Delivery.objects.get()))[0]
    while delivering.deliver_next():
        pass
    press(client, "replay", Delivery.objects.get())
    while delivering.deliver_next():
        pass
    assert len(receiver.got) == 2
    record(account, "paused", by="test")
    assert page_of(Delivery.objects.latest("id")) in client.get(list_of(Delivery)).content.decode()


def test_the_log_takes_as_many_statements_for_many_lines_as_for_one(endpoint: Endpoint, owner: Membership) -> None:
    client, account = signed_in(), make_connector(owner.workspace)
    client.get(list_of(Delivery))
    one = queries(client, list_of(Delivery))
    for _ in range(5):
        record(account, "paused", by="test")
    assert queries(client, list_of(Delivery)) == one

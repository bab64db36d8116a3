"""The history in the admin: to search, never to change."""

import pytest

from collavo.timeline.models import Event
from connectors.models import Connector
from tests.admin_pages import list_of, page_of, press, signed_in
from tests.factories import make_connector, make_workspace

pytestmark = pytest.mark.django_db


def test_nothing_changes_adds_or_deletes_a_line() -> None:
    client, connector = signed_in(), make_connector(make_workspace())
    line = Event.objects.get(subject_id=connector.pk)
    assert client.post(page_of(line), {"by": "somebody else"}).status_code == 403
    assert client.post(page_of(line).replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
    assert client.get("/admin/timeline/event/add/").status_code == 403
    press(client, "delete_selected", line)
    assert Event.objects.get(pk=line.pk).by == "test"


def test_the_lines_about_one_thing_are_found_by_its_id_and_lead_to_it() -> None:
    client, workspace = signed_in(), make_workspace()
    wanted, other = make_connector(workspace, remote_id="1"), make_connector(workspace, remote_id="2")
    for query in ({"q": str(wanted.pk)}, {"subject_id": str(wanted.pk)}):
        page = client.get(list_of(Event, **query)).content.decode()
        assert page_of(wanted) in page and page_of(other) not in page


def test_the_list_is_filtered_by_kind_of_thing() -> None:
    client, connector = signed_in(), make_connector(make_workspace())
    assert page_of(connector) in client.get(list_of(Event, about="connector")).content.decode()
    assert page_of(connector) not in client.get(list_of(Event, about="post")).content.decode()
    assert Connector.objects.count() == 1

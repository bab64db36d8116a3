"""Settings, Studios: what an owner sees and does; the secret is said once."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings
from standardwebhooks import Webhook

from approvals.studios import owning
from approvals.studios.models import Studio
from collavo.accounts.models import Membership, Role
from collavo.timeline.models import Event
from tests.approvals.studios.place import Place, make_studio
from tests.factories import make_member, make_workspace

pytestmark = pytest.mark.django_db


class Browser:
    def __init__(self, member: Membership) -> None:
        self.member, self.client = member, Client()
        self.client.force_login(member.user)

    def address(self, where: str, *args: Any) -> str:
        return reverse(f"studio_settings:{where}", args=[self.member.workspace.slug, *args])

    def get(self, name: str, *args: Any) -> HttpResponse:
        return self.client.get(self.address(name, *args))  # type: ignore[return-value]

    def post(self, where: str, *args: Any, **data: Any) -> HttpResponse:
        return self.client.post(self.address(where, *args), data, follow=True)  # type: ignore[return-value]


def page(response: HttpResponse) -> str:
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def owner(place: Place) -> Membership:
    return make_member(place.workspace, Role.OWNER, "Olga")


@pytest.fixture
def browser(owner: Membership) -> Browser:
    return Browser(owner)


def fields(**more: Any) -> dict[str, Any]:
    said = {
        "key": str(uuid4()),
        "name": "Film people",
        "kind": "video",
        "url": "https://8.8.8.8/jobs",
        "patience": "90",
    }
    return said | more


def test_an_empty_list_offers_the_one_next_step(db: None) -> None:
    browser = Browser(make_member(make_workspace(), Role.OWNER))
    shown = page(browser.get("studios"))
    assert "No studios yet" in shown and browser.address("new") in shown


@pytest.mark.parametrize("role", [Role.MANAGER, Role.CREATOR, Role.VIEWER])
def test_who_is_no_owner_learns_who_is_and_no_address(place: Place, role: str) -> None:
    other = Browser(make_member(place.workspace, role))
    shown = page(other.get("studios"))
    assert "An owner of the workspace" in shown and place.studio.url not in shown
    for name in ("studio", "change", "rotate"):
        assert other.get(name, place.studio.pk).status_code == 403
    for name in ("ping", "switch", "rotate"):
        assert other.post(name, place.studio.pk).status_code == 403
    with pytest.raises(PermissionDenied):
        owning.rotate(place.studio, by=other.member)


def test_a_stranger_finds_nothing(place: Place) -> None:
    stranger = make_member(make_workspace(), Role.OWNER)
    assert Browser(stranger).get("studio", place.studio.pk).status_code == 404
    for verb in (owning.rotate, owning.ping):
        with pytest.raises(PermissionDenied):
            verb(place.studio, by=stranger)


def test_the_secret_is_said_once_and_signs(browser: Browser) -> None:
    response = browser.post("new", **fields())
    [secret] = re.findall(r"whsec_[\w+/=]+", page(response))
    studio = Studio.objects.get(name="Film people")
    assert studio.secret == secret and response["Cache-Control"] == "no-store"
    assert (studio.kind, studio.patience) == ("video", 90)
    assert secret not in page(browser.get("studio", studio.pk)) and secret not in page(browser.get("studios"))
    assert Event.objects.filter(subject_id=studio.pk, verb="added", by="Olga").exists()


def test_the_same_form_sent_twice_makes_one_studio(browser: Browser) -> None:
    said = fields()
    browser.post("new", **said)
    shown = page(browser.post("new", **said))
    assert "was added already" in shown and Studio.objects.filter(name="Film people").count() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": "https://10.0.0.1/"}, "not an address of the public internet"),
        ({"url": "nonsense"}, "Enter a whole address"),
        ({"name": "Tint"}, "There is a studio of this name"),
        ({"name": " "}, "required"),
        ({"kind": "opera"}, "Select a valid choice"),
        ({"patience": "0"}, "greater than or equal to 1"),
        ({"patience": "99999"}, "less than or equal to"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_what_was_typed(
    browser: Browser, wrong: dict[str, str], said: str
) -> None:
    response = browser.post("new", **fields(**wrong))
    shown = response.content.decode()
    assert (response.status_code == 422 and said in shown and 'value="90"' in shown) or "patience" in wrong
    assert said in shown and Studio.objects.count() == 1


def test_there_are_so_many_studios_and_no_more(browser: Browser, place: Place) -> None:
    for number in range(owning.MOST - 1):
        make_studio(place.workspace, "https://8.8.8.8/", name=f"Studio {number}")
    assert "at most 20 studios" in browser.post("new", **fields()).content.decode()


def test_a_change_is_kept_and_written_down(browser: Browser, place: Place) -> None:
    shown = page(browser.get("change", place.studio.pk))
    assert 'value="Tint"' in shown
    browser.post("change", place.studio.pk, **fields(name="Tint and tone", kind="image"))
    place.studio.refresh_from_db()
    assert (place.studio.name, place.studio.patience, place.studio.url) == ("Tint and tone", 90, "https://8.8.8.8/jobs")
    assert Event.objects.filter(subject_id=place.studio.pk, verb="changed").count() == 1


def test_a_test_says_what_came_back_and_asks_for_nothing(browser: Browser, place: Place) -> None:
    assert "It works: Tint answered 200" in page(browser.post("ping", place.studio.pk))
    [got] = place.program.got
    assert Webhook(place.studio.secret).verify(got.body, got.headers)["type"] == "studio.ping"
    place.program.answer = lambda _: 401
    assert "Tint did not take the test. It answered 401." in page(browser.post("ping", place.studio.pk))


def test_a_test_goes_nowhere_inside(browser: Browser, place: Place, settings: Settings) -> None:
    settings.WEBHOOK_NETWORKS = ()
    assert "did not take the test" in page(browser.post("ping", place.studio.pk)) and place.program.got == []


def test_switched_off_it_gets_no_jobs_and_on_again_it_does(browser: Browser, place: Place) -> None:
    page(browser.post("switch", place.studio.pk, on="0"))
    place.studio.refresh_from_db()
    assert not place.studio.active and "Switch on" in page(browser.get("studio", place.studio.pk))
    page(browser.post("switch", place.studio.pk, on="1"))
    page(browser.post("switch", place.studio.pk, on="1"))
    assert Studio.objects.get(pk=place.studio.pk).active
    assert Event.objects.filter(subject_id=place.studio.pk).count() == 2


def test_a_rotation_says_the_new_secret_once_and_keeps_the_old_for_a_day(browser: Browser, place: Place) -> None:
    assert "Rotate the secret?" in page(browser.get("rotate", place.studio.pk))
    old = place.studio.secret
    [secret] = re.findall(r"whsec_[\w+/=]+", page(browser.post("rotate", place.studio.pk)))
    row = Studio.objects.get(pk=place.studio.pk)
    assert (row.secret, row.old_secret) == (secret, old) and row.old_secret_until
    job = place.sent()
    assert place.say(job, "job.progress", {"progress": 3}).status_code == 200, "by the old one, under way"


def test_a_studio_whose_secret_no_key_opens_is_shown_and_can_be_rotated(browser: Browser, place: Place) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE approvals_studio SET secret = 'garbage'")
    assert "Tint" in page(browser.get("studios")) and "Tint" in page(browser.get("studio", place.studio.pk))
    assert "Rotate it in Settings, Studios" in page(browser.post("ping", place.studio.pk))
    assert "whsec_" in page(browser.post("rotate", place.studio.pk))


def test_its_last_jobs_are_listed_with_what_became_of_them(browser: Browser, place: Place) -> None:
    place.program.answer = lambda _: 422
    place.sent()
    shown = page(browser.get("studio", place.studio.pk))
    assert "Overshirt" in shown and "It answered 422." in shown and "Asked by Ada" in shown


def test_a_page_costs_the_same_however_many_jobs_there_were(browser: Browser, place: Place) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(browser.get("studio", place.studio.pk))
        return len(queries)

    place.program.answer = lambda _: 422
    place.sent()
    count()
    first = count()
    for _ in range(3):
        place.sent()
    assert count() == first <= 10

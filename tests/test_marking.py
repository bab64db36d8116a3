from __future__ import annotations

import html
import struct
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.forms import BaseForm
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from pytest_django.fixtures import Settings

from approvals.states import IllegalMove
from publishing import verbs
from publishing.forms import ScheduleForm
from publishing.moments import day_words, full_words
from tests.factories import make_connector, make_member, make_post, make_workspace
from tests.marking import APPS, ROOT, unmarked

PLACES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "templates").iterdir())
HEADER = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
WORDS = {
    "Connections": "Konten",
    "Date": "Tag des Posts",
    "Too late to cancel: it is %(status)s.": "Zu spät zum Zurücknehmen: %(status)s.",
    "Canceled": "Zurückgenommen",
    "It is canceled already.": "Der Post ist schon zurückgenommen.",
    "tomorrow": "morgen früh",
}


@pytest.mark.parametrize("place", [*PLACES, *APPS])
def test_every_word_that_people_read_can_be_translated(place: str) -> None:
    assert [str(word) for word in unmarked(place)] == []


def forms_of_pages(kind: type[BaseForm] = BaseForm) -> Iterator[type[BaseForm]]:
    import collavo.urls  # noqa: F401  (it loads every page)

    for form in kind.__subclasses__():
        if form.__module__.startswith(APPS) and not form.__module__.endswith(".admin"):
            yield form
        yield from forms_of_pages(form)


def test_every_field_of_a_page_has_a_label_that_can_be_translated() -> None:
    """Where none is given, Django makes one of the field's name, in English."""
    fields = [
        (f"{form.__module__}.{form.__name__}.{name}", field)
        for form in forms_of_pages()
        for name, field in getattr(form, "base_fields", {}).items()
        if not field.widget.is_hidden
    ]
    assert len(fields) > 50
    assert [name for name, field in fields if not isinstance(field.label, Promise)] == []


# --- A catalogue changes what people read ---------------------------------------------------------------------------


def catalogue(words: dict[str, str]) -> bytes:
    """A compiled catalogue, in GNU's format: a table of the sorted originals, one of the translations, the texts."""
    pairs = sorted((key.encode(), value.encode()) for key, value in {"": HEADER, **words}.items())
    at, tables, texts = 28 + 16 * len(pairs), [], b""
    for column in (0, 1):
        for pair in pairs:
            tables.append(struct.pack("<II", len(pair[column]), at + len(texts)))
            texts += pair[column] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, at)
    return head + b"".join(tables) + texts


@pytest.fixture
def german(tmp_path: Path, settings: Settings) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.mo").write_bytes(catalogue(WORDS))
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGE_CODE = "de"


@pytest.mark.django_db
def test_a_page_and_its_language_follow_the_setting(german: None) -> None:
    member = make_member(make_workspace())
    client = Client()
    client.force_login(member.user)
    said = html.unescape(client.get(reverse("connectors:connections", args=[member.workspace.slug])).content.decode())
    assert "Konten</h1>" in said
    assert '<html lang="de">' in said


def test_a_label_of_a_form_is_translated(german: None) -> None:
    form = ScheduleForm(zone=ZoneInfo("Europe/Zurich"))
    assert form["date"].label == "Tag des Posts"
    assert 'type="date"' in str(form["date"])


@pytest.mark.django_db
def test_a_move_that_is_refused_says_so_in_the_language(german: None) -> None:
    workspace = make_workspace()
    manager = make_member(workspace)
    post = make_post(workspace, make_connector(workspace), at=timezone.now() + timedelta(days=1))
    verbs.cancel(post, by=manager)
    assert post.get_status_display() == "Zurückgenommen"
    with pytest.raises(IllegalMove, match="Der Post ist schon zurückgenommen"):
        verbs.cancel(post, by=manager)


def test_days_and_months_are_named_in_the_language(german: None) -> None:
    assert day_words(date(2026, 12, 4), date(2026, 12, 3)) == "morgen früh"
    assert day_words(date(2026, 12, 4), date(2026, 11, 21)) == "Fr 4 Dez"
    at = datetime(2026, 5, 8, 18, 30, tzinfo=ZoneInfo("Europe/Zurich"))
    assert full_words(at, ZoneInfo("Europe/Zurich"), at) == "Fr 8 Mai, 18:30 Europe/Zurich"

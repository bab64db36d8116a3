"""Tokens at rest: the database sees ciphertext, keys can rotate, and without the key there is a sentence."""

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from pytest_django.fixtures import Settings

from collavo.secrets import UnreadableSecret, seal, unseal
from connectors.models import Connector
from tests.factories import make_connector, make_workspace

TOKEN = "IGAA-very-secret-token"


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM connectors_connector")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_the_database_never_sees_a_token_in_clear() -> None:
    connector = make_connector(make_workspace(), token=TOKEN)
    assert TOKEN not in stored() and len(stored()) > len(TOKEN)
    assert Connector.objects.get(pk=connector.pk).token == TOKEN


@pytest.mark.django_db
def test_an_update_by_query_encrypts_too() -> None:
    make_connector(make_workspace(), token="old")
    Connector.objects.update(token=TOKEN)
    assert TOKEN not in stored()
    assert Connector.objects.get().token == TOKEN


@pytest.mark.django_db
def test_tokens_stay_readable_when_a_new_key_is_put_before_the_old_one(settings: Settings) -> None:
    make_connector(make_workspace(), token=TOKEN)
    under_old_key = stored()
    settings.TOKEN_KEYS = [Fernet.generate_key().decode(), *settings.TOKEN_KEYS]
    connector = Connector.objects.get()
    assert connector.token == TOKEN
    connector.save(update_fields=["token"])
    assert stored() != under_old_key
    settings.TOKEN_KEYS = settings.TOKEN_KEYS[:1]
    assert Connector.objects.get().token == TOKEN, "saving has moved it to the new key"


@pytest.mark.django_db
def test_without_the_old_key_a_sentence_says_what_to_do(settings: Settings) -> None:
    make_connector(make_workspace(), token=TOKEN)
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(UnreadableSecret, match="Add the old key behind the new one"):
        Connector.objects.get()


@pytest.mark.django_db
def test_pages_that_need_no_token_open_without_the_key(settings: Settings) -> None:
    make_connector(make_workspace(), token=TOKEN)
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    assert Connector.objects.defer("token", "extra_token").get().handle == "fjord.supply"


def test_the_same_token_is_never_the_same_ciphertext() -> None:
    assert seal(TOKEN) != seal(TOKEN)


def test_no_token_is_no_ciphertext() -> None:
    assert (seal(""), unseal("")) == ("", "")


def test_a_token_changed_in_the_database_is_refused_not_read_wrong() -> None:
    sealed = seal(TOKEN)
    with pytest.raises(UnreadableSecret):
        unseal(sealed[:-4] + ("AAA=" if not sealed.endswith("AAA=") else "BBB="))


@pytest.mark.parametrize("text", ["ü" * 500, "a" * 4000, " leading and trailing "])
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert unseal(seal(text)) == text

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def official_hosts(settings: Settings) -> None:
    settings.INSTAGRAM_API_URL = "https://graph.instagram.com"
    settings.FACEBOOK_API_URL = "https://graph.facebook.com"
    settings.META_APP_SECRET = ""

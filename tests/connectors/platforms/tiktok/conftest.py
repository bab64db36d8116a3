import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def official_hosts(settings: Settings) -> None:
    settings.TIKTOK_API_URL = "https://open.tiktokapis.com"
    settings.TIKTOK_AUTHORIZE_URL = settings.TIKTOK_SITE_URL = "https://www.tiktok.com"
    settings.TIKTOK_MEDIA_PREFIXES = ("https://media.example/m/",)
    settings.TIKTOK_SINGLE_BYTES, settings.TIKTOK_CHUNK_BYTES = 64_000_000, 10_000_000

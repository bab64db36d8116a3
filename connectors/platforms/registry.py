"""The one list of platforms. A new platform is its folder and one line here."""

from connectors.platforms.base import Platform
from connectors.platforms.instagram import INSTAGRAM
from connectors.platforms.tiktok import TIKTOK
from connectors.platforms.youtube import YOUTUBE

PLATFORMS: dict[str, Platform] = {p.key: p for p in (INSTAGRAM, TIKTOK, YOUTUBE)}


def get(key: str) -> Platform:
    """The platform with this key. KeyError when there is none: keys come from our own rows."""
    return PLATFORMS[key]

"""The one list of platforms the sandbox speaks for. A new one is its module and one line here."""

from connectors.sandbox.platforms.base import FarSide
from connectors.sandbox.platforms.instagram import Instagram
from connectors.sandbox.platforms.tiktok import TikTok
from connectors.sandbox.platforms.youtube import YouTube
from connectors.sandbox.wire import World


def all_platforms(world: World) -> list[FarSide]:
    """Each platform, living in this world."""
    return [Instagram(world), TikTok(world), YouTube(world)]

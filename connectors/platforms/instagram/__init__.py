"""Instagram, by Instagram Login and by Facebook Login."""

from connectors.platforms.base import Platform
from connectors.platforms.instagram.platform import Instagram

INSTAGRAM: Platform = Instagram()

__all__ = ["INSTAGRAM"]

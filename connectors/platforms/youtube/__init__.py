"""YouTube, by the Data API v3: videos and Shorts."""

from connectors.platforms.base import Platform
from connectors.platforms.youtube.platform import YouTube

YOUTUBE: Platform = YouTube()

__all__ = ["YOUTUBE"]

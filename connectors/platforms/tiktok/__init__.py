"""TikTok, by the Content Posting API: films by upload or by address, photos, and drafts in the creator's inbox."""

from connectors.platforms.tiktok.platform import TikTok

TIKTOK = TikTok()

__all__ = ["TIKTOK"]

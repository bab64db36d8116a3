"""Posting on TikTok by hand, in the words of its app (support.tiktok.com, as of November 2026)."""

from connectors.platforms.base import Format
from connectors.platforms.guides import CAPTION, SAVE, Gives, HandApp, HandGuide, HandStep

APP = HandApp("TikTok", "https://www.tiktok.com/")
SOUND = HandStep("Add this sound", option="music", copy="Copy its name")
LINK = HandStep("Post it, then copy its link", help="On the post: Share, then Copy link.")

GUIDES = {
    Format.VIDEO: HandGuide(
        "this video",
        (SAVE, HandStep("Upload it", Gives.APP, help="Tap the plus, then Upload, and pick it."), SOUND, CAPTION, LINK),
    ),
    Format.CAROUSEL: HandGuide(
        "these photos",
        (
            SAVE,
            HandStep(
                "Upload them, in this order", Gives.APP, help="Tap the plus, then Upload, and pick them in order."
            ),
            HandStep("Their title", option="title", copy="Copy title"),
            SOUND,
            CAPTION,
            LINK,
        ),
    ),
}
# What Collavo has put into the app's inbox.
DRAFT = HandGuide(
    "the draft in your inbox",
    (
        HandStep("Open the draft in TikTok", Gives.APP, help="It waits under Inbox, in the system notifications."),
        SOUND,
        CAPTION,
        LINK,
    ),
)

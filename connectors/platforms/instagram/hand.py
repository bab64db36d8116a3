"""Posting on Instagram by hand, in the words of its app (help.instagram.com, as of November 2026)."""

from connectors.platforms.base import Format
from connectors.platforms.guides import CAPTION, SAVE, Gives, HandApp, HandGuide, HandStep

APP = HandApp("Instagram", "https://www.instagram.com/")
MUSIC = HandStep("Add this music", option="music", copy="Copy its name")

GUIDES = {
    Format.STORY: HandGuide(
        "this story",
        (
            SAVE,
            HandStep(
                "Add the link sticker", option="link", copy="Copy link",
                help="In the story, tap the sticker sign, then Link, and paste it.",
            ),
            MUSIC,
            HandStep("Write this on it", Gives.CAPTION, copy="Copy text"),
            HandStep("Share it as a story", Gives.APP, help="Tap the plus, choose Story, and pick what you saved."),
        ),
    ),
    Format.REEL: HandGuide(
        "this reel",
        (
            SAVE,
            HandStep("Start a reel with it", Gives.APP, help="Tap the plus, choose Reel, and pick what you saved."),
            MUSIC,
            CAPTION,
            HandStep("Share it, then copy its link", help="On the reel: Share, then Copy link."),
        ),
    ),
    Format.IMAGE: HandGuide(
        "this picture",
        (
            SAVE,
            HandStep("Start a post with it", Gives.APP, help="Tap the plus, choose Post, and pick what you saved."),
            MUSIC,
            CAPTION,
            HandStep("Share it, then copy its link", help="On the post: Share, then Copy link."),
        ),
    ),
    Format.CAROUSEL: HandGuide(
        "this carousel",
        (
            SAVE,
            HandStep(
                "Start a post with them, in this order", Gives.APP,
                help="Tap the plus, choose Post, then Select several, and tap them one after the other.",
            ),
            MUSIC,
            CAPTION,
            HandStep("Share it, then copy its link", help="On the post: Share, then Copy link."),
        ),
    ),
}  # fmt: skip

"""Posting on YouTube by hand, in the words of its app (support.google.com/youtube, as of November 2026)."""

from connectors.platforms.base import Format
from connectors.platforms.guides import SAVE, Gives, HandApp, HandGuide, HandStep

APP = HandApp("YouTube", "https://www.youtube.com/")
REST = (
    HandStep("Its title", option="title", copy="Copy title"),
    HandStep("Its description", Gives.CAPTION, copy="Copy description"),
    HandStep("Upload it, then copy its link", help="On the video: Share, then Copy link."),
)
GUIDES = {
    Format.VIDEO: HandGuide(
        "this video",
        (SAVE, HandStep("Start an upload with it", Gives.APP, help="Tap the plus, then Video, and pick it."), *REST),
    ),
    Format.SHORT: HandGuide(
        "this Short",
        (SAVE, HandStep("Start a Short with it", Gives.APP, help="Tap the plus, then Short, and add it."), *REST),
    ),
}

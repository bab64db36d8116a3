"""Posting on TikTok by hand, in the words of its app (support.tiktok.com, as of November 2026)."""

from django.utils.translation import gettext_noop

from connectors.platforms.base import Format
from connectors.platforms.guides import CAPTION, SAVE, Gives, HandApp, HandGuide, HandStep

APP = HandApp("TikTok", "https://www.tiktok.com/")
SOUND = HandStep(gettext_noop("Add this sound"), option="music", copy=gettext_noop("Copy its name"))
LINK = HandStep(gettext_noop("Post it, then copy its link"), help=gettext_noop("On the post: Share, then Copy link."))

GUIDES = {
    Format.VIDEO: HandGuide(
        gettext_noop("this video"),
        (
            SAVE,
            HandStep(
                gettext_noop("Upload it"), Gives.APP, help=gettext_noop("Tap the plus, then Upload, and pick it.")
            ),
            SOUND,
            CAPTION,
            LINK,
        ),
    ),
    Format.CAROUSEL: HandGuide(
        gettext_noop("these photos"),
        (
            SAVE,
            HandStep(
                gettext_noop("Upload them, in this order"),
                Gives.APP,
                help=gettext_noop("Tap the plus, then Upload, and pick them in order."),
            ),
            HandStep(gettext_noop("Their title"), option="title", copy=gettext_noop("Copy title")),
            SOUND,
            CAPTION,
            LINK,
        ),
    ),
}
# What Collavo has put into the app's inbox.
DRAFT = HandGuide(
    gettext_noop("the draft in your inbox"),
    (
        HandStep(
            gettext_noop("Open the draft in TikTok"),
            Gives.APP,
            help=gettext_noop("It waits under Inbox, in the system notifications."),
        ),
        SOUND,
        CAPTION,
        LINK,
    ),
)

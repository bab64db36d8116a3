"""Posting on Instagram by hand, in the words of its app (help.instagram.com, as of November 2026)."""

from django.utils.translation import gettext_noop

from connectors.platforms.base import Format
from connectors.platforms.guides import CAPTION, SAVE, Gives, HandApp, HandGuide, HandStep

APP = HandApp("Instagram", "https://www.instagram.com/")
MUSIC = HandStep(gettext_noop("Add this music"), option="music", copy=gettext_noop("Copy its name"))

GUIDES = {
    Format.STORY: HandGuide(
        gettext_noop("this story"),
        (
            SAVE,
            HandStep(
                gettext_noop("Add the link sticker"),
                option="link",
                copy=gettext_noop("Copy link"),
                help=gettext_noop("In the story, tap the sticker sign, then Link, and paste it."),
            ),
            MUSIC,
            HandStep(gettext_noop("Write this on it"), Gives.CAPTION, copy=gettext_noop("Copy text")),
            HandStep(
                gettext_noop("Share it as a story"),
                Gives.APP,
                help=gettext_noop("Tap the plus, choose Story, and pick what you saved."),
            ),
        ),
    ),
    Format.REEL: HandGuide(
        gettext_noop("this reel"),
        (
            SAVE,
            HandStep(
                gettext_noop("Start a reel with it"),
                Gives.APP,
                help=gettext_noop("Tap the plus, choose Reel, and pick what you saved."),
            ),
            MUSIC,
            CAPTION,
            HandStep(
                gettext_noop("Share it, then copy its link"), help=gettext_noop("On the reel: Share, then Copy link.")
            ),
        ),
    ),
    Format.IMAGE: HandGuide(
        gettext_noop("this picture"),
        (
            SAVE,
            HandStep(
                gettext_noop("Start a post with it"),
                Gives.APP,
                help=gettext_noop("Tap the plus, choose Post, and pick what you saved."),
            ),
            MUSIC,
            CAPTION,
            HandStep(
                gettext_noop("Share it, then copy its link"), help=gettext_noop("On the post: Share, then Copy link.")
            ),
        ),
    ),
    Format.CAROUSEL: HandGuide(
        gettext_noop("this carousel"),
        (
            SAVE,
            HandStep(
                gettext_noop("Start a post with them, in this order"),
                Gives.APP,
                help=gettext_noop("Tap the plus, choose Post, then Select several, and tap them one after the other."),
            ),
            MUSIC,
            CAPTION,
            HandStep(
                gettext_noop("Share it, then copy its link"), help=gettext_noop("On the post: Share, then Copy link.")
            ),
        ),
    ),
}

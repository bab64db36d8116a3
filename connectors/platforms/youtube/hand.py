"""Posting on YouTube by hand, in the words of its app (support.google.com/youtube, as of November 2026)."""

from django.utils.translation import gettext_noop

from connectors.platforms.base import Format
from connectors.platforms.guides import SAVE, Gives, HandApp, HandGuide, HandStep

APP = HandApp("YouTube", "https://www.youtube.com/")
REST = (
    HandStep(gettext_noop("Its title"), option="title", copy=gettext_noop("Copy title")),
    HandStep(gettext_noop("Its description"), Gives.CAPTION, copy=gettext_noop("Copy description")),
    HandStep(gettext_noop("Upload it, then copy its link"), help=gettext_noop("On the video: Share, then Copy link.")),
)
GUIDES = {
    Format.VIDEO: HandGuide(
        gettext_noop("this video"),
        (
            SAVE,
            HandStep(
                gettext_noop("Start an upload with it"),
                Gives.APP,
                help=gettext_noop("Tap the plus, then Video, and pick it."),
            ),
            *REST,
        ),
    ),
    Format.SHORT: HandGuide(
        gettext_noop("this Short"),
        (
            SAVE,
            HandStep(
                gettext_noop("Start a Short with it"),
                Gives.APP,
                help=gettext_noop("Tap the plus, then Short, and add it."),
            ),
            *REST,
        ),
    ),
}

"""Loaded once by the fork server of the proof."""

import django

django.setup()

import publishing.tasks  # noqa: E402, F401

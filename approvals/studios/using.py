"""Finished content can be used again in a studio. Importing this file says so to whoever shows it."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from approvals.hooks import Use, uses
from approvals.models import Version


def in_a_studio(version: Version) -> Iterable[Use]:
    """One link per version: the studio's page offers what can be made of it. No query."""
    if version.ordered_items():
        yield Use(_("Use in a studio"), reverse("approvals:studio", args=[version.workspace.slug, version.pk]))


if in_a_studio not in uses:
    uses.append(in_a_studio)

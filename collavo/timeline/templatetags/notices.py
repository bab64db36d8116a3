"""The count in the frame."""

from __future__ import annotations

from django import template
from django.db.models import QuerySet

from collavo.accounts.models import Membership
from collavo.timeline.models import Notice

register = template.Library()
MOST = 99


def unread_of(member: Membership) -> QuerySet[Notice]:
    """Those, as many as are counted."""
    return Notice.objects.filter(user=member.user_id, workspace=member.workspace).unread()[: MOST + 1]


@register.simple_tag
def unread_notices(member: Membership) -> str:
    """How many notices of this person's are unread: "", "3" or "99+". At most one query."""
    found = len(unread_of(member).values_list("pk")) if member.unread is None else member.unread
    return f"{MOST}+" if found > MOST else str(found or "")

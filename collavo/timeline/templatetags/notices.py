"""The count in the frame."""

from __future__ import annotations

from django import template

from collavo.accounts.models import Membership
from collavo.timeline.models import Notice

register = template.Library()
MOST = 99


@register.simple_tag
def unread_notices(member: Membership) -> str:
    """How many notices of this person's are unread: "", "3" or "99+". One query."""
    unread = Notice.objects.filter(user=member.user_id, workspace=member.workspace).unread()
    found = len(unread.values_list("pk")[: MOST + 1])
    return f"{MOST}+" if found > MOST else str(found or "")

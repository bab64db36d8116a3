"""The weekly times of an account, for its page."""

from __future__ import annotations

from itertools import groupby

from django import template
from django.utils.dates import WEEKDAYS

from connectors.models import Connector, QueueTime

register = template.Library()


@register.simple_tag
def by_weekday(connector: Connector) -> list[tuple[str, list[QueueTime]]]:
    """ "Monday" with its times, and so on; days without any are left out."""
    rows = connector.queue_times.order_by("weekday", "time")
    return [(str(WEEKDAYS[weekday]), list(times)) for weekday, times in groupby(rows, key=lambda row: row.weekday)]


@register.simple_tag
def weekdays() -> list[tuple[int, str]]:
    return [(weekday, str(day)) for weekday, day in WEEKDAYS.items()]

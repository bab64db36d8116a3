"""How old lines of the delivery log go, in small portions, and removed webhooks after them."""

from __future__ import annotations

import math
import time
from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from collavo.timeline.models import Delivery, Endpoint
from collavo.timeline.outgoing.models import EndpointStatus

BATCH = 5000  # rows deleted at once, so that no lock is held for long


def prune(days: int, *, seconds: float = math.inf) -> tuple[int, bool]:
    """Delete what was written so long ago, for about so long: what waits for a webhook that nobody switched on, too.

    How many, and whether some are left. Running it twice is harmless.
    """
    before, deleted, end = timezone.now() - timedelta(days=days), 0, time.monotonic() + seconds
    # Ids rise with time, so the oldest rows come first and the search ends at the first that is young.
    while pks := [
        pk for pk, at in Delivery.objects.order_by("id").values_list("id", "created_at")[:BATCH] if at < before
    ]:
        if time.monotonic() >= end:
            return deleted, True
        deleted += Delivery.objects.filter(pk__in=pks).delete()[0]
    _forget_removed()
    return deleted, False


def _forget_removed() -> None:
    logged = Delivery.objects.filter(endpoint=OuterRef("pk"))
    Endpoint.objects.filter(~Exists(logged), status=EndpointStatus.REMOVED).delete()

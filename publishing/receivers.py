"""What publishing does when an app below it reports a change."""

from typing import Any

from django.dispatch import receiver

from connectors.models import Connector, ConnectorStatus
from connectors.signals import status_changed


@receiver(status_changed, sender=Connector)
def connector_changed(connector: Connector, **_: Any) -> None:
    """An account that is active again releases the posts that waited for it."""
    if connector.status == ConnectorStatus.ACTIVE:
        from publishing.verbs import release_held

        release_held(connector)

"""What publishing does when an app below it reports a change."""

from typing import Any

from django.dispatch import receiver

from collavo.timeline.models import Event
from collavo.timeline.signals import recorded
from connectors.models import Connector, ConnectorStatus
from connectors.signals import post_told, status_changed


@receiver(status_changed, sender=Connector)
def connector_changed(connector: Connector, **_: Any) -> None:
    """An account that is active again releases the posts that waited for it."""
    if connector.status == ConnectorStatus.ACTIVE:
        from publishing.verbs import release_held

        release_held(connector)


@receiver(post_told, sender=Connector)
def platform_told(connector: Connector, handle: str, **_: Any) -> None:
    """The platform says that a post has moved: ask it now instead of later. What it told is not believed."""
    from publishing.metrics import told
    from publishing.verbs import ask_early

    ask_early(connector, handle)
    told(connector, handle)


@receiver(recorded, sender=Event)
def version_decided(event: Event, **_: Any) -> None:
    """What waits for a version's approval becomes a post in the approval's own transaction, or ends."""
    if event.subject_type == "version":
        from publishing.wishes import decided

        decided(event)

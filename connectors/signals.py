"""What connectors tell the apps above them, which they must not import."""

from django.dispatch import Signal

status_changed = Signal()  # sender: Connector, connector: the row; sent after the change has committed
post_told = Signal()  # sender: Connector, connector: the row, handle: str; the platform says that a post has moved

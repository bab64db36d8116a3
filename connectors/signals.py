"""What connectors tell the apps above them, which they must not import."""

from django.dispatch import Signal

status_changed = Signal()  # sender: Connector, connector: the row; sent after the change has committed

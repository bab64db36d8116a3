"""What the history tells the apps above it, which it must not import."""

from django.dispatch import Signal

# sender: Event, event: the line. Sent inside the transaction that wrote it, so that what a receiver writes exists if
# and only if the line does; what it raises takes the whole move back.
recorded = Signal()

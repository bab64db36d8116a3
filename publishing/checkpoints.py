"""Named moments of a publish. The product does nothing at them; the crash proof kills the process there."""

from django.dispatch import Signal

reached = Signal()  # sender: None; name: "publish:before_call", …; post_id


def checkpoint(name: str, post_id: object) -> None:
    reached.send(sender=None, name=name, post_id=post_id)

"""What the queue runs for approvals."""

from approvals import notices


def remind() -> int:
    """Scheduled every few minutes: reminders of what waits for a decision. How many were written."""
    return notices.remind()

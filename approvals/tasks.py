"""What the queue runs for approvals."""

from approvals import keeping, notices


def remind() -> int:
    """Scheduled every few minutes: reminders of what waits for a decision. How many were written."""
    return notices.remind()


def prune_media() -> int:
    """Scheduled hourly: media that no version uses, and uploads that nobody finished. How many media went."""
    return keeping.prune()

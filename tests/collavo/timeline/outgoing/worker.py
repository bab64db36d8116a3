"""A worker that sends webhooks until it is killed: the product's own threads, with short leases."""

from __future__ import annotations

import time
from datetime import timedelta

import django


def main() -> None:
    django.setup()
    from collavo.timeline.outgoing import delivering, tasks

    delivering.LEASE = timedelta(seconds=1)  # so that what a dead worker had taken falls due within the test
    while True:
        tasks.deliver()
        tasks.settle()
        time.sleep(0.05)


if __name__ == "__main__":
    main()

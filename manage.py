#!/usr/bin/env python3
"""Every command of Collavo: `manage.py help` lists them."""

import os
import sys


def main() -> None:
    if sys.version_info < (3, 12):
        sys.exit("Collavo needs Python 3.12 or newer; this is %d.%d." % sys.version_info[:2])  # noqa: UP031 (must parse on old ones)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collavo.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed here: run `make` first, then .venv/bin/python manage.py.")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as e:
        sys.exit(f"Collavo cannot start: {e}")


if __name__ == "__main__":
    main()

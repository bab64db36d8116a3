#!/usr/bin/env python3
"""Every command of Collavo: `manage.py help` lists them."""

import os
import sys


def main():
    # type: () -> None
    if sys.version_info < (3, 12):
        sys.exit("Collavo needs Python 3.12 or newer; this is %d.%d." % sys.version_info[:2])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collavo.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(
            "Django is not installed for this Python. Use make (make demo, make run), or .venv/bin/python manage.py."
        )
    if sys.argv[1:2] == ["demo"]:
        from collavo.launcher import choose_demo_settings

        choose_demo_settings(os.environ)  # before the settings are read
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as e:
        sys.exit("Collavo cannot start: %s" % e)


if __name__ == "__main__":
    main()

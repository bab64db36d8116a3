"""The web process's door (gunicorn collavo.wsgi)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collavo.settings")

application = get_wsgi_application()

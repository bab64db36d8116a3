"""The web process's door (gunicorn collavo.wsgi)."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collavo.settings")

application = get_wsgi_application()
import_module(settings.ROOT_URLCONF)  # pages and API are here before the first request comes …
gc.collect()
gc.freeze()  # … and what stays as long as the process is not looked through again and again

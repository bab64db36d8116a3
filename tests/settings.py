"""The product's settings for a test session: nothing of the developer's environment, and a database of its own."""

import os
import re
from pathlib import Path

from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent

for name in re.findall(r"^(?:# ?)?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE):
    os.environ.pop(name, None)
os.environ |= {
    "READ_DOT_ENV": "no",
    "DATA_DIR": str(ROOT / "var" / "test"),
    "SECRET_KEY": "only-for-tests-" + "x" * 50,
    "TOKEN_KEYS": Fernet.generate_key().decode(),
    "LOG_LEVEL": "WARNING",
    "DJANGO_SETTINGS_MODULE": "collavo.settings",  # for the processes that tests start
}

(ROOT / "var/test/static").mkdir(parents=True, exist_ok=True)  # whitenoise warns when it is missing

from collavo.settings import *  # noqa: E402, F403
from collavo.settings import DATABASES, STORAGES  # noqa: E402

# Several sessions may run side by side in one checkout: they share the server and nothing else.
DATABASES["default"]["TEST"] = {"NAME": f"test_collavo_{os.getpid()}"}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher"
]  # signing in a hundred times must not take a minute

"""Every setting of the product, read from the environment (and `.env`, if there is one). `.env.example` explains each.

A value that cannot work stops the program here with one sentence. Nothing in this file talks to the network or starts
anything; the first start writes two secrets into DATA_DIR.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.conf import global_settings
from django.contrib.messages import constants as message_levels
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django.utils.csp import CSP

from collavo import embedded, media_storage

BASE_DIR = Path(__file__).resolve().parent.parent

if os.environ.get("READ_DOT_ENV", "yes") != "no":  # tests say "no": they must not depend on anybody's .env
    environ.Env.read_env(BASE_DIR / ".env")


def text(name: str, default: str = "") -> str:
    """The value without the blanks around it; empty is the same as absent, so that `NAME=` in .env means "not set"."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """yes/no, true/false, on/off, 1/0."""
    value = text(name, "yes" if default else "no").lower()
    if value not in {"yes", "true", "on", "1", "no", "false", "off", "0"}:
        raise ImproperlyConfigured(f"{name} must be yes or no, not {value!r}.")
    return value in {"yes", "true", "on", "1"}


def number(name: str, default: int, *, least: int = 1, most: int = 1_000_000) -> int:
    value = text(name, str(default))
    if not value.isdecimal() or not least <= int(value) <= most:
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}, not {value!r}.")
    return int(value)


def address(name: str, default: str = "") -> str:
    """An http(s) address without a slash at its end."""
    value = text(name, default).rstrip("/")
    if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname):
        raise ImproperlyConfigured(f"{name} must be an address like https://collavo.example, not {value!r}.")
    return value


def prefixes(name: str) -> tuple[str, ...]:
    """Beginnings of http(s) addresses with commas between, each up to a slash."""
    values = tuple(value.strip() for value in text(name).split(",") if value.strip())
    for value in values:
        if urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname or not value.endswith("/"):
            raise ImproperlyConfigured(f"{name} must be like https://media.collavo.example/m/, not {value!r}.")
    return values


def language(name: str, default: str) -> str:
    """The code of a language that Django knows, or a variant of one ("de", "de-ch", "pt-br"), in small letters."""
    value = text(name, default).lower().replace("_", "-")
    known = dict(global_settings.LANGUAGES)
    if value not in known and value.partition("-")[0] not in known:
        raise ImproperlyConfigured(f"{name} must be the code of a language, such as en, de or pt-br, not {value!r}.")
    return value


def networks(value: str) -> tuple[str, ...]:
    """Networks with commas between, such as 10.0.0.0/8."""
    values = tuple(part.strip() for part in value.split(",") if part.strip())
    try:
        for part in values:
            ip_network(part)
    except ValueError as e:
        raise ImproperlyConfigured(f"WEBHOOK_NETWORKS must be like 10.1.0.0/16,127.0.0.0/8: {e}.") from e
    return values


def kept_secret(filename: str, new: str) -> str:
    """The secret in DATA_DIR; the first process to ask writes `new` there, all others read what it wrote."""
    path = DATA_DIR / filename
    try:
        if not path.exists():
            DATA_DIR.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{filename}.{os.getpid()}")
            draft.unlink(missing_ok=True)  # left by a process that was killed here
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(new)
            with suppress(FileExistsError):
                os.link(draft, path)  # whole or not at all, and never over another process's secret
            draft.unlink()
        return path.read_text().strip()
    except OSError as e:
        raise ImproperlyConfigured(
            f"Cannot keep {filename} in DATA_DIR: {path}: {e.strerror}. Set DATA_DIR to a folder this user may write."
        ) from e


def fernet_keys(value: str) -> list[str]:
    keys = [key.strip() for key in value.split(",") if key.strip()]
    try:
        for key in keys:
            Fernet(key)
    except ValueError as e:
        raise ImproperlyConfigured("TOKEN_KEYS must be Fernet keys with commas between (see .env.example).") from e
    return keys


def vapid_key(value: str) -> str:
    """Ours for web push: 32 bytes in base64url."""
    if value and not re.fullmatch(r"[A-Za-z0-9_-]{43}=?", value):
        raise ImproperlyConfigured("VAPID_PRIVATE_KEY must be 32 bytes in base64url (see .env.example).")
    return value


def database(url: str) -> dict[str, Any]:
    """Django's settings for the PostgreSQL at `url`; without one, for the embedded PostgreSQL in DATA_DIR."""
    if not url:
        return embedded.settings_for(DATA_DIR / "postgres")
    if url.split("://")[0] not in {"postgres", "postgresql", "pgsql", "psql"}:
        raise ImproperlyConfigured("DATABASE_URL must be PostgreSQL: postgres://user:password@host:5432/name.")
    try:
        config: dict[str, Any] = environ.Env.db_url_config(url)
    except (ValueError, ImproperlyConfigured) as e:
        raise ImproperlyConfigured("DATABASE_URL is not like postgres://user:password@host:5432/name.") from e
    if not config["NAME"]:
        raise ImproperlyConfigured("DATABASE_URL names no database: postgres://user:password@host:5432/name.")
    options = config.setdefault("OPTIONS", {})  # as libpq has it, ?host=/run/postgresql&port=5433 names a Unix socket
    options.setdefault("connect_timeout", 5)  # seconds; without it a vanished server holds every request for minutes
    return config | {part.upper(): str(options.pop(part)) for part in ("host", "port") if part in options}


def mailer(url: str) -> dict[str, Any]:
    try:
        config = environ.Env.email_url_config(url)
    except (ValueError, ImproperlyConfigured) as e:
        raise ImproperlyConfigured("EMAIL_URL must be like smtp+tls://user:password@host:587 or consolemail://.") from e
    if "smtp" not in config["EMAIL_BACKEND"]:
        return {"BACKEND": config["EMAIL_BACKEND"]}
    options = {
        "host": config["EMAIL_HOST"],
        "port": config["EMAIL_PORT"] or 25,
        "username": config["EMAIL_HOST_USER"] or "",
        "password": config["EMAIL_HOST_PASSWORD"] or "",
        "use_tls": config.get("EMAIL_USE_TLS", False),
        "use_ssl": config.get("EMAIL_USE_SSL", False),
        "timeout": 20,  # seconds; without it a dead mail server would hold a request for ever
    }
    return {"BACKEND": config["EMAIL_BACKEND"], "OPTIONS": options}


# Where things are

DEBUG = flag("DEBUG")
DATA_DIR = Path(text("DATA_DIR", str(BASE_DIR / "var"))).expanduser().absolute()
PORT = number("PORT", 8000, most=65535)
HOST = text("HOST", "127.0.0.1")
SANDBOX_PORT = number("SANDBOX_PORT", 8001, most=65535)
SANDBOX_URL = address("SANDBOX_URL")
BASE_URL = address("BASE_URL", f"http://127.0.0.1:{PORT}")
MEDIA_BASE_URL = address("MEDIA_BASE_URL", BASE_URL)
INSTAGRAM_API_URL = address("INSTAGRAM_API_URL", "https://graph.instagram.com")
FACEBOOK_API_URL = address("FACEBOOK_API_URL", "https://graph.facebook.com")
INSTAGRAM_AUTHORIZE_URL = address("INSTAGRAM_AUTHORIZE_URL", "https://www.instagram.com")  # where people give consent …
INSTAGRAM_TOKEN_URL = address("INSTAGRAM_TOKEN_URL", "https://api.instagram.com")  # … and where their code is taken
FACEBOOK_AUTHORIZE_URL = address("FACEBOOK_AUTHORIZE_URL", "https://www.facebook.com")
TIKTOK_API_URL = address("TIKTOK_API_URL", "https://open.tiktokapis.com")
TIKTOK_AUTHORIZE_URL = address("TIKTOK_AUTHORIZE_URL", "https://www.tiktok.com")
TIKTOK_SITE_URL = address("TIKTOK_SITE_URL", "https://www.tiktok.com")  # where people watch: links begin with it
TIKTOK_MEDIA_PREFIXES = prefixes("TIKTOK_MEDIA_PREFIXES")  # what is verified in the app's “URL properties”
YOUTUBE_API_URL = address("YOUTUBE_API_URL", "https://www.googleapis.com")
YOUTUBE_AUTHORIZE_URL = address("YOUTUBE_AUTHORIZE_URL", "https://accounts.google.com")
YOUTUBE_TOKEN_URL = address("YOUTUBE_TOKEN_URL", "https://oauth2.googleapis.com")
YOUTUBE_SITE_URL = address("YOUTUBE_SITE_URL", "https://www.youtube.com")  # where people watch: links begin with it

# Secrets

SECRET_KEY = text("SECRET_KEY") or kept_secret("secret_key", get_random_secret_key())
SECRET_KEY_FALLBACKS = [key for key in text("SECRET_KEY_FALLBACKS").split(",") if key]
TOKEN_KEYS = fernet_keys(text("TOKEN_KEYS") or kept_secret("token_keys", Fernet.generate_key().decode()))
VAPID_PRIVATE_KEY = vapid_key(text("VAPID_PRIVATE_KEY"))
META_APP_ID = text("META_APP_ID")
META_APP_SECRET = text("META_APP_SECRET")
META_VERIFY_TOKEN = text("META_VERIFY_TOKEN")
INSTAGRAM_APP_ID = text("INSTAGRAM_APP_ID")
INSTAGRAM_APP_SECRET = text("INSTAGRAM_APP_SECRET")
TIKTOK_CLIENT_KEY = text("TIKTOK_CLIENT_KEY")
TIKTOK_CLIENT_SECRET = text("TIKTOK_CLIENT_SECRET")
YOUTUBE_CLIENT_ID = text("YOUTUBE_CLIENT_ID")
YOUTUBE_CLIENT_SECRET = text("YOUTUBE_CLIENT_SECRET")

# How much at once

WEB_WORKERS = number("WEB_WORKERS", 2, most=64)
WEB_THREADS = number("WEB_THREADS", 8, most=64)
WORKERS = number("WORKERS", 2, most=64)
WORKER_THREADS = number("WORKER_THREADS", 32, most=256)
LEASE_SECONDS = number("LEASE_SECONDS", 180, least=30, most=3600)

API_RATE_PER_MINUTE = number("API_RATE_PER_MINUTE", 600)

# How long what is kept

ATTEMPTS_KEPT_DAYS = number("ATTEMPTS_KEPT_DAYS", 90, most=36500)
WEBHOOK_LOG_DAYS = number("WEBHOOK_LOG_DAYS", 30, most=3650)
UNUSED_MEDIA_DAYS = number("UNUSED_MEDIA_DAYS", 30, most=36500)
UPLOAD_HOURS = number("UPLOAD_HOURS", 24, most=24 * 30)

# What programs send in, and where we send to

UPLOAD_MOST_BYTES = number("UPLOAD_MOST_BYTES", 4 * 1024**3, most=1024**4)
WEBHOOK_NETWORKS = networks(text("WEBHOOK_NETWORKS"))

# Sizes of pieces

TIKTOK_SINGLE_BYTES = number("TIKTOK_SINGLE_BYTES", 64_000_000, least=1, most=64_000_000)
TIKTOK_CHUNK_BYTES = number("TIKTOK_CHUNK_BYTES", 10_000_000, least=1, most=32_000_000)
YOUTUBE_CHUNK_BYTES = number("YOUTUBE_CHUNK_BYTES", 8 * 1024**2, least=256 * 1024, most=64 * 1024**2)
if YOUTUBE_CHUNK_BYTES % (256 * 1024):
    raise ImproperlyConfigured("YOUTUBE_CHUNK_BYTES must be a multiple of 262144: YouTube takes no other pieces.")

# Django

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "collavo.accounts",
    "collavo.timeline",
    "collavo.ops",
    "connectors",
    "approvals",
    "publishing",
    "django_q",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
]

MIDDLEWARE = [
    "collavo.health.HealthMiddleware",  # first: it answers whatever Host it is asked for and whatever is down
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "collavo.api.middleware.ApiMiddleware",  # outside of what may answer with a page: the API's errors are JSON
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "collavo.storable.StorableMiddleware",
]

ROOT_URLCONF = "collavo.urls"
WSGI_APPLICATION = "collavo.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "collavo.accounts.context.console",
            ],
        },
    },
]

DATABASES = {
    "default": {
        **database(text("DATABASE_URL")),
        "CONN_MAX_AGE": 600,  # every thread of web and worker keeps its connection …
        "CONN_HEALTH_CHECKS": True,  # … and asks once per request or task whether it still lives
    }
}
# Without a threshold nothing is prepared, whatever a cursor asks for (collavo/prepared.py). Django's own never do.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("prepare_threshold", 5)
# A process that is frozen in the middle of a transaction would keep its locks for as long as it sleeps.
DATABASES["default"]["OPTIONS"].setdefault("options", f"-c idle_in_transaction_session_timeout={LEASE_SECONDS * 1000}")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"  # for tables of libraries; ours have UUIDv7 keys

LANGUAGE_CODE = language("LANGUAGE_CODE", "en")  # of everything that people read: one for the whole installation
LOCALE_PATHS = [BASE_DIR / "collavo" / "locale"]
TIME_ZONE = "UTC"  # pages convert to the zone of the workspace or account they show
USE_TZ = True
USE_I18N = True

# Files: static ones are served by whitenoise, uploads only ever through signed addresses, never by a plain path

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_STORAGE = text("MEDIA_STORAGE", media_storage.LOCAL)
MEDIA_ADDRESSES = text("MEDIA_ADDRESSES", media_storage.addresses(MEDIA_STORAGE))
MEDIA_BUCKET = media_storage.Bucket(
    name=text("MEDIA_BUCKET"),
    prefix=text("MEDIA_PREFIX"),
    endpoint=address("MEDIA_ENDPOINT"),
    region=text("MEDIA_REGION"),
    access_key=text("MEDIA_ACCESS_KEY"),
    secret_key=text("MEDIA_SECRET_KEY"),
    credentials=text("MEDIA_CREDENTIALS"),
)
STORAGES = {
    "default": media_storage.storage(MEDIA_STORAGE, MEDIA_ADDRESSES, MEDIA_BUCKET),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = DEBUG
FILE_UPLOAD_PERMISSIONS = 0o640

# Who may sign in: people an operator invited, with their e-mail address, a password and, if they like, a second factor

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "collavo.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # whoever invites a person has chosen the address
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Collavo"
# Addresses are not verified (see above), and a second factor must be open to everybody.
MFA_ALLOW_UNVERIFIED_EMAIL = True

MESSAGE_TAGS = {
    message_levels.DEBUG: "info",
    message_levels.INFO: "info",
    message_levels.SUCCESS: "success",
    message_levels.WARNING: "warning",
    message_levels.ERROR: "error",
}

# Security: what the scheme of BASE_URL implies. On https everything is strict; on http (a laptop) nothing needs a proxy

HTTPS = BASE_URL.startswith("https://")
PROXIES = number("PROXIES", 1 if HTTPS else 0, least=0, most=9)
ALLOWED_HOSTS = sorted({"localhost", "127.0.0.1", *(str(urlsplit(u).hostname) for u in (BASE_URL, MEDIA_BASE_URL))})
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:", "blob:"],
    "media-src": [CSP.SELF, "blob:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
SILENCED_SYSTEM_CHECKS = [
    # HSTS for subdomains and browsers' preload lists bind hosts that are not ours: the owner of the domain decides.
    "security.W005",
    "security.W021",
]

# The queue. Tasks are hints ("look at this post"): the claim decides, so running one twice or never is harmless

Q_CLUSTER: dict[str, Any] = {
    "name": "collavo",
    "label": "Queue",
    "orm": "default",  # the broker is our database: a task queued in a transaction exists only if it commits
    "workers": WORKERS,
    "poll": 0.05,  # seconds between looks into an empty queue; a due post waits this long at most
    # Fetched, and fetched but not yet begun. A cluster that stops first does all it has fetched, so it fetches little.
    "bulk": 2,
    "queue_limit": 2,
    "timeout": 900,  # seconds until a task is broken off: it only hands posts to threads, so this one hangs
    "retry": 960,  # must be longer than timeout, else a task still at work is given out again
    "max_attempts": 1,  # retrying is the engine's decision, with its own clock, not the queue's
    "ack_failures": True,  # a task that raised is finished; the safety net finds the post again
    "catch_up": False,  # after an outage a schedule runs once, not once for every minute missed
    "recycle": 20_000,  # tasks, then a worker process is replaced: memory that a library leaks comes back
    "save_limit": -1,  # successful tasks are not kept (posts have their own history); failed ones always are
}

# Mail, cache, log

MAILERS = {"default": mailer(text("EMAIL_URL", "consolemail://"))}
DEFAULT_FROM_EMAIL = text("DEFAULT_FROM_EMAIL", "Collavo <collavo@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}  # rate limits only: none are shared

LOG_LEVEL = text("LOG_LEVEL", "INFO").upper()
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
    raise ImproperlyConfigured(f"LOG_LEVEL must be DEBUG, INFO, WARNING, ERROR or CRITICAL, not {LOG_LEVEL!r}.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "stream": sys.stderr}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # Three lines for each task say nothing that a post's own history does not; LOG_LEVEL=DEBUG shows them.
        "django-q": {"level": "DEBUG" if LOG_LEVEL == "DEBUG" else "WARNING"},
        # At DEBUG these write whole addresses, and addresses of platforms carry access tokens.
        "urllib3": {"level": "INFO"},
        "requests": {"level": "INFO"},
    },
}

"""Django's settings of this deployment.

What a deployer decides comes from the environment (`MUSTER_*`, secrets also from `NAME_FILE`); what an operator
decides is a row in the database; the rest is a constant here with its reason.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
from environs import Env

from config import hosts

# One thread each, said before anything imports them: a second torch thread costs half again the CPU per request,
# and a fork after any work on two threads hangs the child.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

django_stubs_ext.monkeypatch()

VERSION = "0.2.0"
"""Of Muster; kept in the manifest of a backup."""

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("MUSTER_VAR", str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)


def _secret(name: str) -> str | None:
    """Read a secret from the variable, or from the file that NAME_FILE points to."""
    path = env.str(f"{name}_FILE", "")
    if path:
        return Path(path).read_text(encoding="utf-8").strip()
    return env.str(name, "") or None


def _kept_secret_key() -> str:
    """Read the key made at first start; make it, readable by its owner alone, where there is none."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        aside = VAR_DIR / f".secret_key.{os.getpid()}"
        aside.touch(mode=0o600)
        aside.write_text(secrets.token_urlsafe(50), encoding="ascii")
        with contextlib.suppress(FileExistsError):  # several processes start at once: the first one's key stands
            os.link(aside, path)
        aside.unlink()
    return path.read_text(encoding="ascii").strip()


SECRET_KEY = _secret("MUSTER_SECRET_KEY") or _kept_secret_key()
DEBUG = env.bool("MUSTER_DEBUG", False)
BIND = env.str("MUSTER_BIND", "127.0.0.1")
ALLOWED_HOSTS: list[str] = hosts.allowed(said=env.list("MUSTER_HOSTS", []), bind=BIND)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("MUSTER_ORIGINS", [])

INSTALLED_APPS = [
    "attendance",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "config.static.StaticFiles",
    "django_htmx",
]
MIDDLEWARE = [
    "attendance.web.addresses.Forwarded",
    "django.middleware.security.SecurityMiddleware",
    "attendance.web.headers.Headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "attendance.web.access.SignInGate",
    "attendance.web.access.PasswordGate",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"times": "attendance.web.times"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "attendance.web.navigation.context",
            ],
        },
    }
]

# IMMEDIATE: a deferred reader that turns writer on a stale snapshot fails at once, whatever the timeout.
# FULL: a punch is a wage, and NORMAL may drop the last commits at a power cut.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 10,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **(
            dict(env.dj_db_url("DATABASE_URL", _database_url))
            if (_database_url := _secret("DATABASE_URL"))
            else {"ENGINE": "django.db.backends.sqlite3", "NAME": VAR_DIR / "muster.sqlite3"}
        ),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
    # a file in tests too: threads on a database in memory share one connection and lock each other out
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "attendance.User"
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "sign_in"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"  # instants are stored in UTC; the site's own zone is a row

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static.Storage"},
}
WHITENOISE_USE_FINDERS = True  # before `collectstatic` files come from where they lie
MEDIA_ROOT = VAR_DIR / "media"  # never served by URL: every photo passes a permission check

# A photo may have 25 MB and a ZIP 2 GB; both go to disk above this and are checked by their own limits.
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
DATA_UPLOAD_MAX_NUMBER_FILES = 5_000

# Addresses or networks of proxies in front: what they say of their clients is believed, from nobody else.
_proxies: list[str] = env.list("MUSTER_PROXIES", [])
PROXIES = [ipaddress.ip_network(each.strip(), strict=False) for each in _proxies if each.strip()]

# Say so where a proxy in front speaks https and sets X-Forwarded-Proto itself: the header is believed then.
HTTPS = env.bool("MUSTER_HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 2_592_000 if HTTPS else 0  # 30 days

# Digests are printed by the worker until a mail server is named: MUSTER_EMAIL_URL=submission://user:password@host:587
EMAIL_SETTINGS = env.dj_email_url("MUSTER_EMAIL_URL", "console:")
EMAIL_BACKEND = EMAIL_SETTINGS["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = EMAIL_SETTINGS.get("EMAIL_HOST") or "", EMAIL_SETTINGS.get("EMAIL_PORT") or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = (
    EMAIL_SETTINGS.get("EMAIL_HOST_USER") or "",
    EMAIL_SETTINGS.get("EMAIL_HOST_PASSWORD") or "",
)
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL_SETTINGS.get("EMAIL_USE_TLS", False), EMAIL_SETTINGS.get("EMAIL_USE_SSL", False)
DEFAULT_FROM_EMAIL = env.str("MUSTER_EMAIL_FROM", "muster@localhost")

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

MODELS_DIR = env.str("MUSTER_MODELS_DIR", str(VAR_DIR / "models"))
# Where the worker writes a backup every night, on another disk; none is made without it. So many are kept.
BACKUPS_DIR = env.str("MUSTER_BACKUPS", "")
BACKUPS_KEPT = env.int("MUSTER_BACKUPS_KEPT", 14)
TEST_RUNNER = "django.test.runner.DiscoverRunner"

REDIS_URL = _secret("REDIS_URL")
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
    CELERY_BROKER_URL = REDIS_URL
    # without a bound on retries, sending waits for ever while Redis is down
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "max_retries": 1,
        "interval_start": 0,
        "interval_max": 0.2,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
    }
else:
    # in files, since the web processes and the worker must see the same
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(VAR_DIR / "cache"),
        }
    }
    CELERY_BROKER_URL = "muster-folder://localhost"
    CELERY_BROKER_TRANSPORT_OPTIONS = {"folder": str(VAR_DIR / "queue")}
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "muster"
CELERY_TASK_IGNORE_RESULT = True  # the database holds every result
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]

_broker_host = urlsplit(CELERY_BROKER_URL).hostname  # named in the health page, never with its password
BROKER_NAME = f"redis on {_broker_host}" if REDIS_URL else "folder"


def _is_news(record: logging.LogRecord) -> bool:
    """Tell whether a line is worth printing: who asks /healthz has the answer already."""
    return getattr(getattr(record, "request", None), "path", "") != "/healthz"


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "filters": {"news": {"()": "django.utils.log.CallbackFilter", "callback": _is_news}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["news"]}},
    "root": {"handlers": ["console"], "level": env.str("MUSTER_LOG_LEVEL", "INFO")},
    "loggers": {"faiss.loader": {"level": "WARNING"}},  # tells at each start which of its builds it tried
}

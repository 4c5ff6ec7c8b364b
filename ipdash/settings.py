"""All settings; what differs between deployments comes from the environment (.env.example lists every variable)."""

import os
from pathlib import Path

from celery.schedules import crontab

from ipdash import environment

BASE_DIR = Path(__file__).resolve().parent.parent

# `local` needs nothing set and answers on this machine only; `production` refuses to start without a secret and host names.
IPDASH_MODE = environment.one_of("IPDASH_MODE", "local", ["local", "production"])
IS_LOCAL = IPDASH_MODE == "local"
VAR_DIR = Path(environment.text("VAR_DIR", str(BASE_DIR / "var")))

os.environ.setdefault("MPLCONFIGDIR", str(VAR_DIR / "matplotlib"))  # or it would write into a home that may not exist

DEBUG = environment.flag("DEBUG", False)
SECRET_KEY = environment.secret("SECRET_KEY", kept_in=VAR_DIR / "secret_key" if IS_LOCAL else None)
ALLOWED_HOSTS = environment.hosts("ALLOWED_HOSTS", loopback_only=IS_LOCAL)
CSRF_TRUSTED_ORIGINS = environment.origins("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "regions",
    "indicators",
]

MIDDLEWARE = [
    "ipdash.middleware.request_id",
    "ipdash.middleware.security_headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "ipdash.urls"
WSGI_APPLICATION = "ipdash.wsgi.application"
ASGI_APPLICATION = "ipdash.asgi.application"

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
                "indicators.context.site",
            ],
        },
    },
]

# Data

DATABASES = {"default": environment.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'ipdash.sqlite3'}" if IS_LOCAL else None)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_ROOT = VAR_DIR / "media"

# People

AUTH_USER_MODEL = "regions.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"

# Language and place

UNIT_NAME = environment.text("UNIT_NAME", "")
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# Static files: hashed names, compressed ahead, served by the application itself (no second server, no outside request)

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Part of every page's ETag: a new release shows at once even where the figures are the same.
ASSETS_VERSION = max(
    (file.stat().st_mtime_ns for name in ("static", "templates") for file in (BASE_DIR / name).rglob("*")), default=0
)

# Security: the header set itself is in ipdash.middleware

SECURE_SSL_REDIRECT = environment.flag("SECURE_SSL_REDIRECT", not IS_LOCAL)
SECURE_REDIRECT_EXEMPT = [r"^healthz/"]
SECURE_HSTS_SECONDS = 0 if IS_LOCAL else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not IS_LOCAL
SECURE_HSTS_PRELOAD = not IS_LOCAL
SECURE_REFERRER_POLICY = "same-origin"
if environment.flag("BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not IS_LOCAL
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = ("sessionid", "csrftoken") if IS_LOCAL else ("__Host-sessionid", "__Host-csrftoken")
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

# API

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
}

# Celery: Redis in production; `make run` passes messages through files, so that nothing else need be installed

REDIS_URL = environment.broker("REDIS_URL", "" if IS_LOCAL else None)
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_TIME_LIMIT = 1800
CELERY_TASK_PUBLISH_RETRY = False  # the row in the database is the truth; a message only wakes a worker sooner
if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        # Above the task's time limit, or a long task would be started a second time while it runs.
        "visibility_timeout": 3600,
        # Kombu looks for messages of dead workers every interval x throttle seconds: 5, not 100.
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR_DIR / "broker" / "messages"),
        "data_folder_out": str(VAR_DIR / "broker" / "messages"),
        "control_folder": str(VAR_DIR / "broker" / "control"),
        "polling_interval": 0.5,
    }
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
SWEEP_SECONDS = environment.whole_number("SWEEP_SECONDS", 60, at_least=1)
CELERY_BEAT_SCHEDULE = {
    "sweep-stale": {"task": "indicators.refresh_stale", "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS}},
    "rebuild-nightly": {"task": "indicators.rebuild_nightly", "schedule": crontab(hour=2, minute=30)},
    "clear-expired-sessions": {"task": "indicators.clear_expired_sessions", "schedule": crontab(hour=3, minute=20)},
}

# Logging: one line a record, with the request's id, to standard error

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "ipdash.middleware.RequestIdFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
    "root": {"handlers": ["stderr"], "level": environment.one_of("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"])},
}

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
    "indicators.api.reading.lists_first",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "indicators.views.sessions.kept_within_limits",
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
# Connections keep the API's statements planned; behind a pooler that hands connections out by transaction that only costs.
PREPARED_STATEMENTS = environment.flag("PREPARED_STATEMENTS", True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Pages and counts of one version of the data, in each process its own: packed, some ten kB each.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 2000}}}
MEDIA_ROOT = VAR_DIR / "media"

# People

AUTH_USER_MODEL = "regions.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTHENTICATION_BACKENDS = ["indicators.people.LockingBackend"]
# `dengbao` asks for kinds of characters and a change every 90 days, as GB/T 22239 does; `asvs` asks for neither, as OWASP does.
PASSWORD_POLICY = environment.one_of("PASSWORD_POLICY", "dengbao", ["dengbao", "asvs"])
PASSWORD_DAYS = 90 if PASSWORD_POLICY == "dengbao" else None
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "regions.passwords.WordsOfTheSite"},
    *([{"NAME": "regions.passwords.KindsOfCharacters"}] if PASSWORD_POLICY == "dengbao" else []),
    {"NAME": "regions.passwords.NotTheSameAgain"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "overview"
SESSION_ENGINE = "ipdash.sessions"
SESSION_IDLE_MINUTES = environment.whole_number("SESSION_IDLE_MINUTES", 30, at_least=3)
SESSION_HOURS = environment.whole_number("SESSION_HOURS", 12, at_least=1)
SESSION_COOKIE_AGE = SESSION_HOURS * 3600

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
BEHIND_PROXY = environment.flag("BEHIND_PROXY", False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not IS_LOCAL
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = ("sessionid", "csrftoken") if IS_LOCAL else ("__Host-sessionid", "__Host-csrftoken")
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # the entry grid without JavaScript: four fields an indicator
UPLOAD_MAX_BYTES = 10 * 1024 * 1024  # of one file; more of it never reaches the disk
FILE_UPLOAD_HANDLERS = [
    "ipdash.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# API

# Reading is plain views over fixed SQL (indicators/api/reading.py); REST framework serves what is written with a token.
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
}
API_RATE = environment.whole_number("API_RATE", 600)

# Open data: the most observations one SDMX answer holds, the rows up to which a data package is made while its reader waits,
# what they may be used for, and how long the feed of changes goes back

SDMX_MAX_OBSERVATIONS = environment.whole_number("SDMX_MAX_OBSERVATIONS", 1_000_000, at_least=1)
PACKAGE_DIRECT_ROWS = environment.whole_number("PACKAGE_DIRECT_ROWS", 50_000, at_least=0)
DATA_LICENCE = environment.text("DATA_LICENCE", "")
CHANGES_KEPT_DAYS = environment.whole_number("CHANGES_KEPT_DAYS", 90, at_least=1)

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
    # A job whose worker was killed is taken again after its lease (indicators.jobs.LEASE) and this.
    "sweep-jobs": {"task": "indicators.run_jobs", "schedule": min(SWEEP_SECONDS, 8), "options": {"expires": 8}},
    "clear-old-uploads": {"task": "indicators.clear_old_uploads", "schedule": crontab(hour=3, minute=50)},
    "rebuild-nightly": {"task": "indicators.rebuild_nightly", "schedule": crontab(hour=2, minute=30)},
    "send-reminders": {"task": "indicators.send_reminders", "schedule": crontab(hour=8, minute=30, day_of_week="mon-fri")},
    "prune-open-data": {"task": "indicators.prune_open_data", "schedule": crontab(hour=3, minute=40)},
    "clear-expired-sessions": {"task": "indicators.clear_expired_sessions", "schedule": crontab(hour=3, minute=20)},
}

# Mail: written to files where no server is named, so that nothing is lost while one is set up

MAIL_SERVER = environment.mail_server("EMAIL_URL")
if MAIL_SERVER:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = MAIL_SERVER["host"], MAIL_SERVER["port"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL_SERVER["user"], MAIL_SERVER["password"]
    EMAIL_USE_SSL, EMAIL_USE_TLS = MAIL_SERVER["ssl"], MAIL_SERVER["tls"]
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.mail_address("MAIL_FROM", "ipdash@localhost")

# Entry: a year's figures are due when it is over, and overdue after this day of the next year

ENTRY_DUE = environment.month_day("ENTRY_DUE", "03-31")
REMINDERS = environment.flag("REMINDERS", False)
SITE_ADDRESS = next(iter(environment.origins("SITE_ADDRESS")), "")  # for links in mail; pages need none

# Logging: one line a record, with the request's id, to standard error

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "ipdash.middleware.RequestIdFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
    "root": {"handlers": ["stderr"], "level": environment.one_of("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"])},
}

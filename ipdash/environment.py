"""Deployment values from the environment: small readers that refuse nonsense with a sentence naming the variable."""

import contextlib
import datetime
import os
import re
import secrets
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
MAIL_PORTS = {"smtp": 25, "smtps": 465, "smtp+tls": 587}


def text(name, default=None):
    """The value of a variable; without a default it must be set and not blank."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set. See .env.example for what it means and an example.")
    return default


def flag(name, default):
    value = text(name, str(default)).lower()
    if value in TRUE | FALSE:
        return value in TRUE
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def whole_number(name, default, *, at_least=0):
    value = text(name, str(default))
    if re.fullmatch(r"[0-9]{1,9}", value) and int(value) >= at_least:
        return int(value)
    raise ImproperlyConfigured(f"{name} must be a whole number of at least {at_least}, not {value!r}.")


def words(name, default=""):
    """A comma separated list, blanks dropped."""
    return [word for word in (part.strip() for part in text(name, default or ",").split(",")) if word]


def one_of(name, default, choices):
    value = text(name, default)
    if value in choices:
        return value
    raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}.")


def secret(name, *, kept_in=None):
    """A secret long enough to sign with; when not set, one is made and kept in a file, if one may be."""
    if kept_in and not os.environ.get(name, "").strip():
        return _made_once(kept_in)
    value = text(name)
    if len(value) < 50 or len(set(value)) < 5 or "change-me" in value:
        raise ImproperlyConfigured(f"{name} must be at least 50 random characters, such as `openssl rand -base64 48` prints.")
    return value


def _made_once(path):
    """The secret in a file, made when there is none; of two processes that start together both read the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        whole = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(whole, path)  # a name for the whole file, or none at all
        whole.unlink()
    return path.read_text()


def hosts(name, *, loopback_only):
    """The host names to answer to; on one's own machine only its loopback names."""
    loopback = ["127.0.0.1", "localhost", "[::1]"]
    names = words(name) or (loopback if loopback_only else words(name, text(name)))
    if loopback_only and set(names) - set(loopback):
        raise ImproperlyConfigured(
            f"{name} names other machines, which IPDASH_MODE=local does not serve: set IPDASH_MODE=production."
        )
    return names


def database(name, default):
    """A Django database from a URL: sqlite:///path/to/file or postgresql://user:password@host:port/name."""
    url = text(name, default)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a URL: {error}.") from None
    if parts.scheme == "sqlite" and parts.path.strip("/"):
        return sqlite(parts.path.removeprefix("/") if parts.path.startswith("//") else parts.path)
    if parts.scheme in {"postgres", "postgresql"} and parts.path.strip("/"):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.removeprefix("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(port or ""),
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"connect_timeout": 3},
        }
    raise ImproperlyConfigured(f"{name} must be sqlite:////absolute/path or postgresql://user:password@host:5432/database.")


def broker(name, default):
    """The URL of a Redis; "" where none is needed."""
    url = text(name, default)
    if url and not re.match(r"(redis|rediss|unix)://.", url):
        raise ImproperlyConfigured(f"{name} must be redis://:password@host:6379/0.")
    return url


def month_day(name, default):
    """A day of the year such as 03-31, as (month, day)."""
    value = text(name, default)
    if re.fullmatch(r"[0-9]{2}-[0-9]{2}", value):
        month, day = int(value[:2]), int(value[3:])
        with contextlib.suppress(ValueError):
            datetime.date(2001, month, day)  # no leap year: the day must exist in all
            return month, day
    raise ImproperlyConfigured(f"{name} must be a month and a day such as 03-31, not {value!r}.")


def mail_server(name):
    """Django's settings of a mail server from smtp://user:password@host:port (smtps: TLS, smtp+tls: STARTTLS); none without."""
    url = text(name, "")
    if not url:
        return {}
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a URL: {error}.") from None
    if parts.scheme not in MAIL_PORTS or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must be smtp://, smtps:// or smtp+tls://user:password@host:port.")
    return {
        "host": parts.hostname,
        "port": port or MAIL_PORTS[parts.scheme],
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "ssl": parts.scheme == "smtps",
        "tls": parts.scheme == "smtp+tls",
    }


def mail_address(name, default):
    """An address mail comes from, perhaps with a name in front: ipdash <ipdash@example.org>."""
    value = text(name, default)
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+|[^<>@\r\n]+ <[^@\s<>]+@[^@\s<>]+>", value):
        raise ImproperlyConfigured(f"{name} must be a mail address such as ipdash@example.org, not {value!r}.")
    return value


def origins(name):
    """Origins, each with its scheme."""
    found = words(name)
    for origin in found:
        if not re.fullmatch(r"https?://[^/]+", origin):
            raise ImproperlyConfigured(f"{name} must list origins such as https://ipdash.example.org, not {origin!r}.")
    return found


def sqlite(path):
    """SQLite such that writers wait for each other, readers never do, and a confirmed write is on disk."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            # Deferred transactions fail at once when two of them want to write; immediate ones queue up.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL, not NORMAL: with NORMAL the last commits may be gone after a power cut.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
        },
    }

"""docker-compose.yml as Compose reads it, with .env.example filled in."""

import re
import secrets

import yaml

from tests.ipdash.processes import BASE_DIR

HOST = "ipdash.example.org"
VALUES = {"SECRET_KEY": secrets.token_urlsafe(48), "ALLOWED_HOSTS": HOST, "POSTGRES_PASSWORD": secrets.token_hex(24)}


def text():
    return (BASE_DIR / "docker-compose.yml").read_text()


def env_file():
    """.env.example, filled in as it asks."""
    lines = re.findall(r"^([A-Z_]+)=(.*)$", (BASE_DIR / ".env.example").read_text(), re.MULTILINE)
    assert {name for name, value in lines if not value} == set(VALUES)
    return dict(lines) | VALUES


def interpolated(source, values):
    """Compose's ${NAME:-default} and ${NAME:?message}, and $$ for a dollar sign."""

    def value(match):
        name, operator, rest = match.groups()
        if name in values:
            return values[name]
        assert operator == ":-", f"{name} is not set: {rest}"
        return rest

    return re.sub(r"\$\{([A-Z_]+)(:-|:\?)([^}]*)\}", value, source).replace("$$", "$")


def services():
    return yaml.safe_load(interpolated(text(), env_file()))["services"]

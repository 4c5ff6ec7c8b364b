"""What the environment may say: production insists on what it needs, nonsense is refused, .env.example lists everything."""

import re
import runpy
import secrets

import pytest
from django.core.exceptions import ImproperlyConfigured

from ipdash import serve
from tests.ipdash.processes import BASE_DIR, BIN, bare_environment, run

PRODUCTION = {
    "IPDASH_MODE": "production",
    "SECRET_KEY": secrets.token_urlsafe(48),
    "ALLOWED_HOSTS": "ipdash.example.org",
    "DATABASE_URL": "postgresql://ipdash:secret@127.0.0.1:5432/ipdash",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}

WRONG = [
    ("IPDASH_MODE", "prod"),
    ("SECRET_KEY", "short"),
    ("SECRET_KEY", "a" * 60),
    ("DATABASE_URL", "mysql://ipdash@127.0.0.1/ipdash"),
    ("DATABASE_URL", "postgresql://127.0.0.1:port/ipdash"),
    ("REDIS_URL", "127.0.0.1:6379"),
    ("CSRF_TRUSTED_ORIGINS", "ipdash.example.org"),
    ("BEHIND_PROXY", "perhaps"),
    ("SECURE_SSL_REDIRECT", "2"),
    ("DEBUG", "maybe"),
    ("LOG_LEVEL", "LOUD"),
    ("SWEEP_SECONDS", "0"),
    ("API_RATE", "-1"),
    ("API_RATE", "many"),
    ("SDMX_MAX_OBSERVATIONS", "0"),
    ("PACKAGE_DIRECT_ROWS", "-1"),
    ("CHANGES_KEPT_DAYS", "0"),
    ("SESSION_IDLE_MINUTES", "2"),
    ("SESSION_IDLE_MINUTES", "an hour"),
    ("SESSION_HOURS", "0"),
    ("PASSWORD_POLICY", "none"),
    ("WEB_CONCURRENCY", "0"),
    ("WEB_CONCURRENCY", "two"),
    ("WAIT_SECONDS", "-1"),
    ("PREPARED_STATEMENTS", "sometimes"),
    ("ENTRY_DUE", "31.3."),
    ("ENTRY_DUE", "02-29"),
    ("REMINDERS", "often"),
    ("EMAIL_URL", "mail.example.org"),
    ("EMAIL_URL", "smtp://mail.example.org:port"),
    ("MAIL_FROM", "ipdash"),
    ("SITE_ADDRESS", "ipdash.example.org"),
    ("PORT", "80 80"),
    ("PORT", "65536"),
]
# Any folder, any name and any host name will do; the last two are read by the database's image and by pip.
ANYTHING_GOES = {"DATA_LICENCE", "VAR_DIR", "UNIT_NAME", "ALLOWED_HOSTS", "POSTGRES_PASSWORD", "PIP_INDEX_URL"}


def listed():
    return set(re.findall(r"^#?([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))


@pytest.fixture
def load(monkeypatch, tmp_path):
    """Read everything that depends on the environment, as a fresh process would."""

    def load(**values):
        for name in listed():
            monkeypatch.delenv(name, raising=False)
        for name, value in ({"VAR_DIR": str(tmp_path)} | values).items():
            monkeypatch.setenv(name, value)
        runpy.run_path(str(BASE_DIR / "ipdash" / "gunicorn.py"))
        serve.port()
        return runpy.run_path(str(BASE_DIR / "ipdash" / "settings.py"))

    return load


def test_local_mode_needs_nothing(load, tmp_path):
    settings = load()
    assert settings["DATABASES"]["default"]["NAME"] == str(tmp_path / "ipdash.sqlite3")
    assert settings["DEBUG"] is False


def test_local_mode_makes_its_secret_once(load, tmp_path):
    assert load()["SECRET_KEY"] == load()["SECRET_KEY"] == (tmp_path / "secret_key").read_text()


def test_local_mode_serves_this_machine_only(load):
    with pytest.raises(ImproperlyConfigured, match=r"ALLOWED_HOSTS.*production"):
        load(ALLOWED_HOSTS="ipdash.example.org")


def test_production_starts_with_what_it_needs(load):
    assert load(**PRODUCTION)["SESSION_COOKIE_SECURE"] is True


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"])
@pytest.mark.parametrize("value", [None, " "])
def test_production_refuses_to_start_without(load, name, value):
    values = PRODUCTION | {name: value}
    with pytest.raises(ImproperlyConfigured, match=rf"^{name} is not set\. "):
        load(**{name: value for name, value in values.items() if value is not None})


@pytest.mark.parametrize(("policy", "days", "kinds"), [("dengbao", 90, True), ("asvs", None, False), (None, 90, True)])
def test_the_password_policy_is_chosen_by_name(load, policy, days, kinds):
    settings = load(**({"PASSWORD_POLICY": policy} if policy else {}))
    names = {validator["NAME"] for validator in settings["AUTH_PASSWORD_VALIDATORS"]}
    assert settings["PASSWORD_DAYS"] == days
    assert ("regions.passwords.KindsOfCharacters" in names) is kinds
    assert {"regions.passwords.WordsOfTheSite", "django.contrib.auth.password_validation.CommonPasswordValidator"} <= names


def test_sessions_last_as_long_as_is_said(load):
    settings = load(SESSION_IDLE_MINUTES="10", SESSION_HOURS="8")
    assert (settings["SESSION_IDLE_MINUTES"], settings["SESSION_COOKIE_AGE"]) == (10, 8 * 3600)


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_nonsense_is_refused_by_name(load, name, value):
    with pytest.raises(ImproperlyConfigured, match=rf"^{name} must "):
        load(**PRODUCTION | {name: value})


def test_password_of_a_wrong_database_address_is_not_repeated(load):
    with pytest.raises(ImproperlyConfigured) as refused:
        load(**PRODUCTION | {"DATABASE_URL": "mysql://ipdash:hunter2@127.0.0.1/ipdash"})
    assert "hunter2" not in str(refused.value)


def test_password_of_a_wrong_mail_address_is_not_repeated(load):
    with pytest.raises(ImproperlyConfigured) as refused:
        load(EMAIL_URL="imap://ipdash:hunter2@mail.example.org")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "port", "ssl", "tls"),
    [
        ("smtp://m.example", 25, False, False),
        ("smtps://m.example", 465, True, False),
        ("smtp+tls://m.example", 587, False, True),
    ],
)
def test_mail_goes_to_the_server_that_is_named(load, url, port, ssl, tls):
    settings = load(EMAIL_URL=url)
    assert settings["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
    assert (settings["EMAIL_PORT"], settings["EMAIL_USE_SSL"], settings["EMAIL_USE_TLS"]) == (port, ssl, tls)


def test_password_for_mail_may_have_any_character(load):
    settings = load(EMAIL_URL="smtp://ipdash:a%40b%3Ac@m.example:2525")
    assert (settings["EMAIL_HOST_USER"], settings["EMAIL_HOST_PASSWORD"], settings["EMAIL_PORT"]) == ("ipdash", "a@b:c", 2525)


def test_mail_is_written_to_files_without_a_server(load, tmp_path):
    settings = load()
    assert (settings["EMAIL_BACKEND"].rsplit(".", 2)[1], settings["EMAIL_FILE_PATH"]) == ("filebased", str(tmp_path / "mail"))


def test_every_variable_has_its_case_here():
    assert {name for name, _ in WRONG} | ANYTHING_GOES == listed()


def test_example_lists_exactly_what_is_read():
    sources = [
        path.read_text() for package in ("ipdash", "regions", "indicators") for path in (BASE_DIR / package).rglob("*.py")
    ]
    read = {name for source in sources for name in re.findall(r'environment\.[a-z_]+\(\s*"([A-Z_]+)"', source)}
    read |= set(re.findall(r"\$\{([A-Z_]+)", (BASE_DIR / "docker-compose.yml").read_text()))
    assert read == listed()


def test_deploy_check_is_clean(tmp_path):
    environment = bare_environment(tmp_path, VAR_DIR=str(tmp_path), **PRODUCTION)
    done = run([BIN / "python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"], environment)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_refusal_to_prepare_is_one_line(tmp_path):
    values = {name: value for name, value in PRODUCTION.items() if name != "SECRET_KEY"}
    done = run([BIN / "python", "-m", "ipdash.serve", "--prepare"], bare_environment(tmp_path, VAR_DIR=str(tmp_path), **values))
    assert done.returncode == 1
    assert done.stderr == "ipdash: SECRET_KEY is not set. See .env.example for what it means and an example.\n"

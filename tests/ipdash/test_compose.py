"""docker-compose.yml, Dockerfile and .env.example agree with each other."""

import re
import subprocess
from urllib.parse import urlsplit

import pytest

from tests.ipdash import compose
from tests.ipdash.processes import BASE_DIR


def test_nothing_but_the_web_server_is_published_and_that_to_this_machine():
    published = {name: service["ports"] for name, service in compose.services().items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:8000:8000"]}


def test_services_use_the_database_and_the_redis_beside_them():
    for name in ["migrate", "web", "worker", "beat"]:
        environment = compose.services()[name]["environment"]
        database, broker = (urlsplit(environment["DATABASE_URL"]), urlsplit(environment["REDIS_URL"]))
        assert (database.hostname, broker.hostname) == ("db", "redis")
        assert database.password == compose.services()["db"]["environment"]["POSTGRES_PASSWORD"]
        assert environment["IPDASH_MODE"] == "production"


def test_web_server_and_worker_share_what_people_upload():
    """One keeps the file, the other reads it."""
    for name in ["web", "worker"]:
        service = compose.services()[name]
        assert "media:/srv/var/media" in service["volumes"]
        assert service["environment"]["VAR_DIR"] == "/srv/var"


@pytest.mark.parametrize("name", sorted(compose.VALUES))
def test_compose_insists_on_what_the_example_leaves_open(name):
    given = {key: value for key, value in compose.env_file().items() if key != name}
    with pytest.raises(AssertionError, match=f"set {name} in .env"):
        compose.interpolated(compose.text(), given)


def test_image_holds_every_file_that_the_build_copies():
    kept = set(re.findall(r"^!(\S+)", (BASE_DIR / ".dockerignore").read_text(), re.MULTILINE))
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (BASE_DIR / "Dockerfile").read_text(), re.MULTILINE)
    assert {name for line in copied for name in line.split()} == kept


def test_shell_of_the_ci_script_is_sound():
    assert subprocess.run(["bash", "-n", BASE_DIR / ".ci" / "run"], check=False).returncode == 0

"""ipdash/bootstrap.py: the environment is made, kept, made again, and a failure is one line."""

import ast
import json
import shutil
import subprocess
import sys

import pytest

from ipdash import bootstrap
from tests.ipdash.processes import BASE_DIR, bare_environment, free_port

SCRIPT = BASE_DIR / "ipdash" / "bootstrap.py"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A project with empty locks and the environment made for it."""
    project = tmp_path_factory.mktemp("project")
    for lock in bootstrap.LOCKS:
        (project / lock).write_text("# nothing\n")
    assert make(project).returncode == 0
    return project


@pytest.fixture
def project(built, tmp_path):
    """A copy of it, at another place."""
    shutil.copytree(built, tmp_path / "project", symlinks=True)
    venv = tmp_path / "project" / ".venv"
    stamp = json.loads(bootstrap.stamp(venv).read_text())
    bootstrap.stamp(venv).write_text(json.dumps(stamp | {"venv": str(venv)}))
    return tmp_path / "project"


def make(project, lock="requirements.txt", **environment):
    command = [sys.executable, SCRIPT, lock, "--into", project]
    return subprocess.run(
        command, env=bare_environment(project, **environment), capture_output=True, text=True, timeout=300, check=False
    )


def was_kept(project, lock="requirements.txt"):
    """Whether another run finds nothing to do."""
    done = make(project, lock)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout == ""


def test_it_needs_only_python_itself_and_reads_on_an_old_one():
    tree = ast.parse(SCRIPT.read_text(), feature_version=(3, 7))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= sys.stdlib_module_names


def test_old_python_is_refused_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert bootstrap.main(["requirements.txt"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "ipdash: 需要 Python 3.11 或更高版本，本机为 3.9.2 / Python 3.11 or newer is needed, this is 3.9.2"
    ]


def test_second_run_installs_nothing(project):
    assert was_kept(project)


def test_to_run_needs_nothing_after_to_test(project):
    assert not was_kept(project, "requirements-dev.txt")
    assert was_kept(project, "requirements.txt")
    assert was_kept(project, "requirements-dev.txt")


def test_changed_lock_is_installed(project):
    (project / "requirements.txt").write_text("# something\n")
    assert not was_kept(project)
    assert was_kept(project)


def test_interrupted_install_starts_afresh(project):
    leftover = project / ".venv" / "half-installed"
    leftover.touch()
    bootstrap.marker(project / ".venv").touch()
    assert not was_kept(project)
    assert not leftover.exists()
    assert was_kept(project)


def test_moved_environment_is_made_again(project, tmp_path):
    leftover = project / ".venv" / "from-the-old-place"
    leftover.touch()
    moved = project.rename(tmp_path / "elsewhere")
    assert not was_kept(moved)
    assert not (moved / ".venv" / leftover.name).exists()


def test_environment_whose_python_is_gone_is_made_again(project):
    python = project / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert not was_kept(project)


def test_no_network_is_one_line_and_leaves_the_environment_usable(project):
    wanted = "nosuchpackage==1.0 --hash=sha256:" + "0" * 64
    (project / "requirements.txt").write_text(wanted + "\n")
    index = f"http://127.0.0.1:{free_port()}/simple"
    failed = make(project, PIP_CONFIG_FILE="/dev/null", PIP_INDEX_URL=index, PIP_RETRIES="1")
    assert failed.returncode == 1
    assert len(failed.stderr.splitlines()) == 1
    assert "无法访问软件源" in failed.stderr
    assert "cannot be reached" in failed.stderr
    assert "nosuchpackage" in (project / "var" / "log" / "install.log").read_text()
    assert bootstrap.is_sound(project / ".venv")


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("The virtual environment was not created successfully because ensurepip is not\navailable.", "no venv module"),
        ("/usr/bin/python3: No module named venv", "no venv module"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "locked hash"),
        (
            "WARNING: Retrying after connection broken by 'NewConnectionError()'\nERROR: No matching distribution found",
            "cannot be reached",
        ),
        ("ERROR: HTTP error 503 while getting https://pypi.example/simple/amqp/", "cannot be reached"),
        (
            "ERROR: Could not find a version that satisfies the requirement pandas==3.1.1 (from versions: none)",
            "no ready-built",
        ),
        ("ERROR: No matching distribution found for pandas==3.1.1", "no ready-built"),
        ("Collecting amqp\nERROR: something new\n", "ERROR: something new"),
        ("", "installing failed"),
    ],
)
def test_each_cause_has_its_sentence(output, words):
    assert words in bootstrap.explain(output)
    assert "\n" not in bootstrap.explain(output)

"""What `make test` counts: a lane that could not run is said, and where every lane is required it is a failure."""

import pytest

from tests import lanes


def lane(**values):
    return lanes.Lane("Lane", "not anything", values.pop("missing", lambda: None), **values)


@pytest.fixture
def pytest_ends(monkeypatch):
    """Have pytest end with a code and a report, without running it."""

    def ends(code, report=None):
        def run(command, **options):
            if report:
                path = next(part.removeprefix("--junitxml=") for part in command if part.startswith("--junitxml="))
                lanes.Path(path).write_text(f"<testsuites><testsuite {report}/></testsuites>")
            return lanes.subprocess.CompletedProcess(command, code)

        monkeypatch.setattr(lanes.subprocess, "run", run)

    return ends


@pytest.mark.parametrize("required", [True, False])
def test_lane_that_cannot_run_says_why(required):
    outcome = lanes.run_lane(lane(missing=lambda: "nothing answers"), slow=False, required=required)
    assert outcome.failed == int(required)
    assert "did not run: nothing answers" in outcome.row()


def test_counts_come_from_the_report(pytest_ends):
    pytest_ends(1, 'tests="10" failures="2" errors="1" skipped="3"')
    outcome = lanes.run_lane(lane(), slow=False, required=False)
    assert (outcome.passed, outcome.failed, outcome.skipped) == (4, 3, 3)


@pytest.mark.parametrize(("may_be_empty", "failed"), [(True, 0), (False, 1)])
def test_lane_without_tests(pytest_ends, may_be_empty, failed):
    pytest_ends(lanes.NO_TESTS_COLLECTED, 'tests="0" failures="0" errors="0" skipped="0"')
    outcome = lanes.run_lane(lane(may_be_empty=may_be_empty), slow=False, required=True)
    assert (outcome.passed, outcome.failed) == (0, failed)


def test_pytest_that_breaks_down_is_a_failure(pytest_ends):
    pytest_ends(3)
    assert lanes.run_lane(lane(), slow=False, required=False).failed == 1


def test_unreachable_servers_are_named_without_their_passwords(monkeypatch):
    monkeypatch.setattr(lanes, "POSTGRES_URL", "postgresql://someone:hunter2@127.0.0.1:9/postgres")
    monkeypatch.setattr(lanes, "REDIS_URL", "redis://:hunter2@127.0.0.1:9/0")
    assert lanes.postgres_missing() == "nothing answers at postgresql://127.0.0.1:9/postgres"
    assert lanes.redis_missing() == "nothing answers at redis://127.0.0.1:9/0"


@pytest.mark.parametrize(("name", "code"), [("ruff", 1), ("true", 0)])
def test_failed_check_is_counted(pytest_ends, monkeypatch, name, code):
    monkeypatch.setattr(lanes, "CHECKS", [[name]])
    pytest_ends(code)
    assert lanes.run_checks().failed == code


@pytest.mark.parametrize(("failed", "code"), [(0, 0), (1, 1)])
def test_last_line_and_exit_code_say_how_it_went(monkeypatch, capsys, failed, code):
    monkeypatch.setattr(lanes, "run_checks", lambda: lanes.Outcome("checks"))
    monkeypatch.setattr(lanes, "lanes", lambda: [lane(), lane()])
    monkeypatch.setattr(lanes, "run_lane", lambda *_, **__: lanes.Outcome("Lane", passed=3, failed=failed, skipped=1))
    monkeypatch.setattr(lanes, "drop_leftovers", lambda: None)
    assert lanes.main([]) == code
    assert capsys.readouterr().out.splitlines()[-1] == f"6 passed, {2 * failed} failed, 2 skipped"

"""The database of a sandbox is that of a sandbox for ever, and no other one ever is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.service import LOOPBACK, Service, run_to_its_end

MADE_BY = "was made by a sandbox, whose clock was moved: serve it with --sandbox"
NOT_MADE_BY = "was not made by a sandbox, and its clock is not to be moved: --sandbox needs a new one"


def made(database: str, folder: Path, *options: str, kill: bool = False) -> None:
    """Have a service make this database, and end."""
    arguments = ("--database", database, *LOOPBACK, "--starter-plans", *options)
    with Service(folder / "service", arguments=arguments) as service:
        assert service.get("/readyz").status_code == 200
        if kill:
            service.kill()


def refused(database: str, *options: str) -> str:
    """What a service says that does not start on it."""
    ended = run_to_its_end("serve", "--database", database, *LOOPBACK, *options)
    assert ended.status == 1
    return ended.errors


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_a_file_of_a_sandbox_is_refused_without_it(tmp_path: Path, kill: bool) -> None:  # noqa: FBT001 - a parameter
    database = tmp_path / "seatkeeper.db"
    made(str(database), tmp_path, "--sandbox", kill=kill)
    content = database.read_bytes()
    assert MADE_BY in refused(str(database))
    assert database.read_bytes() == content
    made(str(database), tmp_path, "--sandbox")


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_any_other_file_is_refused_by_a_sandbox(tmp_path: Path, kill: bool) -> None:  # noqa: FBT001 - a parameter
    database = tmp_path / "seatkeeper.db"
    made(str(database), tmp_path, kill=kill)
    assert NOT_MADE_BY in refused(str(database), "--sandbox")
    made(str(database), tmp_path)


def test_a_copy_of_it_is_one_too(tmp_path: Path) -> None:
    database, copy = tmp_path / "seatkeeper.db", tmp_path / "copy.db"
    made(str(database), tmp_path, "--sandbox")
    assert run_to_its_end("backup", "--database", str(database), str(copy)).status == 0
    assert MADE_BY in refused(str(copy))


def test_on_a_server_no_service_is_fenced_off_by_one_of_the_other_kind(tmp_path: Path, database_url: str) -> None:
    arguments = ("--database", database_url, *LOOPBACK, "--starter-plans", "--sandbox")
    with Service(tmp_path / "service", arguments=arguments) as service:
        assert MADE_BY in refused(database_url)
        assert service.post("/v1/clock", {"advance_seconds": 1}).status_code == 200


def test_a_production_database_on_a_server_is_refused_by_a_sandbox(tmp_path: Path, database_url: str) -> None:
    arguments = ("--database", database_url, *LOOPBACK, "--starter-plans")
    with Service(tmp_path / "service", arguments=arguments) as service:
        assert NOT_MADE_BY in refused(database_url, "--sandbox")
        assert service.get("/readyz").status_code == 200


def test_a_cluster_is_no_sandbox() -> None:
    ended = run_to_its_end("cluster", "--database", "postgresql://127.0.0.1:1/none", "--sandbox")
    assert (ended.status, "a sandbox is one process" in ended.errors) == (2, True)


def test_the_environment_asks_for_a_sandbox_too(tmp_path: Path) -> None:
    arguments = ("--database", str(tmp_path / "seatkeeper.db"), *LOOPBACK)
    with Service(tmp_path / "service", arguments=arguments, environment={"SEATKEEPER_SANDBOX": "true"}) as service:
        assert service.get("/v1/clock").status_code == 200

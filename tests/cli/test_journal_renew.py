"""`seatkeeper journal renew`: another id, which keeps the one of before."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.contract.given import a_customer
from tests.postgresql.server import Server
from tests.service import LOOPBACK, Service, run_to_its_end

ENGINES = ("a file", "a server")


@pytest.fixture(params=ENGINES)
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Service:
    """A service on each engine, that is not started."""
    named = request.getfixturevalue("database_url") if request.param == "a server" else str(tmp_path / "it.db")
    return Service(tmp_path / "it.db", arguments=("--database", named, *LOOPBACK, "--starter-plans"))


def renewed(service: Service) -> str:
    """Renew the id; return what is said."""
    ended = run_to_its_end("journal", "renew", "--database", service.arguments[1])
    assert (ended.status, ended.errors) == (0, "")
    return ended.output


def test_the_journal_has_another_id_that_knows_the_one_of_before(served: Service) -> None:
    with served as service:
        a_customer(service)
        before = service.get("/v1/events").json()
        service.stop()
        said = renewed(service)
        service.start()
        after = service.get("/v1/events").json()
        last, journal = before["last_position"], before["journal_id"]
        assert after["journal_id"] != journal
        assert said.splitlines() == [
            f"the journal is {after['journal_id']} from here on",
            f"it shares the positions up to {last} with {journal}",
        ]
        assert service.get(f"/v1/events?after={last}&journal_id={journal}").status_code == 200
        ahead = service.get(f"/v1/events?after={last + 1}&journal_id={journal}")
        assert (ahead.status_code, ahead.json()["last_shared_position"]) == (409, last)
    verified = run_to_its_end("verify", "--database", service.arguments[1])
    assert (verified.status, verified.errors) == (0, "")


def test_under_a_service_nothing_is_renewed(served: Service) -> None:
    with served as service:
        journal = service.get("/v1/events").json()["journal_id"]
        refused = run_to_its_end("journal", "renew", "--database", service.arguments[1])
        assert (refused.status, "is in use by another process" in refused.errors) == (1, True)
        service.restart()
        assert service.get("/v1/events").json()["journal_id"] == journal


def test_a_file_that_was_copied_by_other_means_is_another_journal_then(stopped: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copyfile(stopped, tmp_path / "copy.db"))
    assert run_to_its_end("journal", "renew", "--database", str(copy)).status == 0
    with Service(stopped) as one, Service(copy) as two:
        ours, theirs = (service.get("/v1/events").json()["journal_id"] for service in (one, two))
    assert ours != theirs


WRONG = {
    "a misspelt address": ("postgresql:/ada:s3cret@127.0.0.1/x", "the address of the database cannot be read"),
    "a server that is not there": ("postgresql://ada:s3cret@127.0.0.1:1/x", "postgresql://ada@127.0.0.1:1/x cannot be"),
    "a file that is not there": ("missing.db", "missing.db does not exist"),
}
COMMANDS = (("verify",), ("journal", "renew"), ("copy", "new.db"), ("keys", "list"))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(("named", "says"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_the_database_is_one_line_without_the_password(
    tmp_path: Path, command: tuple[str, ...], named: str, says: str
) -> None:
    database = named if ":" in named else str(tmp_path / named)
    at = [str(tmp_path / one) if one.endswith(".db") else one for one in command]
    refused_with_one_line((*at, "--database", database), says)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_wrong_password_and_a_missing_database_are_one_line_each(
    postgresql: Server, tmp_path: Path, command: tuple[str, ...]
) -> None:
    at = [str(tmp_path / one) if one.endswith(".db") else one for one in command]
    place = f"127.0.0.1:{postgresql.port}"
    wrong = f"postgresql://guarded:s3cret@{place}/postgres"
    refused_with_one_line((*at, "--database", wrong), "password authentication failed")
    missing = f"postgresql://owner:s3cret@{place}/nowhere"
    refused_with_one_line((*at, "--database", missing), 'database "nowhere" does not exist')


def refused_with_one_line(command: Sequence[str], says: str) -> None:
    ended = run_to_its_end(*command)
    assert ended.status in {1, 2}
    assert ended.output == ""
    (line,) = ended.errors.splitlines()
    assert line.startswith("seatkeeper: ")
    assert says in line
    assert "s3cret" not in line

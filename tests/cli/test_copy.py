"""`seatkeeper copy`: a service moves from its file to PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.contract.given import a_customer, feed
from tests.service import LOOPBACK, Service, run_to_its_end
from tests.storage.stores import run

LISTS = ("/v1/plans", "/v1/accounts", "/v1/accounts?q=engine", "/v1/members?external_id=ada")
HOOK = {"url": "https://example.com/in", "types": ["account.closed"]}


def moved(service: Service, address: str, tmp_path: Path) -> Service:
    """Stop a service, copy its file, and make a service on the copy."""
    service.stop()
    copied = run_to_its_end("copy", "--database", str(service.database), address)
    assert (copied.status, copied.errors) == (0, "")
    return Service(tmp_path / "moved", arguments=("--database", address, *LOOPBACK))


def answers(service: Service) -> Mapping[str, object]:
    """What is found."""
    return {path: service.get(path).json()["items"] for path in LISTS}


def test_everything_is_where_it_was_and_goes_on(service: Service, database_url: str, tmp_path: Path) -> None:
    customer = a_customer(service)
    body = {"name": "Ada", "external_id": "ada", "metadata": {"team": "É 海"}}
    added = service.post(f"{customer.path}/members", body, idempotency_key="one")
    webhook = service.post("/v1/webhooks", HOOK).json()["webhook"]["webhook_id"]
    before, events = answers(service), feed(service)
    with moved(service, database_url, tmp_path) as copy:
        assert answers(copy) == before
        assert feed(copy) == events
        assert copy.post(f"/v1/webhooks/{webhook}/rotate-secret", {}).status_code == 200
        again = copy.post(f"{customer.path}/members", body, idempotency_key="one")
        assert (again.json(), again.headers["Idempotency-Replayed"]) == (added.json(), "true")
        more = copy.post(f"{customer.path}/members", {"name": "Grace"})
        assert int(more.headers["Seatkeeper-Position"]) == len(events) + 3  # of the webhook, and of usage
    verified = run_to_its_end("verify", "--database", database_url)
    assert (verified.status, verified.errors) == (0, "")


def test_the_copy_says_up_to_where_it_is_the_journal_of_before(
    service: Service, database_url: str, tmp_path: Path
) -> None:
    a_customer(service)
    before = service.get("/v1/events").json()
    with moved(service, database_url, tmp_path) as copy:
        last, journal = before["last_position"], before["journal_id"]
        assert copy.get("/v1/events").json()["journal_id"] != journal
        assert copy.get(f"/v1/events?after={last}&journal_id={journal}").status_code == 200
        ahead = copy.get(f"/v1/events?after={last + 1}&journal_id={journal}")
        assert (ahead.status_code, ahead.json()["last_shared_position"]) == (409, last)


def test_a_service_that_runs_is_not_copied(service: Service, database_url: str) -> None:
    refused = run_to_its_end("copy", "--database", str(service.database), database_url)
    assert (refused.status, "is in use by another process" in refused.errors) == (1, True)


def test_nothing_is_copied_onto_a_journal(service: Service, database_url: str, tmp_path: Path) -> None:
    with moved(service, database_url, tmp_path):
        pass
    refused = run_to_its_end("copy", "--database", str(service.database), database_url)
    assert (refused.status, "has a journal already" in refused.errors) == (1, True)


def test_a_file_that_lacks_an_event_is_refused(service: Service, database_url: str) -> None:
    a_customer(service)
    service.stop()
    run(service.database, "DELETE FROM events WHERE position = 2")
    refused = run_to_its_end("copy", "--database", str(service.database), database_url)
    assert (refused.status, "`seatkeeper verify` says more" in refused.errors) == (1, True)


def test_a_service_moves_back_to_a_file(service: Service, database_url: str, tmp_path: Path) -> None:
    a_customer(service)
    before, events = answers(service), feed(service)
    with moved(service, database_url, tmp_path):
        pass
    back = tmp_path / "back.db"
    copied = run_to_its_end("copy", "--database", database_url, str(back))
    assert (copied.status, copied.errors) == (0, "")
    assert run_to_its_end("verify", "--database", str(back)).status == 0
    with Service(back) as again:
        assert answers(again) == before
        assert feed(again) == events


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("copy", "--database", "missing.db", "copy.db"), "missing.db does not exist"),
        (("backup", "--database", "postgresql://nowhere.example/x", "copy.db"), "pg_dump"),
    ],
)
def test_what_goes_nowhere_is_refused(command: tuple[str, ...], says: str) -> None:
    refused = run_to_its_end(*command)
    assert (refused.status, says in refused.errors) == (1, True)

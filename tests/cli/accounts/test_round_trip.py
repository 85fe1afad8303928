"""Export, import into an empty service, and export again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.accounts.commands import Row, accounts, export, people, told, write_lines
from tests.contract.given import a_customer, a_customer_of, a_plan
from tests.contract.shapes import Plan, answer
from tests.service import Service, run_to_its_end

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LATER = "2999-01-31T00:00:00.000Z"
CREW: Row = {"name": "Crew", "type": "crew", "package": {"total_seats": 1, "user_limit": 2}, "external_id": "crew"}


def fill(service: Service) -> None:
    """Have all that is carried."""
    crew = answer(service.post("/v1/plans", CREW), 201, Plan)
    full = a_customer_of(service, crew, currency="CHF")
    service.patch(full.path, {"external_id": "full", "metadata": {"É": "海", "region": "eu"}})
    service.put(f"{full.path}/members/{full.admin_id}/seat")
    service.post(f"{full.path}/grants", {"seats": 2, "members": 3, "reason": "a gift", "expires_at": LATER})
    full.add("Mary", role="viewer", email="mary@example.com", external_id="m", metadata={"team": "a, b"})
    full.add("Joe", role="admin", seated=True)
    full.credit(1250, "CHF")
    service.put(f"{full.path}/trial", {"ends_at": LATER})
    suspended, closed = (a_customer_of(service, crew, account_name=name) for name in ("Slow", "Gone"))
    service.post(f"{suspended.path}/suspend", {"reason": "unpaid"})
    service.post(f"{closed.path}/close", {})
    for _ in range(2):  # nothing but their ids tells them apart
        a_customer_of(service, crew, account_name="Twin")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose accounts have all that is carried, and that runs on."""
    with Service(tmp_path_factory.mktemp("full") / "seatkeeper.db") as running:
        fill(running)
        yield running


def test_what_is_exported_comes_back_the_same(full: Service, tmp_path: Path) -> None:
    exported = export(full.database, tmp_path / "one.jsonl")
    with Service(tmp_path / "empty.db") as empty:
        service_plan = answer(empty.post("/v1/plans", CREW), 201, Plan)
        found = told(tmp_path / "one.jsonl", empty, "--at-once", "1")
        assert (found.accounts, found.repeated, found.failed) == (5, 0, 0)
        again = export(empty.database, tmp_path / "two.jsonl")
    assert [{**row, "plan_id": service_plan.plan_id} for row in exported] == again
    verified = run_to_its_end("verify", "--database", str(tmp_path / "empty.db"))
    assert verified.status == 0


def test_all_that_is_carried_is_in_the_file(full: Service, tmp_path: Path) -> None:
    (first, *others) = export(full.database, tmp_path / "one.jsonl")
    assert {name: first[name] for name in first if name != "plan_id"} == {
        "account_name": "Analytical Engines",
        "plan_external_id": "crew",
        "plan_name": "Crew",
        "external_id": "full",
        "metadata": {"É": "海", "region": "eu"},
        "currency": "CHF",
        "credit": 1250,
        "trial_ends_at": LATER,
        "grants": [{"seats": 2, "members": 3, "reason": "a gift", "expires_at": LATER}],
        "members": [
            {"name": "Ada", "role": "admin", "seated": True},
            {
                "name": "Mary",
                "email": "mary@example.com",
                "role": "viewer",
                "external_id": "m",
                "metadata": {"team": "a, b"},
            },
            {"name": "Joe", "role": "admin", "seated": True},
        ],
    }
    assert [row.get("status", "active") for row in others] == ["suspended", "closed", "active", "active"]


def test_a_database_of_a_server_gives_the_same_file(full: Service, database_url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert run_to_its_end("backup", "--database", str(full.database), str(copy)).status == 0
    assert run_to_its_end("copy", "--database", str(copy), database_url).status == 0
    assert export(copy, tmp_path / "file.jsonl") == export(database_url, tmp_path / "server.jsonl")


def test_a_member_who_is_frozen_comes_last(shared: Service, tmp_path: Path) -> None:
    customer, smaller = a_customer(shared, seats=0, users=3), a_plan(shared, seats=0, users=2, name="Smaller")
    bob, eve = customer.add("Bob").member_id, customer.add("Eve").member_id
    body = {"plan_id": smaller.plan_id, "excess": "freeze", "keep": [eve]}
    assert shared.put(f"{customer.path}/plan", body).status_code == 200
    assert customer.member(bob).status == "frozen"
    (row,) = (row for row in export(shared.database, tmp_path / "one.jsonl") if row["plan_id"] == smaller.plan_id)
    assert [member["name"] for member in people(row)] == ["Ada", "Eve", "Bob"]


def test_plans_are_found_by_their_external_id_and_their_name(shared: Service, tmp_path: Path) -> None:
    plan = answer(shared.post("/v1/plans", {**CREW, "name": "Sole", "external_id": "sole"}), 201, Plan)
    elsewhere = "01900000-0000-7000-8000-0000000000aa"
    path = write_lines(
        tmp_path / "plans.jsonl",
        *(
            {"account_name": f"By {place}", "plan_id": elsewhere, "members": [{"name": "Ada"}], **named}
            for place, named in enumerate(({"plan_external_id": "sole", "plan_name": "x"}, {"plan_name": "Sole"}))
        ),
    )
    assert told(path, shared).accounts == 2
    assert {account["account_name"] for account in accounts(shared, plan_id=plan.plan_id)} == {"By 0", "By 1"}


def test_nothing_is_overwritten(full: Service, tmp_path: Path) -> None:
    export(full.database, tmp_path / "one.jsonl")
    before = (tmp_path / "one.jsonl").read_bytes()
    refused = run_to_its_end("export", "--database", str(full.database), str(tmp_path / "one.jsonl"))
    assert (refused.status, "already exists" in refused.errors) == (1, True)
    assert (tmp_path / "one.jsonl").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["one.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("--database", "missing.db", "x.jsonl"), 1, "missing.db does not exist"),
        (("--database", "missing.db", "nowhere/x.jsonl"), 1, "the folder nowhere is not there"),
        (("--database", "missing.db", "x.csv"), 2, "x.csv: JSON Lines are written, and import would take that name"),
        (("--database", "missing.db", "X.TSV"), 2, "X.TSV: JSON Lines are written, and import would take that name"),
        (("x.jsonl",), 2, "--database is required"),
    ],
)
def test_what_cannot_be_exported_is_told(arguments: tuple[str, ...], status: int, says: str) -> None:
    refused = run_to_its_end("export", *arguments)
    assert (refused.status, says in refused.errors) == (status, True)


def test_many_members_are_added_in_several_bulks(shared: Service, tmp_path: Path) -> None:
    big = answer(
        shared.post("/v1/plans", {"name": "Big", "type": "big", "package": {"total_seats": 0, "user_limit": 5_000}}),
        201,
        Plan,
    )
    crowd: list[Row] = [{"name": f"Member {place}", "metadata": {"a": "x" * 400}} for place in range(2_300)]
    path = write_lines(tmp_path / "big.jsonl", {"account_name": "Big", "plan_id": big.plan_id, "members": crowd})
    assert told(path, shared).members == 2_300
    (account,) = accounts(shared, plan_id=big.plan_id)
    assert account["members"] == {"count": 2_300, "held": 0, "limit": 5_000}

"""External ids over a crash: who has one keeps it, what was given up is free, and nothing else is taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.crowd import Call, at_once
from tests.contract.given import a_customer, a_customer_of, a_plan, a_word, walk
from tests.contract.shapes import Account, Plan, answer, problem
from tests.service import Service, run_to_its_end

CROWD = 60


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """The service on a file of its own."""
    with Service(tmp_path / "seatkeeper.db") as running:
        yield running


def restart(service: Service, end: str) -> None:
    {"stop": service.stop, "kill": service.kill}[end]()
    service.start()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_an_external_id_is_taken_or_free_as_it_was_before(service: Service, end: str) -> None:
    kept, given_up, of_plan = a_word(), a_word(), a_word()
    one, other = a_customer(service), a_customer(service)
    plan_path = f"/v1/plans/{a_plan(service).plan_id}"
    answer(one.patch("", {"external_id": given_up}), 200, Account)
    answer(one.patch("", {"external_id": kept}), 200, Account)
    answer(service.patch(plan_path, {"external_id": of_plan}), 200, Plan)
    restart(service, end)
    problem(other.patch("", {"external_id": kept}), 409, "external-id-taken")
    assert answer(other.patch("", {"external_id": given_up}), 200, Account).external_id == given_up
    package = {"total_seats": 1, "user_limit": 1}
    body = {"name": "Team", "type": "team", "package": package, "external_id": of_plan}
    problem(service.post("/v1/plans", body), 409, "external-id-taken")
    assert one.account().external_id == kept


def test_the_same_sign_ups_after_a_crash_give_each_external_id_to_one_account(service: Service) -> None:
    plan = a_plan(service)
    words = [a_word() for _ in range(CROWD)]
    body = {"account_name": "Looms", "user_name": "Ada", "plan_id": plan.plan_id}
    calls = [Call("POST", "/v1/signups", {**body, "external_id": word}) for word in words * 2]
    before = Counter(reply.outcome for reply in at_once(service, calls))
    restart(service, "kill")
    again = Counter(reply.outcome for reply in at_once(service, calls))
    assert (before, again) == ({"201": CROWD, "external-id-taken": CROWD}, {"external-id-taken": 2 * CROWD})
    found = [account.external_id for account in walk(service, "/v1/accounts", Account, plan_id=plan.plan_id, limit=200)]
    assert sorted(str(word) for word in found) == sorted(words)
    service.stop()
    assert run_to_its_end("verify", "--database", str(service.database)).status == 0


def test_the_views_can_be_written_anew(service: Service) -> None:
    external_id = a_word()
    customer = a_customer_of(service, a_plan(service))
    answer(customer.patch("", {"external_id": external_id, "metadata": {"tier": "gold"}}), 200, Account)
    before = customer.account()
    service.stop()
    assert run_to_its_end("verify", "--rebuild", "--database", str(service.database)).status == 0
    service.start()
    assert customer.account() == before
    problem(a_customer(service).patch("", {"external_id": external_id}), 409, "external-id-taken")

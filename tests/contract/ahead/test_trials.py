"""Trials: of a plan, started by a sign-up, moved and ended by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.given import a_customer_of, a_plan
from tests.contract.shapes import Account, OfPlan, Plan, PlannedTrial, SignedUp, Trial, answer, wrong_field

if TYPE_CHECKING:
    from tests.contract.given import Customer
    from tests.service import Service

FAR = "2100-01-01T00:00:00.000Z"
PACKAGE = {"total_seats": 1, "user_limit": 2}
TERMS: list[tuple[object, object]] = [
    ({"days": 14, "then": "suspend"}, PlannedTrial(14, "suspend")),
    ({"days": 1, "then": "continue"}, PlannedTrial(1, "continue")),
    (
        {"days": 3650, "then": {"plan_id": "00000000-0000-7000-8000-00000000000A"}},
        PlannedTrial(3650, OfPlan("00000000-0000-7000-8000-00000000000a")),
    ),
    (None, None),
]


def a_plan_with_a_trial(service: Service, trial: object) -> Plan:
    body = {"name": "Team", "type": "team", "package": PACKAGE, "trial": trial}
    return answer(service.post("/v1/plans", body), 201, Plan)


@pytest.mark.parametrize(("trial", "shown"), TERMS)
def test_a_plan_may_have_a_trial(service: Service, trial: object, shown: object) -> None:
    plan = a_plan_with_a_trial(service, trial)
    assert plan.trial == shown
    assert answer(service.get(f"/v1/plans/{plan.plan_id}"), 200, Plan) == plan


def test_the_trial_of_a_plan_is_changed_and_taken_away(service: Service, plan: Plan) -> None:
    path = f"/v1/plans/{plan.plan_id}"
    changed = answer(service.patch(path, {"trial": {"days": 7, "then": "continue"}}), 200, Plan)
    assert changed.trial == PlannedTrial(7, "continue")
    assert answer(service.patch(path, {"name": "Crew"}), 200, Plan).trial == changed.trial
    assert answer(service.patch(path, {"trial": None}), 200, Plan).trial is None


@pytest.mark.parametrize(
    ("trial", "pointer"),
    [
        ({"days": 0, "then": "suspend"}, "/trial/days"),
        ({"days": 3651, "then": "suspend"}, "/trial/days"),
        ({"days": 14, "then": "close"}, "/trial/then"),
        ({"days": 14, "then": {"plan_id": "team"}}, "/trial/then/plan_id"),
        ({"days": 14}, "/trial/then"),
        ("14", "/trial"),
    ],
)
def test_a_trial_says_how_long_and_what_then(service: Service, trial: object, pointer: str) -> None:
    body = {"name": "Team", "type": "team", "package": PACKAGE, "trial": trial}
    wrong_field(service.post("/v1/plans", body), pointer)


def test_a_sign_up_starts_the_trial_of_its_plan(service: Service) -> None:
    account = a_customer_of(service, a_plan_with_a_trial(service, {"days": 14, "then": "suspend"})).account()
    assert account.trial is not None
    assert account.trial.then == "suspend"
    assert account.trial.ends_at > account.created_at


def test_a_sign_up_may_go_without_the_trial(service: Service) -> None:
    plan = a_plan_with_a_trial(service, {"days": 14, "then": "suspend"})
    body = {"account_name": "Looms", "user_name": "Ada", "plan_id": plan.plan_id, "trial": False}
    assert answer(service.post("/v1/signups", body), 201, SignedUp).account.trial is None


def test_an_account_keeps_the_trial_that_it_began_with(service: Service) -> None:
    plan = a_plan_with_a_trial(service, {"days": 14, "then": "suspend"})
    customer = a_customer_of(service, plan)
    before = customer.account()
    service.patch(f"/v1/plans/{plan.plan_id}", {"trial": None})
    assert customer.account() == before


def test_a_trial_is_moved_and_ended_by_hand(service: Service) -> None:
    customer = a_customer_of(service, a_plan_with_a_trial(service, {"days": 14, "then": "continue"}))
    moved = answer(customer.put("/trial", {"ends_at": "2100-01-01T01:00:00+01:00"}), 200, Account)
    assert moved.trial == Trial(FAR, "continue")
    with customer.new_events() as events:
        assert answer(customer.delete("/trial"), 200, Account).trial is None
    assert [(event.type, event.data) for event in events] == [("trial.ended", {"outcome": "converted"})]


def test_an_account_without_a_trial_can_begin_one(customer: Customer) -> None:
    assert answer(customer.put("/trial", {"ends_at": FAR}), 200, Account).trial == Trial(FAR, "suspend")


@pytest.mark.parametrize("ends_at", ["2020-01-01T00:00:00Z", "soon", None, "2100-01-01T00:00:00"])
def test_a_trial_ends_in_the_future(customer: Customer, ends_at: object) -> None:
    wrong_field(customer.put("/trial", {"ends_at": ends_at}), "/ends_at")


def test_who_buys_is_not_on_trial_any_more(service: Service) -> None:
    customer = a_customer_of(service, a_plan_with_a_trial(service, {"days": 14, "then": "suspend"}))
    bought = answer(customer.put("/plan", {"plan_id": a_plan(service).plan_id}), 200, Account)
    assert bought.trial is None

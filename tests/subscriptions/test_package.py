"""Packages: each change of what a plan sells is a new revision, one higher than the last."""

from __future__ import annotations

import msgspec
import pytest

from seatkeeper.actors.subscriptions.commands import ChangePlanDetails, OfferPackage, RevisePackage
from seatkeeper.actors.subscriptions.events import Package, PackageRevised, PlanRenamed
from seatkeeper.actors.subscriptions.plan import Offer, answer
from tests.subscriptions.past import LARGE, SMALL, TEAM, after, defined, given, retired, revised


def test_another_package_is_revision_two() -> None:
    plan = given(defined()).when(RevisePackage(LARGE)).then(PackageRevised(LARGE, revision=2))
    assert (plan.package, plan.revision) == (LARGE, 2)


def test_each_revision_is_one_higher() -> None:
    given(defined(), revised()).when(RevisePackage(SMALL)).then(PackageRevised(SMALL, revision=3))


def test_the_package_that_the_plan_sells_already_is_no_revision() -> None:
    given(defined()).when(RevisePackage(SMALL)).changes_nothing()
    given(defined(), revised()).when(RevisePackage(LARGE)).changes_nothing()


@pytest.mark.parametrize("package", [Package(11, 25), Package(10, 26)], ids=["seats", "member slots"])
def test_one_number_makes_another_package(package: Package) -> None:
    given(defined()).when(RevisePackage(package)).then(PackageRevised(package, revision=2))


def test_another_name_is_no_revision() -> None:
    plan = given(defined()).when(ChangePlanDetails(name="Crew")).then(PlanRenamed("Crew"))
    assert plan.revision == 1


def test_a_retired_plan_can_be_revised() -> None:
    given(defined(), retired()).when(RevisePackage(LARGE)).then(PackageRevised(LARGE, revision=2))


def test_the_offer_is_the_package_of_the_newest_revision() -> None:
    plan = after(defined(), revised())
    assert answer(plan, 2, OfferPackage()) == Offer(TEAM, revision=2, package=LARGE)


def test_an_offer_stays_what_it_was() -> None:
    plan = after(defined())
    offer = answer(plan, 1, OfferPackage())
    plan.package = LARGE
    assert offer == Offer(TEAM, revision=1, package=SMALL)


@pytest.mark.parametrize(
    ("package", "valid"),
    [
        ('{"total_seats": 0, "user_limit": 1}', True),
        ('{"total_seats": 1000000000, "user_limit": 1000000000}', True),
        ('{"total_seats": 0, "user_limit": 0}', False),
        ('{"total_seats": -1, "user_limit": 1}', False),
        ('{"total_seats": 1000000001, "user_limit": 1}', False),
        ('{"total_seats": 1, "user_limit": 1000000001}', False),
        ('{"total_seats": 1.5, "user_limit": 1}', False),
        ('{"total_seats": 1}', False),
        ('{"total_seats": 1, "user_limit": 1, "price": 5}', False),
    ],
)
def test_a_package_has_zero_or_more_seats_and_one_or_more_member_slots(package: str, *, valid: bool) -> None:
    if valid:
        msgspec.json.decode(package, type=Package)
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(package, type=Package)

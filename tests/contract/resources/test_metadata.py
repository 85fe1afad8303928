"""Metadata: texts that clients keep with a plan, an account or a member; a change is merged into them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.contract.given import new_in_the_journal
from tests.contract.resources.test_external_ids import PLAN, sign_up
from tests.contract.shapes import Account, SignedUp, answer, problem, wrong_field

if TYPE_CHECKING:
    import requests

    from tests.contract.given import Customer
    from tests.service import Service

Giving = Callable[["Service", "Customer", object], "requests.Response"]

MADE: dict[str, Giving] = {
    "sign up": lambda service, customer, given: sign_up(service, customer, metadata=given),
    "sign up a user": lambda service, customer, given: sign_up(service, customer, user_metadata=given),
    "define a plan": lambda service, _, given: service.post("/v1/plans", {**PLAN, "metadata": given}),
    "add a member": lambda _, customer, given: customer.post("/members", {"name": "Bob", "metadata": given}),
}
CHANGED: dict[str, Giving] = {
    "change an account": lambda _, customer, given: customer.patch("", {"metadata": given}),
    "change a plan": lambda service, customer, given: service.patch(
        f"/v1/plans/{customer.account().plan.plan_id}", {"metadata": given}
    ),
    "change a member": lambda _, customer, given: customer.patch(customer.admin_path, {"metadata": given}),
}
EVERY_WAY = {**MADE, **CHANGED}
EVERYWHERE = pytest.mark.parametrize("give", EVERY_WAY.values(), ids=EVERY_WAY)
CHANGES = pytest.mark.parametrize("give", CHANGED.values(), ids=CHANGED)
FULL = {f"key {number}": "" for number in range(50)}
LARGE = {**{f"{number:02}": "v" * 500 for number in range(16)}, "rest": "v" * (8192 - 16 * 502 - 4)}
"""8,192 bytes."""


def shown(response: requests.Response) -> object:
    """The metadata in the answer to some that was given."""
    assert response.status_code < 300, response.text
    body = response.json()
    return (body["account"]["metadata"] or body["member"]["metadata"]) if "account" in body else body["metadata"]


def pointer(give: Giving, key: str | None = None) -> str:
    """The pointer to the metadata of this call, or to an entry of it."""
    field = "/user_metadata" if give is MADE["sign up a user"] else "/metadata"
    return field if key is None else f"{field}/{key}"


@EVERYWHERE
@pytest.mark.parametrize(
    "metadata",
    [{}, {"tier": "gold", "region": ""}, FULL, LARGE, {"k" * 40: "\U0001f600" * 500}, {" ": " \u202e "}, {"a.b": "]"}],
    ids=["none", "two", "50", "8 KiB", "long", "blanks", "dots"],
)
def test_metadata_is_shown_as_it_was_given(
    service: Service, customer: Customer, give: Giving, metadata: dict[str, str]
) -> None:
    assert shown(give(service, customer, metadata)) == metadata


@EVERYWHERE
@pytest.mark.parametrize("wrong", ["gold", 7, True, ["tier"]], ids=repr)
def test_metadata_is_an_object(service: Service, customer: Customer, give: Giving, wrong: object) -> None:
    wrong_field(give(service, customer, wrong), pointer(give))


@EVERYWHERE
@pytest.mark.parametrize("wrong", [7, True, ["gold"], {"of": "gold"}, "v" * 501, "a\x00b", "a\nb", "\x7f"], ids=ascii)
def test_a_value_that_is_no_text_is_refused(service: Service, customer: Customer, give: Giving, wrong: object) -> None:
    with new_in_the_journal(service) as events:
        wrong_field(give(service, customer, {"region": "EU", "tier": wrong}), pointer(give, "tier"))
    assert events == []


@EVERYWHERE
@pytest.mark.parametrize(
    ("key", "step"),
    [("", ""), ("k" * 41, "k" * 41), ("a\x00", "a\x00"), ("\u200b", "\u200b"), ("~/" * 20 + "k", "~0~1" * 20 + "k")],
    ids=["empty", "41 characters", "NUL", "invisible", "escaped"],
)
def test_a_key_that_is_none_is_refused(service: Service, customer: Customer, give: Giving, key: str, step: str) -> None:
    wrong_field(give(service, customer, {key: "gold"}), pointer(give, step))


@EVERYWHERE
@pytest.mark.parametrize("change", [{"one": "v" * 500}, {"one": ""}], ids=["larger", "one key"])
def test_more_than_8_kib_is_refused(service: Service, customer: Customer, give: Giving, change: dict[str, str]) -> None:
    wrong_field(give(service, customer, {**LARGE, **change}), pointer(give))


@pytest.mark.parametrize("give", MADE.values(), ids=MADE)
def test_a_fifty_first_entry_is_refused(service: Service, customer: Customer, give: Giving) -> None:
    wrong_field(give(service, customer, {**FULL, "one": ""}), pointer(give))


@pytest.mark.parametrize("give", MADE.values(), ids=MADE)
def test_what_is_made_has_no_entry_of_null(service: Service, customer: Customer, give: Giving) -> None:
    wrong_field(give(service, customer, {"tier": None}), pointer(give, "tier"))


@pytest.mark.parametrize("give", MADE.values(), ids=MADE)
def test_null_is_no_metadata_when_something_is_made(service: Service, customer: Customer, give: Giving) -> None:
    assert shown(give(service, customer, None)) == {}


@CHANGES
def test_null_is_no_change(service: Service, customer: Customer, give: Giving) -> None:
    wrong_field(give(service, customer, None), "/metadata")


@CHANGES
def test_a_change_is_merged(service: Service, customer: Customer, give: Giving) -> None:
    shown(give(service, customer, {"tier": "gold", "region": "EU"}))
    assert shown(give(service, customer, {"tier": None, "floor": "3"})) == {"region": "EU", "floor": "3"}
    assert shown(give(service, customer, {"region": None, "floor": None})) == {}


@CHANGES
def test_an_event_has_what_really_changed(service: Service, customer: Customer, give: Giving) -> None:
    shown(give(service, customer, {"tier": "gold", "region": "EU"}))
    with new_in_the_journal(service) as events:
        shown(give(service, customer, {"tier": None, "region": "EU", "floor": "3", "desk": None}))
    assert [event.data["metadata"] for event in events] == [{"tier": None, "floor": "3"}]
    assert events[0].type.endswith(".metadata_changed")


@CHANGES
def test_what_is_there_already_is_no_event(service: Service, customer: Customer, give: Giving) -> None:
    shown(give(service, customer, {"tier": "gold"}))
    with new_in_the_journal(service) as events:
        assert shown(give(service, customer, {"tier": "gold", "floor": None})) == {"tier": "gold"}
        assert shown(give(service, customer, {})) == {"tier": "gold"}
    assert events == []


@CHANGES
def test_what_would_be_too_much_together_is_refused(service: Service, customer: Customer, give: Giving) -> None:
    shown(give(service, customer, FULL))
    with new_in_the_journal(service) as events:
        problem(give(service, customer, {"one": ""}), 409, "metadata-too-large")
    assert events == []
    after = {**FULL, "one": ""}
    del after["key 0"]
    assert shown(give(service, customer, {"one": "", "key 0": None})) == after


@CHANGES
def test_all_entries_are_replaced_at_once(service: Service, customer: Customer, give: Giving) -> None:
    shown(give(service, customer, FULL))
    others = {f"other {number}": "" for number in range(50)}
    assert shown(give(service, customer, {**dict.fromkeys(FULL), **others})) == others


def test_a_sign_up_keeps_what_the_account_and_the_user_have(service: Service, customer: Customer) -> None:
    response = sign_up(service, customer, metadata={"tier": "gold"}, user_metadata={"desk": "7"})
    signed_up = answer(response, 201, SignedUp)
    assert (signed_up.account.metadata, signed_up.member.metadata) == ({"tier": "gold"}, {"desk": "7"})
    assert answer(service.get(response.headers["Location"]), 200, Account) == signed_up.account


def test_metadata_is_in_lists(service: Service, customer: Customer) -> None:
    customer.add("Bob", metadata={"desk": "7"})
    assert [member.metadata for member in customer.members()] == [{}, {"desk": "7"}]
    customer.patch("", {"metadata": {"tier": "gold"}})
    plan_id = customer.account().plan.plan_id
    (listed,) = service.get("/v1/accounts", plan_id=plan_id).json()["items"]
    assert listed["metadata"] == {"tier": "gold"}

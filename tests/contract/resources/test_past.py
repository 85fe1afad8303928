"""The past of an account: what it was at a moment, and what changed between two."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.contract.given import UNKNOWN_ID, Customer, a_customer, a_customer_of
from tests.contract.shapes import Account, Event, Member, Page, answer, problem, wrong_field

if TYPE_CHECKING:
    from tests.contract.shapes import Plan
    from tests.service import Service


class State(msgspec.Struct, frozen=True):
    version: int
    position: int
    recorded_at: str | None
    account: Account | None


class Change(msgspec.Struct, frozen=True):
    says: str
    event: Event


class Diff(msgspec.Struct, frozen=True, rename={"since": "from", "until": "to"}):
    since: State
    until: State
    items: list[Change]
    next_cursor: str | None


@pytest.fixture
def renamed(customer: Customer) -> Customer:
    """An account whose name was changed twice after Bob came: six events with the seat that he took."""
    customer.add("Bob", seated=True)
    for name in ("Looms", "Mills"):
        answer(customer.patch("", {"account_name": name}), 200, Account)
    return customer


def positions(customer: Customer) -> list[int]:
    return [event.position for event in customer.events()]


def test_an_account_is_read_as_of_a_position(renamed: Customer) -> None:
    *_, looms, _ = positions(renamed)
    response = renamed.get(as_of=looms)
    account = answer(response, 200, Account)
    assert (account.account_name, account.version) == ("Looms", 5)
    assert (response.headers["ETag"], response.headers["Seatkeeper-Position"]) == ('"5"', str(looms))


def test_a_position_of_another_stream_is_a_moment_too(service: Service, renamed: Customer) -> None:
    before = renamed.account()
    another = a_customer(service)
    answer(renamed.patch("", {"account_name": "Gears"}), 200, Account)
    assert answer(renamed.get(as_of=positions(another)[-1]), 200, Account) == before


def test_an_account_is_read_as_of_a_time(renamed: Customer) -> None:
    for event in renamed.events():
        past = answer(renamed.get(as_of=event.recorded_at), 200, Account)
        assert past.version == max(e.version for e in renamed.events() if e.recorded_at <= event.recorded_at)


@pytest.mark.parametrize("ahead", ["2999-01-01T00:00:00Z", "2999-01-01T00:00:00.5+02:00", "99999999"])
def test_a_moment_that_lies_ahead_is_now(renamed: Customer, ahead: str) -> None:
    assert answer(renamed.get(as_of=ahead), 200, Account) == renamed.account()


def test_a_time_may_have_an_offset(renamed: Customer) -> None:
    problem(renamed.get(as_of="2020-01-01T01:00:00+02:00"), 404, "account-not-found")


def test_an_account_that_was_not_open_yet_is_not_found(service: Service, plan: Plan) -> None:
    earlier = positions(a_customer_of(service, plan))[-1]
    problem(a_customer_of(service, plan).get(as_of=earlier), 404, "account-not-found")


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-22", "2026-11-22T10:00:00", "-1", "1e3", "9" * 30])
def test_what_is_no_moment_is_refused(customer: Customer, text: str) -> None:
    wrong_field(customer.get(as_of=text), "/as_of")


def test_members_are_listed_as_they_were(renamed: Customer) -> None:
    opened, admin, bob, seat, *_ = positions(renamed)
    (ada,) = answer(renamed.get("/members", as_of=admin), 200, Page[Member]).items
    assert ada.name == "Ada"
    assert answer(renamed.get("/members", as_of=opened), 200, Page[Member]).items == []
    assert [m.seated for m in answer(renamed.get("/members", as_of=bob), 200, Page[Member]).items] == [False, False]
    assert [m.seated for m in answer(renamed.get("/members", as_of=seat), 200, Page[Member]).items] == [False, True]


def test_the_filters_and_pages_of_members_hold_for_the_past(service: Service) -> None:
    customer = a_customer(service, users=10)
    for name in ("Bob", "Bea", "Eve"):
        customer.add(name)
    moment = positions(customer)[-1]
    customer.delete(f"/members/{customer.add('Bert').member_id}")
    named = answer(customer.get("/members", as_of=moment, q="b"), 200, Page[Member]).items
    assert [member.name for member in named] == ["Bob", "Bea"]
    first = answer(customer.get("/members", as_of=moment, limit=3), 200, Page[Member])
    assert first.next_cursor is not None
    then = answer(customer.get("/members", as_of=moment, limit=3, cursor=first.next_cursor), 200, Page[Member])
    assert [member.name for member in (*first.items, *then.items)] == ["Ada", "Bob", "Bea", "Eve"]


def test_the_past_of_an_account_that_does_not_exist_is_not_found(service: Service) -> None:
    problem(service.get(f"/v1/accounts/{uuid.UUID(UNKNOWN_ID)}", as_of=1), 404, "account-not-found")


def test_a_diff_has_both_states_and_the_events_between_them(renamed: Customer) -> None:
    _, admin, *between = positions(renamed)
    diff = answer(renamed.get("/diff", **{"from": admin, "to": between[-1]}), 200, Diff)
    assert diff.since.account is not None
    assert diff.since.account.account_name == "Analytical Engines"
    assert diff.until.account == renamed.account()
    assert [change.event for change in diff.items] == renamed.events()[2:]
    assert diff.items[0].says == "Bob joined as member."


def test_a_diff_goes_up_to_now_and_may_begin_before_the_account(service: Service, plan: Plan) -> None:
    earlier = positions(a_customer_of(service, plan))[-1]
    customer = a_customer_of(service, plan)
    diff = answer(customer.get("/diff", **{"from": earlier}), 200, Diff)
    assert diff.since == State(0, 0, None, None)
    assert [change.event for change in diff.items] == customer.events()


def test_a_diff_comes_in_pages(renamed: Customer) -> None:
    first, *_ = positions(renamed)
    events: list[Event] = []
    cursor: dict[str, str] = {}
    while True:
        diff = answer(renamed.get("/diff", **{"from": first, "limit": 2}, **cursor), 200, Diff)
        events += [change.event for change in diff.items]
        if diff.next_cursor is None:
            break
        cursor = {"cursor": diff.next_cursor}
    assert events == renamed.events()[1:]


def test_nothing_changed_between_a_moment_and_itself(renamed: Customer) -> None:
    last = positions(renamed)[-1]
    diff = answer(renamed.get("/diff", **{"from": last, "to": last}), 200, Diff)
    assert (diff.items, diff.next_cursor) == ([], None)
    assert diff.since == diff.until


def test_a_diff_does_not_run_backwards(renamed: Customer) -> None:
    first, *_, last = positions(renamed)
    wrong_field(renamed.get("/diff", **{"from": last, "to": first}), "/to")


def test_a_diff_needs_a_moment_to_begin(renamed: Customer) -> None:
    wrong_field(renamed.get("/diff"), "/from")

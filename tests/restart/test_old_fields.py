"""A file with addresses, names, amounts and a currency that are refused today: served, replayed, changed, verified."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from seatkeeper.http import fields
from seatkeeper.http.server.validation import FieldError
from tests.contract.shapes import Account, Member, Money, Page, Plan, answer, problem, wrong_field
from tests.service import Service, run_to_its_end
from tests.sqlite.file.old_files import LOOSE, LOOSE_PLAN, RILA, write_schema_2

PATH, RILA_PATH = f"/v1/accounts/{LOOSE}", f"/v1/accounts/{RILA}"
UNICODE, ASCII = "j@m\u00fcnchen.de", "j@xn--mnchen-3ya.de"
STILL_TAKEN = [
    *(UNICODE, ASCII, "w@xn--mnchen-3ya.de", "f@\uff4d\u00fcnchen.de", "s@stra\u00dfe.de"),
    *("Info@Example.ORG", "a@x.test", "\u017f@x.org"),
]
REFUSED = [
    *("a@x..org", "a..b@x.org", "a@-x.org", "a@x.org.", "a@x", "a@[127.0.0.1]", "a@localhost", "l" * 65 + "@x.org"),
    *('"a"@x.org', "A<a@x.org>", "a@x_y.org", "a\u200b@x.org", "\u202e@x.org", "a@m\u00fcnchen..de", "a@xn--a.de"),
    "a@ab--cd.org",
]
NAMES = [
    *("\u200b", "\u2060", "\ufeff", "\u00ad", "\u3164", "\u2800", "\u202eecilA", "\u2066Ada\u2069", "Ada\u200b"),
    *("A\u2028B", "\u200e", "\u200d", "Ada\ufe0f", "\U0001f469\u200d\U0001f4bb"),
    *("\u0646\u0627\u0645\u0647\u200c\u0627\u06cc", "\U000e0041", "Ada"),
]
SAME = [
    *("J@M\u00dcNCHEN.DE", ASCII, "w@m\u00fcnchen.de", "F@m\u00fcnchen.de", "s@xn--strae-oqa.de", "a@x.org"),
    *("info@example.org", "s@x.org", "A@X.TEST"),
]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """The service, started on the old file."""
    write_schema_2(tmp_path / "seatkeeper.db")
    with Service(tmp_path / "seatkeeper.db") as running:
        yield running


def members(service: Service) -> list[Member]:
    return answer(service.get(f"{PATH}/members", limit=200), 200, Page[Member]).items


def path_of(service: Service, email: str) -> str:
    return next(f"{PATH}/members/{one.member_id}" for one in members(service) if one.email == email)


def credit(amount: int, currency: str = "BGN") -> dict[str, object]:
    return {"amount": {"amount": amount, "currency": currency}, "reason": "a test"}


def agrees(service: Service) -> bool:
    ended = run_to_its_end("verify", "--database", str(service.database))
    return (ended.status, ended.errors) == (0, "") and ended.output.endswith(": everything agrees\n")


@pytest.mark.parametrize("address", REFUSED)
def test_the_file_has_addresses_that_are_refused_today(address: str) -> None:
    with pytest.raises(FieldError):
        fields.email("email", address)


def test_everything_is_served(service: Service) -> None:
    found = members(service)
    assert {one.email for one in found if one.email is not None} == {*STILL_TAKEN, *REFUSED}
    assert [one.name for one in found if one.email is None] == NAMES
    assert answer(service.get(PATH), 200, Account).account_name == "\u2066\u2069"
    assert answer(service.get(RILA_PATH), 200, Account).credit == Money(2**63 - 1, "BGN")
    assert answer(service.get(f"/v1/plans/{LOOSE_PLAN}"), 200, Plan).name == "\u202ePlan"
    events = msgspec.json.decode(service.get("/v1/events", limit=200).content)["items"]
    paid = [event["data"] for event in events if event["type"] == "credit.adjusted.2"]
    assert [one["amount"] for one in paid] == [
        {"amount": amount, "currency": "BGN"} for amount in (2**63 - 1, -(2**62), 2**62)
    ]
    assert paid[0]["reason"] == "\u200b"


def test_it_is_verified(service: Service) -> None:
    assert agrees(service)
    service.stop()
    assert agrees(service)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_accounts_go_on_after_another_start(service: Service, end: str) -> None:
    answer(service.patch(PATH, {"account_name": "Munich"}), 200, Account)
    answer(service.patch(path_of(service, "a@x..org"), {"email": "a@example.com"}), 200, Member)
    answer(service.post(f"{RILA_PATH}/credit", credit(-1)), 200, Account)
    {"stop": service.stop, "kill": service.kill}[end]()
    service.start()
    answer(service.post(f"{PATH}/members", {"name": "Eve", "email": "a@localhost.org"}), 201, Member)
    assert answer(service.patch(f"/v1/plans/{LOOSE_PLAN}", {"name": "Plan"}), 200, Plan).name == "Plan"
    assert answer(service.get(PATH), 200, Account).account_name == "Munich"
    assert answer(service.get(RILA_PATH), 200, Account).credit == Money(2**63 - 2, "BGN")
    assert agrees(service)


def test_credit_that_is_too_large_can_be_charged_and_does_not_grow(service: Service) -> None:
    problem(service.post(f"{RILA_PATH}/credit", credit(1)), 409, "credit-too-large")
    problem(service.post(f"{RILA_PATH}/credit", credit(1, "EUR")), 409, "currency-mismatch")
    charged = answer(service.post(f"{RILA_PATH}/credit", credit(-(2**53) + 1)), 200, Account)
    assert charged.credit == Money(2**63 - 2**53, "BGN")


def test_no_new_account_is_in_a_currency_that_has_ended(service: Service) -> None:
    body = {"account_name": "Pirin", "user_name": "Ada", "plan_id": LOOSE_PLAN, "currency": "BGN"}
    wrong_field(service.post("/v1/signups", body), "/currency")


@pytest.mark.parametrize("email", SAME)
def test_a_mailbox_of_an_old_member_is_recognised_in_another_form(service: Service, email: str) -> None:
    problem(service.post(f"{PATH}/members", {"name": "Eve", "email": email}), 409, "email-taken")


def test_a_mailbox_that_two_members_had_is_free_when_both_are_gone(service: Service) -> None:
    for email in (UNICODE, ASCII):
        problem(service.post(f"{PATH}/members", {"name": "Eve", "email": ASCII}), 409, "email-taken")
        answer(service.patch(path_of(service, email), {"email": None}), 200, Member)
    assert answer(service.post(f"{PATH}/members", {"name": "Eve", "email": ASCII}), 201, Member).email == UNICODE
    assert agrees(service)

"""Every write says which journal its positions belong to, also one that is refused."""

from __future__ import annotations

import pytest

from tests.contract.given import UNKNOWN_ID, Customer
from tests.service import Service


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("/v1/plans", {}, 400), (f"/v1/plans/{UNKNOWN_ID}/retire", None, 404), ("/v1/signups", {"plan_id": "x"}, 400)],
)
def test_a_refused_write_has_the_journal(service: Service, path: str, body: object, status: int) -> None:
    answer = service.post(path, body)
    assert (answer.status_code, answer.headers["Seatkeeper-Journal"]) == (status, journal(service))


def test_an_accepted_write_has_the_journal(service: Service, customer: Customer) -> None:
    assert customer.credit(1).headers["Seatkeeper-Journal"] == journal(service)


def journal(service: Service) -> str:
    """The id of the journal, as the feed has it."""
    return str(service.get("/v1/events", limit=1).json()["journal_id"])


def test_the_feed_takes_all_types_by_a_star_and_no_blanks(service: Service) -> None:
    assert service.get("/v1/events", types="*", limit=1).json()["items"] != []
    assert service.get("/v1/events", types="account.opened, member.added").status_code == 400


def test_an_external_id_is_found_as_it_was_given(service: Service, customer: Customer) -> None:
    given = f"  {customer.account_id}"
    assert customer.patch("", {"external_id": given}).status_code == 200
    found = service.get("/v1/accounts", external_id=given).json()["items"]
    assert [account["account_id"] for account in found] == [customer.account_id]

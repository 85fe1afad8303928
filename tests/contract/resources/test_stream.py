"""The journal as server-sent events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.following import follow
from tests.contract.given import a_customer, feed
from tests.contract.shapes import FeedPage, answer, position_of, problem

if TYPE_CHECKING:
    from tests.contract.given import Customer
    from tests.service import Service

STREAM = "/v1/events/stream"


def test_an_event_is_the_one_of_the_feed(service: Service, customer: Customer) -> None:
    position = position_of(customer.credit(1))
    with follow(service, after=position - 1) as stream:
        (frame,) = stream.take(1)
    assert frame == (position, "credit.adjusted.2", feed(service, after=position - 1)[0])


def test_events_come_as_they_are_committed(service: Service, customer: Customer) -> None:
    with follow(service) as stream:
        positions = [position_of(customer.credit(amount)) for amount in (1, 2, 3)]
        assert [frame.id for frame in stream.take(3)] == positions


def test_it_begins_now_without_a_position(service: Service, customer: Customer) -> None:
    customer.credit(1)
    with follow(service) as stream:
        position = position_of(customer.credit(2))
        assert stream.take(1)[0].id == position


def test_it_goes_on_where_it_was_left(service: Service, customer: Customer) -> None:
    with follow(service) as stream:
        first = position_of(customer.credit(1))
        assert stream.take(1)[0].id == first
    positions = [position_of(customer.credit(amount)) for amount in (2, 3)]
    with follow(service, {"Last-Event-ID": str(first)}) as stream:
        assert [frame.id for frame in stream.take(2)] == positions


def test_the_last_event_id_wins_over_after(service: Service, customer: Customer) -> None:
    position = position_of(customer.credit(1))
    with follow(service, {"Last-Event-ID": str(position - 1)}, after=0) as stream:
        assert stream.take(1)[0].id == position


def test_it_takes_types(service: Service, customer: Customer) -> None:
    with follow(service, types="member.*,account.renamed") as stream:
        customer.credit(1)
        customer.patch("", {"account_name": "Difference Engines"})
        customer.add("Bob")
        assert [frame.event for frame in stream.take(2)] == ["account.renamed", "member.added"]


def test_it_takes_an_account(service: Service, customer: Customer) -> None:
    with follow(service, account_id=customer.account_id.upper()) as stream:
        a_customer(service)
        position = position_of(customer.credit(1))
        assert stream.take(1)[0].id == position


def test_its_headers_say_that_it_is_not_kept_and_which_journal_it_is(service: Service) -> None:
    journal_id = answer(service.get("/v1/events"), 200, FeedPage).journal_id
    with follow(service) as stream:
        headers = stream.response.headers
    assert headers["Content-Type"] == "text/event-stream"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Accel-Buffering"] == "no"
    assert headers["Seatkeeper-Journal"] == journal_id
    assert "Content-Encoding" not in headers


def test_a_head_gets_the_headers_alone(service: Service) -> None:
    response = service.send("HEAD", STREAM)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Type"] == "text/event-stream"


@pytest.mark.parametrize("last", ["-1", "rubbish", "1.5", "", "9" * 30, str(2**63)])
def test_a_last_event_id_is_a_position(service: Service, last: str) -> None:
    found = problem(service.send("GET", STREAM, headers={"Last-Event-ID": last}), 400)
    assert [error.pointer for error in found.errors] == ["/Last-Event-ID"]


@pytest.mark.parametrize("after", ["-1", "rubbish", "1.5", "1e9", ""])
def test_a_stream_goes_on_after_a_number(service: Service, after: str) -> None:
    problem(service.get(STREAM, after=after), 400)


@pytest.mark.parametrize("path", ["/v1/events", STREAM])
@pytest.mark.parametrize("types", ["", "member", "member.", "**", "member.*,", "nothing.*", "member.added;seat.taken"])
def test_a_type_that_is_unknown_is_refused_with_those_that_are_known(service: Service, path: str, types: str) -> None:
    (error,) = problem(service.get(path, types=types), 400).errors
    assert error.pointer == "/types"
    assert "account.*" in error.detail
    assert "member.added" in error.detail


@pytest.mark.parametrize("path", ["/v1/events", STREAM])
def test_an_account_that_has_no_id_is_refused(service: Service, path: str) -> None:
    problem(service.get(path, account_id="rubbish"), 400)


def test_readers_are_no_requests_under_way_and_are_counted_apart(service: Service) -> None:
    with follow(service), follow(service, types="member.*"):
        lines = service.get("/metrics").text.splitlines()
    assert "seatkeeper_requests_in_flight 1.0" in lines
    readers = next(line for line in lines if line.startswith("seatkeeper_stream_readers "))
    assert float(readers.split()[1]) >= 2


def test_the_feed_takes_types_and_an_account(service: Service, customer: Customer) -> None:
    customer.credit(1)
    customer.add("Bob")
    before = feed(service)[-1].position
    page = answer(
        service.get("/v1/events", account_id=customer.account_id, types="member.*,credit.adjusted.2"), 200, FeedPage
    )
    assert [event.type for event in page.items] == ["member.added", "credit.adjusted.2", "member.added"]
    assert before <= page.last_position <= feed(service)[-1].position


def test_the_feed_moves_on_past_what_is_not_wanted(service: Service, customer: Customer) -> None:
    position = position_of(customer.credit(1))
    page = answer(service.get("/v1/events", after=position - 1, types="plan.retired"), 200, FeedPage)
    assert (page.items, page.last_position) == ([], position)


def test_the_feed_takes_an_actor(service: Service, customer: Customer) -> None:
    customer.credit(1)
    page = answer(service.get("/v1/events", actor="key:of-nobody"), 200, FeedPage)
    assert page.items == []


def test_every_write_names_the_journal(service: Service, customer: Customer) -> None:
    journal_id = answer(service.get("/v1/events"), 200, FeedPage).journal_id
    path = f"/v1/accounts/{customer.account_id}/suspend"
    for _ in range(2):
        response = service.post(path, idempotency_key=f"suspend {customer.account_id}")
        assert response.headers["Seatkeeper-Journal"] == journal_id


@pytest.mark.parametrize("path", ["/v1/events", STREAM])
def test_a_journal_that_nobody_knows_shares_nothing(service: Service, path: str) -> None:
    response = service.get(path, after=0, journal_id="another")
    problem(response, 409, "journal-replaced")
    body = response.json()
    assert body["last_shared_position"] == 0
    assert body["journal_id"] == answer(service.get("/v1/events"), 200, FeedPage).journal_id


def test_the_journal_itself_is_answered(service: Service, customer: Customer) -> None:
    position = position_of(customer.credit(1))
    journal_id = answer(service.get("/v1/events"), 200, FeedPage).journal_id
    page = answer(service.get("/v1/events", after=position - 1, journal_id=journal_id), 200, FeedPage)
    assert [event.position for event in page.items] == [position]

"""The journal as a feed: every event once, in commit order, without gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.given import a_customer, feed
from tests.contract.shapes import TIME, Event, FeedPage, Page, answer, client_error, position_of, problem

if TYPE_CHECKING:
    from tests.contract.given import Customer
    from tests.service import Service


def page(service: Service, **query: int) -> FeedPage:
    return answer(service.get("/v1/events", **query), 200, FeedPage)


def test_positions_count_from_1_without_gaps(service: Service, customer: Customer) -> None:
    customer.credit(1)
    positions = [event.position for event in feed(service)]
    assert positions == list(range(1, len(positions) + 1))


def test_every_stream_counts_from_1_without_gaps(service: Service, customer: Customer) -> None:
    customer.credit(1)
    versions: dict[str, list[int]] = {}
    for event in feed(service):
        versions.setdefault(event.stream_id, []).append(event.version)
    assert [found for found in versions.values() if found != list(range(1, len(found) + 1))] == []


def test_a_feed_begins_at_the_beginning(service: Service, customer: Customer) -> None:
    customer.credit(1)
    assert answer(service.get("/v1/events"), 200, FeedPage).items[0].position == 1


def test_a_write_is_in_the_feed_when_it_is_answered(service: Service, customer: Customer) -> None:
    position = position_of(customer.credit(1250))
    event = page(service, after=position - 1).items[0]
    assert event == customer.events()[-1]


def test_the_feed_shows_commit_order(service: Service) -> None:
    first, second = a_customer(service), a_customer(service)
    start = position_of(first.credit(1))
    second.credit(1)
    first.credit(1)
    streams = [event.stream_id for event in feed(service, after=start - 1)]
    assert streams[0] == streams[2] != streams[1]


def test_a_feed_goes_on_after_a_position(service: Service, customer: Customer) -> None:
    position = position_of(customer.credit(1))
    customer.credit(2)
    assert [event.position for event in page(service, after=position).items] == [position + 1]


def test_a_feed_takes_a_limit(service: Service, customer: Customer) -> None:
    customer.credit(1)
    assert [event.position for event in page(service, after=0, limit=2).items] == [1, 2]


def test_the_pages_of_a_feed_are_the_feed(service: Service, customer: Customer) -> None:
    start = customer.events()[0].position - 1
    for amount in range(1, 6):
        customer.credit(amount)
    assert feed(service, after=start, limit=1) == feed(service, after=start, limit=3) == feed(service, after=start)


def test_a_page_that_reaches_the_end_says_where_it_is(service: Service, customer: Customer) -> None:
    position = position_of(customer.credit(1))
    assert page(service, after=position - 1).last_position == position


def test_a_page_beyond_the_end_is_empty(service: Service, customer: Customer) -> None:
    position = position_of(customer.credit(1))
    assert page(service, after=position).items == []


def test_a_refusal_is_not_in_the_feed(service: Service, customer: Customer) -> None:
    position = position_of(customer.credit(1))
    problem(customer.credit(-2), 409, "credit-exhausted")
    assert page(service, after=position).items == []


@pytest.mark.parametrize("after", ["-1", "rubbish", "1.5", "1e9", "", "9" * 5_000])
def test_a_feed_goes_on_after_a_number(service: Service, after: str) -> None:
    problem(service.get("/v1/events", after=after), 400)


@pytest.mark.parametrize("after", [2**63, 2**64])
def test_a_position_beyond_64_bits_is_refused(service: Service, after: int) -> None:
    client_error(service.get("/v1/events", after=after))


@pytest.mark.parametrize("limit", ["0", "-1", "rubbish", "1.5", "1000000000", ""])
def test_a_feed_takes_no_rubbish_for_a_limit(service: Service, limit: str) -> None:
    problem(service.get("/v1/events", limit=limit), 400)


def test_the_events_of_an_account_come_oldest_first(customer: Customer) -> None:
    customer.credit(1)
    customer.patch("", {"account_name": "Difference Engines"})
    events = answer(customer.get("/events"), 200, Page[Event]).items
    assert [event.version for event in events] == [1, 2, 3, 4]
    assert events == sorted(events, key=lambda event: event.position)


def test_the_events_of_an_account_are_those_of_its_stream_in_the_feed(service: Service, customer: Customer) -> None:
    customer.credit(1)
    events = customer.events()
    stream = events[0].stream_id
    assert [event for event in feed(service) if event.stream_id == stream] == events


def test_accounts_do_not_share_a_stream(service: Service, customer: Customer) -> None:
    assert customer.events()[0].stream_id != a_customer(service).events()[0].stream_id


def test_an_event_says_when_it_was_recorded(customer: Customer) -> None:
    assert [event for event in customer.events() if not TIME.fullmatch(event.recorded_at)] == []


def test_an_event_carries_what_happened(customer: Customer) -> None:
    bob = customer.add("Bob", email="bob@example.com")
    values = customer.events()[-1].data.values()
    assert {bob.member_id, "Bob", "bob@example.com"} <= {value for value in values if isinstance(value, str)}

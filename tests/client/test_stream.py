"""The event stream: each event once and in order, across cuts of the connection."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from uuid import uuid4

import pytest

from seatkeeper.http.client import Seatkeeper, UnexpectedAnswer, problems
from seatkeeper.http.client.structs.answers import Event
from tests.client.conftest import TEAM
from tests.client.proxy import Cut, Instead, Proxy

DEADLINE = 30.0


async def sign_up(seats: Seatkeeper) -> str:
    """Sign somebody up; the id of the account."""
    made = await seats.signups.create(account_name="Looms", user_name="Ada", plan_id=TEAM)
    return made.account.account_id


async def first(seats: Seatkeeper, count: int, *, after: int, account_id: str) -> list[Event]:
    """Follow the events of an account until there are so many."""
    found: list[Event] = []
    async with asyncio.timeout(DEADLINE), aclosing(seats.events.follow(after=after, account_id=account_id)) as events:
        async for event in events:
            found.append(event)
            if len(found) == count:
                break
    return found


async def test_a_stream_goes_on_where_it_was_cut(through: Seatkeeper, proxy: Proxy, seats: Seatkeeper) -> None:
    account_id = await sign_up(seats)
    proxy.faults = [Cut(events=1), Cut(events=0), Instead(503, "overloaded", {"Retry-After": "0"})]
    following = asyncio.create_task(first(through, 3, after=0, account_id=account_id))
    await seats.members.create(account_id, name="Charles")
    found = await following
    assert [event.version for event in found] == [1, 2, 3]
    assert [event.type for event in found] == ["account.opened", "member.added", "member.added"]
    assert len(proxy.requests) >= 4


async def test_nothing_is_missed_between_the_call_and_the_first_cut(
    through: Seatkeeper, proxy: Proxy, seats: Seatkeeper
) -> None:
    account_id = await sign_up(seats)
    feed = await seats.events.list(after=2**63 - 1, limit=1).page()
    end = feed.last_position
    proxy.faults = [
        Instead(200, body=b'{"journal_id":"' + feed.journal_id.encode() + b'","items":[],"last_position":%d}' % end)
    ]
    proxy.faults += [Cut(events=0)]
    async with asyncio.timeout(DEADLINE), aclosing(through.events.follow(account_id=account_id)) as events:
        await seats.members.create(account_id, name="Charles")
        event = await anext(events)
    assert (event.type, event.position) == ("member.added", end + 1)


async def test_what_does_not_pass_is_raised(seats: Seatkeeper) -> None:
    with pytest.raises(problems.InvalidRequest) as raised:
        async for _ in seats.events.follow(types=["no.such"]):
            pass
    assert [error.pointer for error in raised.value.errors] == ["/types"]


async def test_a_stream_knows_the_journal_that_it_goes_on_in(
    through: Seatkeeper, proxy: Proxy, seats: Seatkeeper
) -> None:
    account_id = await sign_up(seats)
    proxy.faults = [Cut(events=1)]
    await first(through, 2, after=0, account_id=account_id)
    again = proxy.requests[-1].line
    assert f"journal_id={(await seats.events.list(limit=1).page()).journal_id}" in again


async def test_who_read_another_journal_is_told(seats: Seatkeeper) -> None:
    with pytest.raises(problems.JournalReplaced) as raised:
        async for _ in seats.events.follow(after=2, journal_id="another"):
            pass
    assert raised.value.last_shared_position == 0


async def test_who_stays_away_for_too_long_is_given_up(through: Seatkeeper, proxy: Proxy) -> None:
    proxy.faults = [Instead(503, "overloaded", {"Retry-After": "0"})] * 100
    with pytest.raises(problems.Overloaded):
        async for _ in through.events.follow(after=0, deadline=0.3):
            pass


STREAM = {"Content-Type": "text/event-stream"}


@pytest.mark.parametrize(
    "answer",
    [
        Instead(200, headers={"Content-Type": "text/html"}, body=b"<html>\n\n<body>\n\nWelcome!</html>"),
        Instead(200, headers=STREAM, body=b"id: 1\ndata: {}\n\n"),
        Instead(200, headers=STREAM, body=b'id: 1\ndata: {"type": "\xff"}\n\n'),
        Instead(200, headers=STREAM, body=b"id: one\n\n"),
    ],
    ids=["page", "fields", "bytes", "number"],
)
async def test_what_is_no_stream_of_events_is_said_so(through: Seatkeeper, proxy: Proxy, answer: Instead) -> None:
    proxy.faults = [answer] * 10_000
    async with asyncio.timeout(DEADLINE):
        with pytest.raises(UnexpectedAnswer):
            async for _ in through.events.follow(after=0, deadline=0.3):
                pass


async def test_the_feed_is_read_to_its_end(seats: Seatkeeper) -> None:
    account_id = await sign_up(seats)
    events = [event async for event in seats.events.list(account_id=account_id, limit=1)]
    assert [event.version for event in events] == [1, 2]
    assert events[0].context is not None


async def test_who_is_named_stands_in_the_events(seats: Seatkeeper) -> None:
    account_id = await sign_up(seats)
    request_id = str(uuid4())
    await seats.accounts.suspend(account_id, on_behalf_of="ada", request_id=request_id)
    (context,) = [
        event.context async for event in seats.events.list(account_id=account_id, types=["account.suspended"])
    ]
    assert context is not None
    assert (context.on_behalf_of, context.request_id) == ("ada", request_id)

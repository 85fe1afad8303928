"""What is sent again, and under which key: a lost answer is never a second effect."""

from __future__ import annotations

import socket
from uuid import uuid4

import pytest

from seatkeeper.http.client import NoAnswer, Problem, Seatkeeper, UnexpectedAnswer, problems
from tests.client.conftest import TEAM
from tests.client.proxy import Cut, Fault, Instead, Proxy, Silent

SOON = {"Retry-After": "0"}


async def opened(seats: Seatkeeper, external_id: str) -> int:
    """How many accounts there are with this external id."""
    return len([account async for account in seats.accounts.list(external_id=external_id)])


@pytest.mark.parametrize(
    "fault",
    [
        Cut(),
        Instead(503, "outcome-unknown", SOON),
        Instead(503, "overloaded", SOON),
        Instead(429, "too-many-requests", SOON),
        Instead(502, body=b"<h1>Bad gateway</h1>"),
    ],
    ids=["cut", "outcome unknown", "overloaded", "too many requests", "bad gateway"],
)
async def test_a_write_is_sent_again_under_its_key(through: Seatkeeper, proxy: Proxy, fault: Fault) -> None:
    proxy.faults = [fault, fault]
    name = str(uuid4())
    await through.signups.create(account_name="Looms", user_name="Ada", plan_id=TEAM, external_id=name)
    first, *others = proxy.keys
    assert first
    assert others == [first, first]
    assert await opened(through, name) == 1


async def test_an_answer_that_was_lost_comes_again(through: Seatkeeper, proxy: Proxy) -> None:
    proxy.faults = [Cut()]
    answer = await through.signups.create.answer(account_name="Looms", user_name="Ada", plan_id=TEAM)
    assert answer.replayed
    assert answer.value.account.account_name == "Looms"


async def test_an_answer_that_does_not_come_in_time_is_asked_for_again(proxy: Proxy) -> None:
    proxy.faults = [Silent()]
    name = str(uuid4())
    async with Seatkeeper(proxy.url, timeout=1.0) as seats:
        await seats.signups.create(account_name="Looms", user_name="Ada", plan_id=TEAM, external_id=name)
        assert await opened(seats, name) == 1


async def test_each_write_has_a_key_of_its_own(through: Seatkeeper, proxy: Proxy) -> None:
    for _ in range(2):
        await through.signups.create(account_name="Looms", user_name="Ada", plan_id=TEAM)
    assert len(set(proxy.keys)) == 2


async def test_a_read_is_sent_again_without_a_key(through: Seatkeeper, proxy: Proxy) -> None:
    proxy.faults = [Instead(503, "query-too-slow", SOON)]
    assert (await through.plans.get(TEAM)).type == "team"
    assert proxy.keys == [None, None]


async def test_a_refusal_is_not_sent_again(through: Seatkeeper, proxy: Proxy) -> None:
    with pytest.raises(problems.PlanNotFound):
        await through.signups.create(account_name="Looms", user_name="Ada", plan_id=str(uuid4()))
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("status", [408, 429, 500])
async def test_what_may_not_pass_is_not_sent_again(through: Seatkeeper, proxy: Proxy, status: int) -> None:
    proxy.faults = [Instead(status)]
    with pytest.raises(Problem) as raised:
        await through.plans.get(TEAM)
    assert (raised.value.status, len(proxy.requests)) == (status, 1)


async def test_nobody_waits_for_longer_than_the_deadline(through: Seatkeeper, proxy: Proxy) -> None:
    proxy.faults = [Instead(503, "storage-full", {"Retry-After": "3600"})]
    with pytest.raises(problems.StorageFull) as raised:
        await through.plans.get(TEAM, deadline=5.0)
    assert (raised.value.retry_after, len(proxy.requests)) == (3600.0, 1)


async def test_who_gives_up_goes_on_later_under_the_same_key(
    through: Seatkeeper, proxy: Proxy, seats: Seatkeeper
) -> None:
    proxy.faults = [Cut()] * 100
    name = str(uuid4())
    with pytest.raises(NoAnswer) as raised:
        await through.signups.create(
            account_name="Looms", user_name="Ada", plan_id=TEAM, external_id=name, deadline=0.5
        )
    key = raised.value.idempotency_key
    assert key is not None
    await seats.signups.create(
        account_name="Looms", user_name="Ada", plan_id=TEAM, external_id=name, idempotency_key=key
    )
    assert await opened(seats, name) == 1


async def test_a_service_that_is_not_there_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with Seatkeeper(f"http://127.0.0.1:{port}", deadline=0.3) as seats:
        with pytest.raises(NoAnswer):
            await seats.plans.get(TEAM)


async def test_readiness_is_asked_for_once(through: Seatkeeper, proxy: Proxy) -> None:
    proxy.faults = [Instead(503, "not-ready", SOON)]
    with pytest.raises(problems.NotReady):
        await through.operations.ready()
    assert len(proxy.requests) == 1


async def test_what_a_proxy_says_is_a_problem_without_a_type(through: Seatkeeper, proxy: Proxy) -> None:
    proxy.faults = [Instead(403, body=b'{"message": "no"}'), Instead(403, body=b"<h1>No</h1>")]
    for detail in ("", "<h1>No</h1>"):
        with pytest.raises(Problem) as raised:
            await through.plans.get(TEAM)
        assert (raised.value.status, raised.value.type, raised.value.detail) == (403, "about:blank", detail)


@pytest.mark.parametrize("body", [b"<h1>Welcome</h1>", b'{"account": "\xff"}', b'{"type":"\xff"}'])
async def test_who_cannot_read_the_answer_to_a_write_has_its_key(
    through: Seatkeeper, proxy: Proxy, body: bytes
) -> None:
    proxy.faults = [Instead(200, body=body)]
    with pytest.raises(UnexpectedAnswer) as raised:
        await through.signups.create(account_name="Looms", user_name="Ada", plan_id=TEAM)
    assert [raised.value.idempotency_key] == proxy.keys


async def test_a_problem_with_bytes_that_are_no_text_is_one_without_a_type(through: Seatkeeper, proxy: Proxy) -> None:
    proxy.faults = [Instead(403, body=b'{"type": "\xff"}')]
    with pytest.raises(Problem) as raised:
        await through.plans.get(TEAM)
    assert (raised.value.status, raised.value.type) == (403, "about:blank")

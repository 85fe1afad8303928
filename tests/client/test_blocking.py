"""The blocking client: the same calls, from programs without an event loop, and from many threads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest

from seatkeeper.http.client import BlockingSeatkeeper, NoAnswer, problems
from tests.client.conftest import TEAM
from tests.service import Service


@pytest.fixture
def seats(service: Service) -> Iterator[BlockingSeatkeeper]:
    """A blocking client of the service."""
    with BlockingSeatkeeper(service.url) as client:
        yield client


def test_a_call_blocks_until_its_answer(seats: BlockingSeatkeeper) -> None:
    made = seats.signups.create(account_name="Looms", user_name="Ada", plan_id=TEAM)
    answer = seats.accounts.suspend.answer(made.account.account_id, reason="a test")
    assert (answer.value.status, answer.version) == ("suspended", 3)
    tried = seats.accounts.close.dry_run(made.account.account_id)
    assert tried.accepted


def test_a_problem_is_raised_where_the_call_is(seats: BlockingSeatkeeper) -> None:
    with pytest.raises(problems.PlanNotFound):
        seats.plans.get(TEAM.replace("2", "9"))


def test_lists_are_ordinary_iterators(seats: BlockingSeatkeeper) -> None:
    account_id = seats.signups.create(account_name="Looms", user_name="Ada", plan_id=TEAM).account.account_id
    seats.members.create(account_id, name="Charles")
    assert [member.name for member in seats.members.list(account_id, limit=1)] == ["Ada", "Charles"]
    assert len(seats.members.list(account_id, limit=1).page().items) == 1


def test_the_stream_is_an_ordinary_iterator(seats: BlockingSeatkeeper) -> None:
    account_id = seats.signups.create(account_name="Looms", user_name="Ada", plan_id=TEAM).account.account_id
    found = list(islice(seats.events.follow(after=0, account_id=account_id), 2))
    assert [event.type for event in found] == ["account.opened", "member.added"]


def test_many_threads_share_a_client(seats: BlockingSeatkeeper) -> None:
    def sign_up(number: int) -> str:
        return seats.signups.create(account_name=f"Looms {number}", user_name="Ada", plan_id=TEAM).account.account_id

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(sign_up, range(32)))) == 32


def test_a_client_that_is_closed_says_so(service: Service) -> None:
    with BlockingSeatkeeper(service.url) as seats:
        plans = seats.plans.list()
    with pytest.raises(RuntimeError, match="not open"):
        list(plans)


def test_who_waits_when_a_client_is_closed_waits_no_longer(service: Service) -> None:
    with ThreadPoolExecutor(1) as thread:
        with BlockingSeatkeeper(service.url) as seats:
            last = seats.events.list(after=2**63 - 1).page().last_position
            following = seats.events.follow(after=last, types=["webhook.deleted"])
            waiting = thread.submit(next, following)
        with pytest.raises((NoAnswer, RuntimeError)):  # by whether it had begun to wait
            waiting.result(timeout=30)


def test_a_client_is_opened_once(seats: BlockingSeatkeeper) -> None:
    with pytest.raises(RuntimeError, match="is open"):
        seats.open()
    assert seats.plans.get(TEAM).plan_id == TEAM


def test_who_asks_while_a_client_is_closed_is_answered_or_told(service: Service) -> None:
    def ask(seats: BlockingSeatkeeper) -> str:
        try:
            while True:
                seats.plans.get(TEAM)
        except (NoAnswer, RuntimeError) as error:
            return str(error)

    with ThreadPoolExecutor(6) as threads:
        for _ in range(10):
            with BlockingSeatkeeper(service.url) as seats:
                asking = [threads.submit(ask, seats) for _ in range(6)]
                seats.plans.get(TEAM)
            assert all("the client" in one.result(timeout=30) for one in asking)

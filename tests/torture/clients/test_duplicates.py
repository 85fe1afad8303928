"""A7, A8: the same command from a hundred clients at once, and five hundred clients after the last of something."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
import pytest

from tests import suite
from tests.contract.given import Customer, a_customer
from tests.service import Service
from tests.torture.rig import commands
from tests.torture.rig.commands import Command, Effect
from tests.torture.rig.ledger import Ledger, recovered
from tests.torture.rig.load import FREE
from tests.torture.rig.trial import Trial
from tests.wire import BROKEN, Answer, Connection

DUPLICATES = 100


async def send(port: int, command: Command) -> Answer | None:
    """Send a command on a connection of its own; None if there is no answer."""
    try:
        async with await Connection.open(port) as connection:
            return await connection.ask(command.method, command.path, command.body, command.headers)
    except BROKEN:
        return None


async def at_once(port: int, some: Sequence[Command]) -> list[Answer]:
    """Send all of them at once; each has to be answered."""
    answers = await asyncio.gather(*(send(port, command) for command in some))
    return [answer for answer in answers if answer is not None]


def noted(ledger: Ledger, some: Sequence[Command], answers: Sequence[Answer]) -> Counter[str]:
    """Note all answers; count each outcome."""
    assert len(answers) == len(some)
    for command, answer in zip(some, answers, strict=True):
        ledger.send(command).note(answer)
    return Counter(answer.slug or str(answer.status) for answer in answers)


@suite.thorough
async def test_a7_a_hundred_duplicates_have_one_effect_and_one_answer(trial: Trial) -> None:
    ledger = trial.begin("A7")
    with Service(trial.database) as service:
        for _ in range(suite.pick(short=2, middle=12, long=200)):
            command = commands.sign_up(FREE)
            answers = await at_once(service.port, [command] * DUPLICATES)
            assert len({(answer.status, answer.body, answer.headers["location"]) for answer in answers}) == 1
            fresh = [answer for answer in answers if "idempotency-replayed" not in answer.headers]
            assert (len(answers), len(fresh)) == (DUPLICATES, 1)
            ledger.send(command).note(fresh[0])
            await another_request_is_refused(service, command)
            trial.rounds += 1
        ledger.recovered()
        service.kill()
        await recovered(service, ledger)
    ledger.finish()
    ledger.assert_well()


async def another_request_is_refused(service: Service, command: Command) -> None:
    """The key of one command does not serve another one: another body, another path, another method."""
    others = [
        command._replace(body=commands.sign_up(FREE).body),
        commands.retire_plan(FREE)._replace(key=command.key),
        commands.rename_plan(FREE)._replace(key=command.key),
    ]
    answers = await at_once(service.port, others)
    assert [answer.slug for answer in answers] == ["idempotency-key-reused"] * len(others)


@suite.thorough
async def test_a7_duplicates_at_the_moment_of_a_crash_have_one_effect(trial: Trial) -> None:
    ledger, chance = trial.begin("A7 crash"), random.Random(trial.seed)
    service = trial.service()
    for _ in range(suite.pick(short=2, middle=10, long=100)):
        service.start()
        command = commands.sign_up(FREE)
        record = ledger.send(command)
        duplicates = [asyncio.create_task(send(service.port, command)) for _ in range(DUPLICATES)]
        await asyncio.sleep(chance.uniform(0.003, 0.06))  # the moment is the fault
        service.kill()
        answers = {(a.status, a.body): a for a in await asyncio.gather(*duplicates) if a is not None}
        assert len(answers) <= 1
        for answer in answers.values():
            record.note(answer)
        await recovered(service, ledger)
        trial.rounds += 1
    ledger.finish()
    ledger.assert_well()


def for_the_last_seat(customer: Customer, member_ids: Sequence[str]) -> list[Command]:
    return [commands.take_seat(customer.account_id, member_id) for member_id in member_ids]


def for_the_last_place(customer: Customer, member_ids: Sequence[str]) -> list[Command]:
    return [commands.add_member(customer.account_id) for _ in member_ids]


def for_the_last_credit(customer: Customer, member_ids: Sequence[str]) -> list[Command]:
    return [commands.adjust_credit(customer.account_id, -100) for _ in member_ids]


RACES: dict[str, tuple[Callable[[Customer, Sequence[str]], list[Command]], int, str]] = {
    "the last seat": (for_the_last_seat, 200, "no-seat-left"),
    "the last place": (for_the_last_place, 201, "user-limit-reached"),
    "the last credit": (for_the_last_credit, 200, "credit-exhausted"),
}
CROWD = 500


@suite.thorough
@pytest.mark.parametrize("race", RACES)
async def test_a8_of_five_hundred_at_once_one_wins(trial: Trial, race: str) -> None:
    ledger, (make, won, lost) = trial.begin("A8"), RACES[race]
    with Service(trial.database) as service:
        for _ in range(suite.pick(short=1, middle=3, long=30)):
            customer = a_customer(service, seats=1, users=CROWD + 1)
            assert customer.credit(100).status_code == 200
            member_ids = await members(service, customer, CROWD)
            if race == "the last place":
                customer.delete(f"/members/{member_ids[0]}")
            some = make(customer, member_ids)
            outcomes = noted(ledger, some, await at_once(service.port, some))
            assert outcomes == {str(won): 1, lost: len(some) - 1}
            trial.rounds += 1
        ledger.recovered()
        await ledger.resolve(service.port)
        ledger.finish()
    ledger.assert_well()


async def members(service: Service, customer: Customer, count: int) -> list[str]:
    """So many members more."""
    added = await at_once(service.port, [commands.add_member(customer.account_id) for _ in range(count)])
    assert len(added) == count
    return [str(msgspec.json.decode(answer.body, type=dict)["member_id"]) for answer in added]


async def test_a8_two_admins_who_demote_each_other_leave_one(trial: Trial) -> None:
    ledger = trial.begin("A8 admins")
    with Service(trial.database) as service:
        for _ in range(suite.pick(short=10, middle=50, long=500)):
            customer = a_customer(service)
            other = customer.add("Bob", role="admin")
            some = [demote(customer, member_id) for member_id in (customer.admin_id, other.member_id)]
            outcomes = noted(ledger, some, await at_once(service.port, some))
            assert outcomes == {"200": 1, "last-admin": 1}
            trial.rounds += 1
        ledger.recovered()
        await ledger.resolve(service.port)
        ledger.finish()
    ledger.assert_well()


def demote(customer: Customer, member_id: str) -> Command:
    """Make an admin a viewer."""
    path = f"/v1/accounts/{customer.account_id}/members/{member_id}"
    body = msgspec.json.encode({"role": "viewer"})
    return Command(f"demote-{member_id}", "PATCH", path, body, Effect("member.role_changed", member_id))

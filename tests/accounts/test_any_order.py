"""Random commands in any order: the limits hold, there is an admin, and the counts are right."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import msgspec
import pytest

from seatkeeper.actors.accounts import commands
from seatkeeper.actors.accounts.account import Account, same_email
from seatkeeper.actors.accounts.events import LARGEST_AMOUNT, MemberId, Role
from seatkeeper.actors.aggregates.external import MetadataChange
from seatkeeper.actors.aggregates.messages import Command, Event, Refusal
from tests.accounts.past import ACCOUNT, FREE, TEAM, add, adjust, opened, terms
from tests.completeness import check_complete
from tests.scenario import kinds

PEOPLE = [MemberId(f"01900000-0000-7000-8000-{number:012x}") for number in range(8)]
EMAILS = [None, "a@example.org", "A@example.org", "stra\u00dfe@example.org", "STRASSE@example.org"]
EXTERNAL_IDS = [None, "user-1", "user-2", "USER-2"]
METADATA: list[MetadataChange] = [{}, {"tier": "gold"}, {"tier": None}, {"tier": "silver", "region": "EU"}]
ROLES: Sequence[Role] = ("admin", "member", "viewer")
AMOUNTS = [0, 1, -1, 100, -100, LARGEST_AMOUNT, -LARGEST_AMOUNT]


def anything(dice: random.Random, account: Account) -> Command:
    """Make any command, also one that makes no sense; a new member has an unused id."""
    someone = dice.choice([*PEOPLE, *account.members])
    makers: list[Callable[[], Command]] = [
        lambda: commands.ChangeAccount(
            dice.choice(["Engines", "Looms"]),
            external_id=dice.choice(EXTERNAL_IDS) if dice.random() < 0.5 else msgspec.UNSET,
            metadata=dice.choice(METADATA) if dice.random() < 0.5 else msgspec.UNSET,
        ),
        lambda: terms(
            plan_id=dice.choice([TEAM, FREE]),
            revision=dice.randint(1, 5),
            total_seats=dice.randint(0, 4),
            user_limit=dice.randint(1, 6),
        ),
        lambda: adjust(dice.choice(AMOUNTS), dice.choice(["EUR", "EUR", "USD"])),
        lambda: commands.RemoveMember(someone),
        lambda: commands.TakeSeat(someone),
        lambda: commands.FreeSeat(someone),
        lambda: commands.ChangeMember(
            someone,
            name="Kim" if dice.random() < 0.5 else msgspec.UNSET,
            email=dice.choice(EMAILS) if dice.random() < 0.5 else msgspec.UNSET,
            role=dice.choice(ROLES) if dice.random() < 0.5 else msgspec.UNSET,
            external_id=dice.choice(EXTERNAL_IDS) if dice.random() < 0.5 else msgspec.UNSET,
            metadata=dice.choice(METADATA) if dice.random() < 0.5 else msgspec.UNSET,
        ),
        lambda: dice.choice([commands.SuspendAccount(), commands.ReactivateAccount(), commands.ReactivateAccount()]),
    ]
    candidates = [person for person in PEOPLE if person not in account.members]
    if candidates:
        candidate = dice.choice(candidates)
        seated = dice.random() < 0.5
        joins = add(candidate, email=dice.choice(EMAILS), role=dice.choice(ROLES), seated=seated)
        makers += [lambda: msgspec.structs.replace(joins, external_id=dice.choice(EXTERNAL_IDS))] * 3
    return dice.choice(makers)()


def test_anything_makes_every_command() -> None:
    dice, account = random.Random(0), ACCOUNT.after(opened())
    made = {type(anything(dice, account)).__name__ for _ in range(1000)}
    wanted = {kind.__name__ for kind in kinds(commands, Command)} - {"OpenAccount", "CloseAccount"}  # a run's two ends
    check_complete("anything() of tests/accounts/test_any_order.py", made, wanted)


def check(account: Account) -> None:
    """Recount everything."""
    members = account.members.values()
    assert 1 <= len(members) <= account.user_limit
    assert account.seats_taken == sum(member.seated for member in members) <= account.total_seats
    assert account.admins == sum(member.role == "admin" for member in members) >= 1
    assert 0 <= account.credit <= LARGEST_AMOUNT
    known = [(same_email(member.email), id_) for id_, member in account.members.items() if member.email is not None]
    assert dict(known) == account.emails
    assert len(known) == len(account.emails)
    named = [(member.external_id, id_) for id_, member in account.members.items() if member.external_id is not None]
    assert dict(named) == (account.external_ids or {})
    assert len(named) == len(account.external_ids or {})


@pytest.mark.parametrize("seed", range(25))
def test_the_rules_hold_in_any_order(seed: int) -> None:
    dice = random.Random(seed)
    account, history = ACCOUNT.after(opened(total_seats=2, user_limit=5)), opened(total_seats=2, user_limit=5)
    for _ in range(300):
        decision = ACCOUNT.decide(account, anything(dice, account))
        if not isinstance(decision, Refusal):
            history += decision
            for event in decision:
                account = ACCOUNT.evolve(account, event)
        check(account)
    assert len(history) > 20, "most commands were refused"
    assert account == ACCOUNT.after(history)


@pytest.mark.parametrize("seed", range(25))
def test_an_accepted_command_changes_nothing_when_it_is_repeated(seed: int) -> None:
    dice = random.Random(seed)
    account = ACCOUNT.after(opened(total_seats=2, user_limit=5))
    for _ in range(300):
        command = anything(dice, account)
        decision = ACCOUNT.decide(account, command)
        if isinstance(decision, Refusal):
            continue
        account = evolved(account, decision)
        if not isinstance(command, commands.AdjustCredit | commands.AddMember | commands.RemoveMember):
            assert list(repeated(account, command)) == []


@pytest.mark.parametrize("seed", range(10))
def test_an_account_read_back_from_its_snapshot_is_the_same_account(seed: int) -> None:
    dice = random.Random(seed)
    account = ACCOUNT.after(opened(total_seats=2, user_limit=5))
    for _ in range(100):
        decision = ACCOUNT.decide(account, anything(dice, account))
        account = evolved(account, () if isinstance(decision, Refusal) else decision)
    assert msgspec.json.decode(msgspec.json.encode(account), type=Account) == account


def evolved(account: Account, events: Sequence[Event]) -> Account:
    for event in events:
        account = ACCOUNT.evolve(account, event)
    return account


def repeated(account: Account, command: Command) -> Sequence[Event]:
    decision = ACCOUNT.decide(account, command)
    if isinstance(decision, Refusal):
        assert account.status == "suspended", decision
        return ()
    return decision

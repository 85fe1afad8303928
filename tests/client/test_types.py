"""What editors and mypy know of the client: `make check` reads this file in strict mode, and it runs as well.

Where a call is wrong, mypy has to say so: it reports an ignore that ignores nothing.
"""

from __future__ import annotations

from typing import assert_type
from uuid import uuid4

import pytest

from seatkeeper.http.client import Answer, BlockingSeatkeeper, DryRun, Seatkeeper, problems
from seatkeeper.http.client.structs.answers import Account, Change, Event, Feed, Member, Page, SignedUp
from tests.client.conftest import TEAM
from tests.service import Service


async def test_what_is_awaited_has_its_type(seats: Seatkeeper) -> None:
    made = await seats.signups.create(account_name="Looms", user_name="Ada", plan_id=TEAM, on_behalf_of="ada")
    assert_type(made, SignedUp)
    account_id = made.account.account_id
    assert_type(await seats.accounts.get.answer(account_id), Answer[Account])
    assert_type(await seats.members.create.dry_run(account_id, name="Charles", role="viewer"), DryRun[Member])
    assert_type(await seats.accounts.list(limit=1).page(), Page[Account])
    assert_type(await seats.events.list(limit=1).page(), Feed)
    async for event in seats.accounts.events(account_id):
        assert_type(event, Event)
    async for change in seats.accounts.diff(account_id, since=0):
        assert_type(change, Change)


def test_what_blocks_has_the_same_types(service: Service) -> None:
    with BlockingSeatkeeper(service.url) as seats:
        made = seats.signups.create(account_name="Looms", user_name="Ada", plan_id=TEAM)
        assert_type(made, SignedUp)
        assert_type(seats.accounts.suspend.dry_run(made.account.account_id), DryRun[Account])
        for account in seats.accounts.list(external_id=str(uuid4())):
            assert_type(account, Account)


async def test_a_wrong_call_is_a_wrong_type(seats: Seatkeeper) -> None:
    with pytest.raises(TypeError):
        await seats.signups.create(account_name="Looms", user_name="Ada")  # type: ignore[call-arg]
    with pytest.raises(problems.InvalidRequest):
        await seats.signups.create(account_name="Looms", user_name=1, plan_id=TEAM)  # type: ignore[arg-type]
    with pytest.raises(problems.InvalidRequest):
        await seats.accounts.list(status="asleep").page()  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        await seats.plans.get.dry_run(TEAM)  # type: ignore[attr-defined]

"""What every engine does to show the past of a stream: replay it up to a moment."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.account import Account
from seatkeeper.storage.sql import past
from tests.accounts.past import opened
from tests.postgresql import stores as postgresql_stores
from tests.storage import stores
from tests.storage.stores import NOW, Store, renamed


async def test_a_stream_that_had_not_begun_has_no_past(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    assert await store.queries.past(account.id, 0) is None
    assert await store.queries.past(account.id, "2020-01-01T00:00:00.000Z") is None
    assert await store.queries.past("account-nobody", 2) is None


async def test_the_state_is_that_after_the_last_event_up_to_a_position(store: Store) -> None:
    account = store.account()
    await account.append(opened(), renamed("Looms"), renamed("Mills"))
    names = []
    for position in range(1, 5):
        found = await store.queries.past(account.id, position)
        assert found is not None
        assert isinstance(found.state, Account)
        assert (found.version, found.position, found.recorded_at) == (position, position, NOW)
        names.append(found.state.account_name)
    assert names == ["Engines", "Engines", "Looms", "Mills"]


async def test_a_position_of_another_stream_is_a_moment_too(store: Store) -> None:
    one, other = store.account(), store.account()
    await one.append(opened())
    await other.append(opened())
    await one.append(renamed("Mills"))
    found = await store.queries.past(one.id, 4)
    assert found is not None
    assert (found.version, found.position) == (2, 2)


async def test_a_time_includes_what_was_recorded_then(store: Store) -> None:
    account = store.account()
    await account.append(opened(), renamed("Mills"))
    found = await store.queries.past(account.id, NOW)
    assert found is not None
    assert found.version == 3


@pytest.mark.parametrize("kept", [False, True])
async def test_a_stored_state_is_begun_from_and_a_later_one_is_not(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    kept: bool,  # noqa: FBT001 - a case
) -> None:
    monkeypatch.setattr(past, "PAGE", 2)
    account = store.account()
    await account.append(opened(), *[renamed(f"Looms {count}") for count in range(5)])
    account.save_snapshot(kept=kept)
    await account.append(*[renamed(f"Mills {count}") for count in range(5)])
    account.save_snapshot()
    await account.append(renamed("Gears"))
    for position, name in ((7, "Looms 4"), (6, "Looms 3"), (9, "Mills 1"), (12, "Mills 4"), (13, "Gears")):
        found = await store.queries.past(account.id, position)
        assert found is not None
        assert isinstance(found.state, Account)
        assert (found.version, found.state.account_name) == (position, name)


async def test_looking_at_the_past_changes_nothing(store: Store) -> None:
    account = store.account()
    await account.append(opened(), renamed("Mills"))
    found = await store.queries.past(account.id, 2)
    assert found is not None
    again = await store.queries.past(account.id, 3)
    assert again is not None
    assert isinstance(found.state, Account)
    assert isinstance(again.state, Account)
    assert (found.state.account_name, again.state.account_name) == ("Engines", "Mills")


async def test_times_never_run_backwards(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    account = store.account()
    await account.append(opened())
    for time in ("2026-11-22T19:00:00.000Z", "2026-11-22T18:59:59.999Z", "2026-11-22T20:00:00.000Z"):
        for module in (stores, postgresql_stores):
            monkeypatch.setattr(module, "NOW", time)
        await account.append(renamed(time))
    assert [event.recorded_at for event in await account.events()] == [
        *(NOW, NOW),
        *("2026-11-22T19:00:00.000Z", "2026-11-22T19:00:00.000Z", "2026-11-22T20:00:00.000Z"),
    ]

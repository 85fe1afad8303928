"""The keyring: it knows what the last commit left, before anybody is answered, and nothing while it may be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seatkeeper.actors.access.commands import RotateKey
from seatkeeper.http.access.keyring import KeyRecord, Keyring
from seatkeeper.storage.errors import StorageDown
from seatkeeper.storage.memory.queries import MemoryQueries
from tests.access.keyrings import World
from tests.access.past import BACKEND, CREATE, FIRST, LATER, MUCH_LATER, REVOKE, ROTATE, SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seatkeeper.storage.projections.api_keys import ApiKeyRow


@pytest.fixture
async def world() -> World:
    """A keyring that is loaded and empty."""
    world = World()
    await world.keyring.load()
    return world


def found(keyring: Keyring) -> KeyRecord:
    record = keyring.find(BACKEND)
    assert record is not None
    return record


async def test_a_ring_without_keys_holds_none(world: World) -> None:
    assert not world.keyring.holds_keys
    assert world.keyring.find(BACKEND) is None


async def test_a_key_is_found_once_it_is_made(world: World) -> None:
    await world.accept(CREATE)
    assert found(world.keyring) == KeyRecord(
        key_id=BACKEND,
        scopes=frozenset({"plans:read", "accounts:write"}),
        rate_limit=50,
        secrets=((bytes.fromhex(FIRST), None),),
        expires_at=MUCH_LATER,
        revoked=False,
        version=1,
    )


async def test_keys_of_before_are_found_after_a_start(world: World) -> None:
    await world.accept(CREATE, REVOKE)
    started = Keyring(world.journal.queries, world.time)
    await started.load()
    assert started.find(BACKEND) == found(world.keyring)


async def test_a_ring_that_was_never_loaded_finds_nothing(world: World) -> None:
    with pytest.raises(StorageDown):
        Keyring(world.journal.queries, world.time).find(BACKEND)


async def test_a_revocation_holds_before_it_is_answered(world: World) -> None:
    await world.accept(CREATE)
    reply = world.do(REVOKE)
    before = found(world.keyring).revoked
    await reply
    assert (before, found(world.keyring).revoked) == (False, True)


async def test_a_ring_with_a_revoked_key_holds_keys(world: World) -> None:
    await world.accept(CREATE, REVOKE)
    assert world.keyring.holds_keys


async def test_both_secrets_are_held_during_an_overlap(world: World) -> None:
    await world.accept(CREATE, RotateKey(SECOND, MUCH_LATER, LATER))
    assert found(world.keyring).secrets == ((bytes.fromhex(SECOND), None), (bytes.fromhex(FIRST), MUCH_LATER))


async def test_without_an_overlap_only_the_new_secret_is_held(world: World) -> None:
    await world.accept(CREATE, ROTATE)
    assert found(world.keyring).secrets == ((bytes.fromhex(SECOND), None),)


async def test_nothing_is_found_while_the_ring_may_be_wrong(world: World) -> None:
    await world.accept(CREATE)
    world.keyring.forget()
    with pytest.raises(StorageDown):
        world.keyring.find(BACKEND)
    await world.keyring.load()
    assert found(world.keyring).version == 1


async def test_a_ring_that_is_forgotten_stays_closed(world: World) -> None:
    await world.accept(CREATE)
    world.keyring.forget()
    assert world.keyring.holds_keys


async def test_a_doubt_that_comes_while_it_is_loaded_stays(world: World) -> None:
    class Doubted(MemoryQueries):
        async def all_keys(self) -> Sequence[ApiKeyRow]:
            keyring.forget()
            return await super().all_keys()

    keyring = Keyring(Doubted(), world.time)
    await keyring.load()
    assert keyring.stale


async def test_a_row_of_before_does_not_undo_a_revocation(world: World) -> None:
    await world.accept(CREATE)
    (before,) = await world.journal.queries.all_keys()
    await world.accept(REVOKE)
    world.keyring.changed(before)
    assert found(world.keyring).revoked


async def test_who_wants_to_know_is_told_of_each_change(world: World) -> None:
    told: list[str] = []
    world.keyring.on_change(told.append)
    await world.accept(CREATE, ROTATE, REVOKE, REVOKE)
    assert told == [BACKEND] * 3


async def test_the_last_use_is_known_at_once(world: World) -> None:
    await world.accept(CREATE)
    assert world.keyring.last_used_at(BACKEND) is None
    world.now = LATER
    world.keyring.used(BACKEND)
    assert world.keyring.last_used_at(BACKEND) == LATER


async def test_uses_are_handed_out_once_to_be_saved(world: World) -> None:
    await world.accept(CREATE)
    world.keyring.used(BACKEND)
    world.keyring.used(BACKEND)
    uses = world.keyring.take_uses()
    assert (uses, world.keyring.take_uses()) == ([(BACKEND, world.now)], [])
    world.keyring.uses_not_saved(uses)
    assert world.keyring.take_uses() == uses


@pytest.mark.parametrize(("now", "valid"), [(LATER, True), (MUCH_LATER, False)])
async def test_a_key_is_valid_until_it_expires(world: World, now: str, *, valid: bool) -> None:
    await world.accept(CREATE)
    assert found(world.keyring).valid_at(now) is valid


async def test_a_revoked_key_is_not_valid(world: World) -> None:
    await world.accept(CREATE, REVOKE)
    assert not found(world.keyring).valid_at(LATER)

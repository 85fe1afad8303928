"""What every engine keeps of API keys: a summary without hashes, the hashes for the keyring, and the order."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from seatkeeper.storage.observers import Observed
from seatkeeper.storage.postgresql import key_uses as postgresql
from seatkeeper.storage.projections.api_keys import API_KEYS, ApiKeyRow
from seatkeeper.storage.sqlite import key_uses as sqlite
from tests.access.past import AT, FIRST, LATER, MUCH_LATER, SECOND, created, revoked, rotated
from tests.postgresql.stores import PostgresqlStore
from tests.storage.stores import SqliteStore, Store, field, key_id

if TYPE_CHECKING:
    from seatkeeper.storage.projections.view import Deleted, Row


async def test_a_key_is_shown_with_its_version_and_without_hashes(store: Store) -> None:
    await store.api_key(1).append(created(key_id=key_id(1)), rotated(overlap_until=MUCH_LATER))
    found = await store.queries.api_key(key_id(1))
    assert found is not None
    assert found.version == 2
    assert json.loads(found.summary) == {
        "key_id": key_id(1),
        "name": "Backend",
        "scopes": ["plans:read", "accounts:write"],
        "rate_limit": 50,
        "status": "active",
        "created_at": AT,
        "expires_at": MUCH_LATER,
        "last_used_at": None,
        "version": 2,
    }


async def test_a_key_that_was_never_made_is_not_found(store: Store) -> None:
    assert await store.queries.api_key(key_id(1)) is None
    assert await store.queries.api_keys(None, 50) == []
    assert await store.queries.all_keys() == []
    assert await store.queries.key_uses() == {}


async def test_keys_are_listed_oldest_first_and_page_by_page(store: Store) -> None:
    for number in (3, 1, 2):
        await store.api_key(number).append(created(key_id=key_id(number), name=f"key {number}"))
    first = await store.queries.api_keys(None, 2)
    rest = await store.queries.api_keys(int(first[-1].key), 2)
    assert field([*first, *rest], "name") == ["key 3", "key 1", "key 2"]


async def test_the_keyring_gets_the_hashes_of_all_keys(store: Store) -> None:
    await store.api_key(1).append(created(key_id=key_id(1)), rotated(overlap_until=MUCH_LATER))
    await store.api_key(2).append(created(key_id=key_id(2), expires_at=None), revoked())
    one, two = await store.queries.all_keys()
    assert one[4:] == ("plans:read accounts:write", 50, MUCH_LATER, SECOND, FIRST, MUCH_LATER)
    assert (two.status, two.expires_at, two.secret_hash, two.earlier_hash) == ("revoked", None, FIRST, None)


async def test_the_feed_and_the_stream_leave_the_hashes_out(store: Store) -> None:
    key = store.api_key(1)
    await key.append(created(key_id=key_id(1)), rotated())
    for events in (await store.queries.feed(0, 10), await store.queries.stream(key.id, 0, 10)):
        assert [event.type for event in events] == ["key.created", "key.rotated"]
        assert not any(secret in event.data for event in events for secret in (FIRST, SECOND, "secret_hash"))


async def test_who_watches_the_view_is_told_of_a_revocation(store: Store) -> None:
    told: list[Row | Deleted] = []
    assert isinstance(store.journal, Observed)
    store.journal.watch(API_KEYS, told.append)
    await store.api_key(1).append(created(key_id=key_id(1)), revoked())
    assert [ApiKeyRow(*row).status for row in told] == ["revoked"]


async def test_the_last_uses_are_stored_and_written_over(store: Store) -> None:
    many = [(key_id(number), AT) for number in range(1_200)]
    if isinstance(store, SqliteStore):
        save = partial(sqlite.save_uses, store.journal)
    elif isinstance(store, PostgresqlStore):
        save = partial(postgresql.save_uses, store.journal)
    else:
        return  # nothing in memory outlives the keyring
    await save(many)
    await save([(key_id(7), LATER)])
    assert await store.queries.key_uses() == {**dict(many), key_id(7): LATER}

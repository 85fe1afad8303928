"""After a commit of unknown outcome, the keyring knows what is on the disk, and nothing before it has looked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seatkeeper.actors.aggregates.journal import OutcomeUnknown
from seatkeeper.http.access.keyring import Keyring
from seatkeeper.http.access.upkeep import Upkeep
from seatkeeper.storage.errors import StorageDown
from seatkeeper.storage.projections.api_keys import API_KEYS
from tests.access.past import AT, created, revoked
from tests.sqlite.faults import BreakingStore, until
from tests.storage.stores import key_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path


async def save(_uses: Sequence[tuple[str, str]]) -> None:
    """Save nothing."""


@pytest.fixture
async def breaking(tmp_path: Path) -> AsyncIterator[BreakingStore]:
    """A journal with a key, ready to break."""
    made = BreakingStore(tmp_path / "seatkeeper.db")
    async with made.store as store:
        await store.api_key(1).append(created(key_id=key_id(1)))
        yield made


@pytest.fixture
async def keyring(breaking: BreakingStore, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Keyring]:
    """The keyring of that journal, wired as the service wires it."""
    journal = breaking.store.journal
    keyring = Keyring(breaking.store.queries, lambda: AT)
    upkeep = Upkeep(keyring, save)
    journal.watch(API_KEYS, keyring.changed)
    journal.on_reopened(upkeep.reload)
    monkeypatch.setattr(journal, "_on_outcome_unknown", keyring.forget)
    await upkeep.start()
    yield keyring
    await upkeep.stop()


@pytest.mark.parametrize("stored", [True, False], ids=["was stored", "was not stored"])
async def test_a_revocation_of_unknown_outcome_holds_if_it_was_stored(
    breaking: BreakingStore, keyring: Keyring, monkeypatch: pytest.MonkeyPatch, *, stored: bool
) -> None:
    key = breaking.store.api_key(1)
    await key.loaded()
    breaking.breaks(monkeypatch, "COMMIT", after=stored)
    key.state, key.version = await key.loaded(), 1
    revoking = key.append(revoked())
    with pytest.raises(OutcomeUnknown):
        await revoking
    with pytest.raises(StorageDown):
        keyring.find(key_id(1))
    await until(lambda: not keyring.stale)
    record = keyring.find(key_id(1))
    assert record is not None
    assert record.revoked is stored


async def test_a_key_of_unknown_outcome_is_known_if_it_was_stored(
    breaking: BreakingStore, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking.breaks(monkeypatch, "COMMIT", after=True)
    with pytest.raises(OutcomeUnknown):
        await breaking.store.api_key(2).append(created(key_id=key_id(2)))
    await until(lambda: not keyring.stale)
    assert keyring.find(key_id(2)) is not None

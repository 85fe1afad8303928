"""A file that was written by a clock ahead of this one: its times go on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.accounts.past import opened
from tests.storage import stores
from tests.storage.stores import NOW, SqliteStore, renamed

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


async def test_times_never_run_backwards_over_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "seatkeeper.db"
    async with SqliteStore(path) as store:
        await store.account(1).append(opened())
    monkeypatch.setattr(stores, "NOW", "2026-11-21T00:00:00.000Z")
    async with SqliteStore(path) as store:
        await store.account(2).append(opened())
        assert [event.recorded_at for event in await store.queries.feed(0, 10)] == [NOW] * 4
        monkeypatch.setattr(stores, "NOW", "2026-11-23T00:00:00.000Z")
        await store.account(3).append(opened(), renamed("Looms"))
        assert {event.recorded_at for event in await store.queries.feed(4, 10)} == {"2026-11-23T00:00:00.000Z"}

"""A journal on an engine that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.journal import reopening
from seatkeeper.storage.journal.limits import JournalLimits
from tests.journal.scripted import Scripted
from tests.storage.stores import DEADLINE


@pytest.fixture
async def scripted(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> AsyncIterator[Scripted]:
    """An open journal; `parametrize` it indirectly with other limits."""
    monkeypatch.setattr(reopening, "LONGEST_PAUSE", 0.0)
    made = Scripted(getattr(request, "param", JournalLimits(reopenings=2, probe_every=0.005)))
    await made.journal.open()
    yield made
    async with asyncio.timeout(DEADLINE):
        try:
            await made.journal.close()
        except DatabaseRefused:
            assert made.journal.writing.done()
    assert made.engine.released

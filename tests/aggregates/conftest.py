"""A test of aggregates may ask for a directory of accounts, and for the clock of the loop."""

from __future__ import annotations

import pytest
import pytest_asyncio

from tests.aggregates.accounts import Accounts
from tests.event_loop import LoopClock


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


@pytest_asyncio.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> LoopClock:
    return LoopClock(monkeypatch)

"""Every test leaves pykka's registry empty, and may have a house of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pykka
import pytest
import pytest_asyncio

from tests.actors.house import Clock, House


@pytest_asyncio.fixture(autouse=True)
async def _no_actor_stays() -> AsyncIterator[None]:
    yield
    for ref in pykka.ActorRegistry.get_all():  # oldest first: the registry searches its list from there
        ref.stop(block=False)


@pytest.fixture
def house() -> House:
    return House()


@pytest_asyncio.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)

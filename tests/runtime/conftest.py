"""Every test leaves pykka's registry empty."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pykka
import pytest_asyncio


@pytest_asyncio.fixture(autouse=True)
async def _stop_all_actors() -> AsyncIterator[None]:
    yield
    for ref in pykka.ActorRegistry.get_all():  # oldest first: the registry searches its list from there
        ref.stop(block=False)

"""A test of processes may ask for coordinators; it leaves pykka's registry empty."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pykka
import pytest_asyncio

from tests.processes.coordinators import SOLO, TEAM, Coordinators


@pytest_asyncio.fixture
async def coordinators() -> Coordinators:
    coordinators = Coordinators()
    await coordinators.define(TEAM, 2, 3)
    await coordinators.define(SOLO, 1, 1)
    return coordinators


@pytest_asyncio.fixture(autouse=True)
async def _stop_all_actors() -> AsyncIterator[None]:
    yield
    for ref in pykka.ActorRegistry.get_all():
        ref.stop(block=False)

"""Helpers for tests that run on an event loop: give it turns, await in a task, set its clock forward."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import pytest

T = TypeVar("T")


async def turns(count: int = 20) -> None:
    """Let the loop do what is ready."""
    for _ in range(count):
        await asyncio.sleep(0)


def awaiting(future: Awaitable[T]) -> asyncio.Future[T]:
    """Await it in a task."""
    return asyncio.ensure_future(future)


class LoopClock:
    """The clock of the running loop, which a test can set forward."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        self.passed = 0.0
        monkeypatch.setattr(loop, "time", lambda: start + self.passed)

"""What takes long to make and is asked for seldom: made when somebody asks first, and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Makes something on a thread, which ends with it; who asks meanwhile waits for the same."""

    def __init__(self, make: Callable[[], T]) -> None:
        """Make nothing yet."""
        self._make = make
        self._made: asyncio.Future[T] | None = None

    async def __call__(self) -> T:
        """Return what was made; raise what making it has raised, and then try again."""
        if self._made is None or (self._made.done() and self._made.exception() is not None):
            executor = ThreadPoolExecutor(max_workers=1)
            self._made = asyncio.get_running_loop().run_in_executor(executor, self._make)
            executor.shutdown(wait=False)
        return await asyncio.shield(self._made)

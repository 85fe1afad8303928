"""Tests in virtual time: waiting takes none, and the wall clock follows the loop's, except where a test moves it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import ParamSpec

from tests.simulation.clock import VirtualLoop

P = ParamSpec("P")


def in_virtual_time(test: Callable[P, Coroutine[None, None, None]]) -> Callable[P, None]:
    """Run an async test on a loop whose clock jumps to the next timer when no task can run."""

    @functools.wraps(test)
    def run(*arguments: P.args, **named: P.kwargs) -> None:
        loop = VirtualLoop(0.0)
        try:
            loop.run_until_complete(test(*arguments, **named))
        finally:
            loop.close()

    return run

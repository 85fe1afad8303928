"""Shrinking: leave out what the failure does not need."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from tests.simulation.faults import Fault
from tests.simulation.run import Result
from tests.simulation.run import run as one_process
from tests.simulation.steps import Step
from tests.simulation.world import Broken, Script


def shortest(script: Script, broken: Broken, seconds: float, run: Callable[[Script], Result] = one_process) -> Result:
    """Find, in so many seconds at most, a short run of the same script that breaks the same invariant."""
    until = time.monotonic() + seconds
    best = run(script)

    def again(parts: Sequence[Step | Fault]) -> Result:
        return run(_only(script, parts))

    parts: list[Step | Fault] = [*script.steps, *script.faults]
    for client in sorted({step.client for step in script.steps}):
        less = [part for part in parts if not (isinstance(part, Step) and part.client == client)]
        parts, best = _try(again, less, parts, best, broken)
    size = max(1, len(parts) // 2)
    while time.monotonic() < until:
        before = len(parts)
        for start in range((before - 1) // size * size, -1, -size):
            if time.monotonic() < until:
                parts, best = _try(again, parts[:start] + parts[start + size :], parts, best, broken)
        if size == 1 and len(parts) == before:
            break
        size = max(1, size // 2)
    return best


def _try(
    run: Callable[[Sequence[Step | Fault]], Result],
    less: list[Step | Fault],
    parts: list[Step | Fault],
    best: Result,
    broken: Broken,
) -> tuple[list[Step | Fault], Result]:
    result = run(less)
    if result.broken is not None and result.broken.invariant == broken.invariant:
        return less, result
    return parts, best


def _only(script: Script, parts: Sequence[Step | Fault]) -> Script:
    steps = [part for part in parts if isinstance(part, Step)]
    return replace(script, steps=steps, faults=[part for part in parts if isinstance(part, Fault)])

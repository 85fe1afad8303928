"""Shrinking: leave out what the failure does not need."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from tests.simulation.faults import Fault
from tests.simulation.run import Result, run
from tests.simulation.steps import Step
from tests.simulation.world import Broken, Script


def shortest(script: Script, broken: Broken, seconds: float) -> Result:
    """Find, in so many seconds at most, a short run of the same script that breaks the same invariant."""
    until = time.monotonic() + seconds
    best = run(script)
    parts: list[Step | Fault] = [*script.steps, *script.faults]
    for client in sorted({step.client for step in script.steps}):
        less = [part for part in parts if not (isinstance(part, Step) and part.client == client)]
        parts, best = _try(script, less, parts, best, broken)
    size = max(1, len(parts) // 2)
    while time.monotonic() < until:
        before = len(parts)
        for start in range((before - 1) // size * size, -1, -size):
            if time.monotonic() < until:
                parts, best = _try(script, parts[:start] + parts[start + size :], parts, best, broken)
        if size == 1 and len(parts) == before:
            break
        size = max(1, size // 2)
    return best


def _try(
    script: Script, less: list[Step | Fault], parts: list[Step | Fault], best: Result, broken: Broken
) -> tuple[list[Step | Fault], Result]:
    result = run(_only(script, less))
    if result.broken is not None and result.broken.invariant == broken.invariant:
        return less, result
    return parts, best


def _only(script: Script, parts: Sequence[Step | Fault]) -> Script:
    steps = [part for part in parts if isinstance(part, Step)]
    return replace(script, steps=steps, faults=[part for part in parts if isinstance(part, Fault)])

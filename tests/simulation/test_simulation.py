"""The simulation: a seed is always the same run, and no run breaks an invariant."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.simulation.clock import Stuck, VirtualLoop
from tests.simulation.report import report_of
from tests.simulation.run import run
from tests.simulation.world import Script
from tests.suite import pick

ROOT = Path(__file__).resolve().parents[2]
BLOCKS, SEEDS = pick(short=(4, 40), middle=(8, 80), long=(20, 500))


def log_of(seed: int, hash_seed: str) -> bytes:
    """Run a seed in a process of its own, and return its log."""
    command = [sys.executable, "-m", "tests.simulation", "--first", str(seed), "--seeds", "1", "--log"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True, timeout=100).stdout


def test_a_seed_is_the_same_run_to_the_letter_whatever_python_hashes_by() -> None:
    first = log_of(9, "0")
    assert first.count(b"\n") > 50
    assert log_of(9, "1") == first


def test_another_seed_is_another_run() -> None:
    assert run(Script.drawn(1)).digest != run(Script.drawn(2)).digest


@pytest.mark.parametrize("block", range(BLOCKS))
def test_nothing_acknowledged_is_lost_or_done_twice_and_no_limit_is_broken(
    block: int, capsys: pytest.CaptureFixture[str]
) -> None:
    tally: Counter[str] = Counter()
    started = time.monotonic()
    first = 1 + block * SEEDS
    for seed in range(first, first + SEEDS):
        result = run(Script.drawn(seed))
        assert result.broken is None, f"python -m tests.simulation --first {seed} --seeds 1"
        tally += result.tally
        tally["seeds"] += 1
    with capsys.disabled():
        print(f"\nsimulated seeds {first} to {first + SEEDS - 1}\n{report_of(tally, time.monotonic() - started)}")
    often = ("crashes", "duplicates", "timeouts", "idempotency-key-reused", "outcome-unknown")
    assert min(tally[name] for name in often) > 20


def test_waiting_takes_no_time() -> None:
    loop = VirtualLoop(0.0)
    started = time.monotonic()
    loop.run_until_complete(asyncio.sleep(86_400))
    loop.close()
    assert loop.time() == pytest.approx(86_400)
    assert time.monotonic() - started < 5


def test_who_waits_for_nobody_is_noticed() -> None:
    loop = VirtualLoop(0.0)
    forever = loop.create_future()
    with pytest.raises(Stuck):
        loop.run_until_complete(forever)
    loop.close()

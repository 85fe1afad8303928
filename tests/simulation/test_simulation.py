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
from tests.simulation.forms import FORMS, PROCESS, SHARDS, Form
from tests.simulation.report import report_of
from tests.simulation.run import run
from tests.simulation.world import Script
from tests.suite import pick

ROOT = Path(__file__).resolve().parents[2]
BLOCKS, SEEDS = pick(short=(4, 20), middle=(8, 80), long=(20, 500))
SHARDS_BLOCKS, SHARDS_SEEDS = pick(short=(2, 7), middle=(8, 30), long=(20, 200))


def log_of(form: str, seed: int, hash_seed: str) -> bytes:
    """Run a seed in a process of its own, and return its log."""
    command = [sys.executable, *FORMS[form].command(seed).split()[1:], "--log"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True, timeout=100).stdout


@pytest.mark.parametrize("form", FORMS)
def test_a_seed_is_the_same_run_to_the_letter_whatever_python_hashes_by(form: str) -> None:
    first = log_of(form, 9, "0")
    assert first.count(b"\n") > 50
    assert log_of(form, 9, "1") == first


def test_another_seed_is_another_run() -> None:
    assert run(Script.drawn(1)).digest != run(Script.drawn(2)).digest


def run_block(form: Form, block: int, seeds: int, capsys: pytest.CaptureFixture[str]) -> Counter[str]:
    """Run so many seeds, of which none may break an invariant, and return what was counted."""
    tally: Counter[str] = Counter()
    started = time.monotonic()
    first = 1 + block * seeds
    for seed in range(first, first + seeds):
        result = form.run(form.drawn(seed))
        assert result.broken is None, form.command(seed)
        tally += result.tally
        tally["seeds"] += 1
    with capsys.disabled():
        report = report_of(tally, time.monotonic() - started)
        print(f"\n{form.name}: simulated seeds {first} to {first + seeds - 1}\n{report}")
    return tally


@pytest.mark.parametrize("block", range(BLOCKS))
def test_nothing_acknowledged_is_lost_or_done_twice_and_no_limit_is_broken(
    block: int, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = run_block(PROCESS, block, SEEDS, capsys)
    often = ("crashes", "duplicates", "timeouts", "idempotency-key-reused", "outcome-unknown")
    assert min(tally[name] for name in often) > 20


@pytest.mark.parametrize("block", range(SHARDS_BLOCKS))
def test_the_same_holds_with_several_shards_two_owners_of_one_and_messages_that_go_astray(
    block: int, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = run_block(SHARDS, block, SHARDS_SEEDS, capsys)
    assert min(tally[name] for name in ("zombies", "stopped by the fence", "fault: message repeated")) > 0


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

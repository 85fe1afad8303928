"""Making a load from a process of its own, on its own core."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import msgspec

from bench.failure import BenchFailure
from bench.machine import pinned
from bench.orders import Order, Report

TIMEOUT: Final = 150.0
"""Seconds after which a load is given up."""


def make(order: Order, core: int) -> Report:
    """Run the order; any answer but the right one ends the benchmark."""
    with pinned(core):
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.closed_loop"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    try:
        output, errors = process.communicate(msgspec.json.encode(order), timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise BenchFailure(f"a load did not end within {TIMEOUT:.0f} s") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode != 0:
        raise BenchFailure(f"the load generator failed:\n{errors.decode('utf-8', 'replace')[-2000:]}")
    return verified(msgspec.json.decode(output, type=Report))


def verified(report: Report) -> Report:
    """Insist on right answers only."""
    if report.others:
        kinds = ", ".join(f"{count} x {kind}" for kind, count in report.others.items())
        raise BenchFailure(f"beside {report.acknowledged} right answers there were: {kinds}")
    return report

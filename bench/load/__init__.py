"""Make a load from a process of its own, on its own core."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import msgspec

from bench.failure import BenchFailure
from bench.load.orders import Order, Report
from bench.machine import pinned

TIMEOUT: Final = 150.0
"""Seconds that a load may take beside its own."""


def make(order: Order, core: int) -> Report:
    """Run the order; BenchFailure on a wrong answer, and in a closed loop on a refusal."""
    with pinned(core):
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    try:
        output, errors = process.communicate(msgspec.json.encode(order), timeout=TIMEOUT + (order.seconds or 0.0))
    except subprocess.TimeoutExpired:
        raise BenchFailure("a load did not end in time") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode != 0:
        raise BenchFailure(f"the load generator failed:\n{errors.decode('utf-8', 'replace')[-2000:]}")
    return verified(msgspec.json.decode(output, type=Report), refusals=order.pace is not None)


def verified(report: Report, *, refusals: bool) -> Report:
    """Return the report; BenchFailure if it has wrong answers, or refusals where those are not allowed."""
    others = report.wrong if refusals else {**report.wrong, **report.refused}
    if others:
        kinds = ", ".join(f"{count} x {kind}" for kind, count in others.items())
        raise BenchFailure(f"beside {report.acknowledged} right answers there were: {kinds}")
    return report

"""The same load on the bare service by wrk, where it is installed, to check our generator."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from bench.failure import BenchFailure
from bench.machine import pinned

if TYPE_CHECKING:
    from bench.servers import Server
    from bench.setting import Setting

SCRIPT: Final = Path(__file__).with_name("signup.lua")
RATE: Final = re.compile(r"Requests/sec:\s+([\d.]+)")
MEDIAN: Final = re.compile(r"50%\s+([\d.]+)(us|ms|s)\b")
MILLISECONDS: Final = {"us": 0.001, "ms": 1.0, "s": 1000.0}


class CrossCheck(msgspec.Struct, frozen=True):
    """Requests a second, and p50 in ms."""

    rate: float
    p50: float


def cross_check(server: Server, setting: Setting) -> CrossCheck | None:
    """Load with wrk for one round; None where there is no wrk."""
    program = shutil.which("wrk")
    if program is None:
        return None
    amounts = setting.amounts
    seconds = max(1, round(amounts.seconds))
    options = ["-t1", f"-c{amounts.connections}", f"-d{seconds}s", "--latency", "-s", str(SCRIPT)]
    with pinned(setting.cores.load):
        address = f"http://127.0.0.1:{server.port}/v1/signups"
        done = subprocess.run(
            [program, *options, address], capture_output=True, text=True, timeout=seconds + 30, check=False
        )
    rate, median = RATE.search(done.stdout), MEDIAN.search(done.stdout)
    if rate is None or median is None or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise BenchFailure(f"wrk failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return CrossCheck(float(rate[1]), float(median[1]) * MILLISECONDS[median[2]])

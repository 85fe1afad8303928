"""Start a server on its core, wait until it is ready, and stop it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench import processes
from bench.failure import BenchFailure
from bench.machine import pinned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

READY: Final = re.compile(rb"^listening on http://\S+:(\d+)\s*$", re.MULTILINE)
READY_WITHIN: Final = 120.0
STOPPED_WITHIN: Final = 60.0
LOOK_EVERY: Final = 0.0005


class Server:
    """A running server: its port, and how many seconds it took from the start of its process to being ready."""

    def __init__(self, pid: int, port: int, ready_after: float) -> None:
        self.pid = pid
        self.port = port
        self.ready_after = ready_after

    def resident(self) -> int:
        """Give the resident memory of the process, in bytes (`VmRSS`)."""
        for line in Path(f"/proc/{self.pid}/status").read_text("ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise BenchFailure("the server is gone")

    def cpu_seconds(self) -> float:
        """Give the CPU time of all threads of the process since its start, in seconds."""
        process = processes.read(self.pid)
        if process is None:
            raise BenchFailure("the server is gone")
        return process.cpu


def seatkeeper(database: Path | str, program: Sequence[str] = ()) -> list[str]:
    """Give the command line that serves this file or address, with the installed service unless there is another."""
    address = ("--host", "127.0.0.1", "--port", "0")
    return [*(program or installed()), "serve", "--database", str(database), *address, "--starter-plans"]


def cluster(address: str, shards: int) -> list[str]:
    """Give the command line that serves this address with one edge and so many shards, on a Ray of its own."""
    usual = ("--host", "127.0.0.1", "--port", "0", "--starter-plans")
    return [*installed(), "cluster", "--database", address, "--shards", str(shards), "--edges", "1", *usual]


def installed() -> list[str]:
    """Give the installed script, or the module where there is no script."""
    script = Path(sys.executable).with_name("seatkeeper")
    return [str(script)] if script.exists() else [sys.executable, "-m", "seatkeeper.http.cli"]


def installed_in(checkout: Path) -> list[str]:
    """Give the script that `make install` made in another checkout; BenchFailure where there is none."""
    script = checkout.resolve() / ".venv" / "bin" / "seatkeeper"
    if not script.exists():
        raise BenchFailure(f"{script} does not exist: run `make install` in {checkout}")
    return [str(script)]


def bare(*options: str) -> list[str]:
    """Give the command line of the bare service."""
    return [sys.executable, "-m", "bench.bare", *options]


@contextlib.contextmanager
def running(
    command: Sequence[str], core: int, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run a server on one core with its output in `log`, then end it with SIGTERM; BenchFailure unless it exits with 0.

    `environment` is added to the variables of this process.
    """
    began = time.perf_counter()
    variables = {**os.environ, **(environment or {})}
    with log.open("wb") as output, pinned(core):
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=variables
        )
    try:
        port = wait_until_ready(process, log)
        yield Server(process.pid, port, time.perf_counter() - began)
        stop(process, log)
    except BenchFailure as failure:
        if process.poll() is None or failure.server_log:
            raise
        raise failed(process, log, f"ended during the load: {failure}") from failure
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that may still run: with SIGTERM, so that it ends those that it has started, and then hard."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> int:
    """Wait for the line with the address, and give its port."""
    end = time.perf_counter() + READY_WITHIN
    while time.perf_counter() < end:
        found = READY.search(log.read_bytes())
        if found:
            return int(found[1])
        if process.poll() is not None:
            raise failed(process, log, "ended before it was ready")
        time.sleep(LOOK_EVERY)
    raise failed(process, log, f"was not ready within {READY_WITHIN:.0f} s")


def stop(process: subprocess.Popen[bytes], log: Path) -> None:
    """Ask for a graceful stop; BenchFailure unless it exits with 0 in time."""
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(STOPPED_WITHIN)
    except subprocess.TimeoutExpired:
        raise failed(process, log, f"did not stop within {STOPPED_WITHIN:.0f} s") from None
    if code != 0:
        raise failed(process, log, f"ended with code {code}")


def failed(process: subprocess.Popen[bytes], log: Path, what: str) -> BenchFailure:
    """Describe the failure, with the last lines of the server's log."""
    last = log.read_text("utf-8", "replace").splitlines()[-20:]
    return BenchFailure("\n".join([f"{command_of(process)} {what}", *last]), server_log=True)


def command_of(process: subprocess.Popen[bytes]) -> str:
    """Give the command line that started a process."""
    return process.args if isinstance(process.args, str) else " ".join(map(str, process.args))  # type: ignore[arg-type]

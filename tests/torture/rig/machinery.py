"""What the faults are made with: strace, private mounts, and the figures of a process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, Self

import pytest

from tests.service import Service, command_line

LAUNCHER = Path(__file__).with_name("launcher.py")
ATTACH_DEADLINE = 20.0


def planted(*plants: str) -> list[str]:
    """The command line of the service with these plants in it."""
    return [sys.executable, "-P", str(LAUNCHER), ",".join(plants)]


def need(*programs: str, root: bool = False, path: str | None = None, modules: Sequence[str] = ()) -> None:
    """Skip the test, and say so, where it cannot be done; `path` is where programs are looked for, else PATH."""
    missing = [program for program in programs if shutil.which(program, path=path) is None]
    missing += [f"the package {module}" for module in modules if find_spec(module) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    if root and os.geteuid() != 0:
        pytest.skip("needs root")


def eventually(holds: Callable[[], bool], deadline: float, what: str | Callable[[], str]) -> None:
    """Poll until this is true."""
    end = time.monotonic() + deadline
    while not holds():
        if time.monotonic() > end:
            pytest.fail(f"not within {deadline:.0f} s: {what if isinstance(what, str) else what()}")
        time.sleep(0.02)


class Footprint(NamedTuple):
    """What a process holds: resident bytes, threads and open files."""

    resident: int
    threads: int
    files: int

    @classmethod
    def of(cls, pid: int) -> Self:
        """What it holds now."""
        fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines())
        resident = int(fields["VmRSS"].split()[0]) * 1024
        return cls(resident, int(fields["Threads"]), len(list(Path(f"/proc/{pid}/fd").iterdir())))

    def back_at(self, base: Footprint, *, megabytes: int = 64) -> bool:
        """Whether this is what it was, apart from memory that the allocator holds, and a log that a reader opened."""
        memory = self.resident <= base.resident + megabytes * 1_048_576
        return memory and self.threads <= base.threads and self.files <= base.files + 2


def at_rest(service: Service) -> Footprint:
    """What the process holds while nobody asks for anything but this."""
    service.get("/readyz")
    return Footprint.of(service.pid)


def is_back(service: Service, base: Footprint, *, megabytes: int = 64) -> None:
    """Wait until the process holds no more than it did (I7), and nothing is under way in it."""
    eventually(
        lambda: at_rest(service).back_at(base, megabytes=megabytes) and nothing_under_way(service),
        60,
        lambda: f"it held {base}, and now {at_rest(service)}; nothing under way: {nothing_under_way(service)}",
    )


def nothing_under_way(service: Service) -> bool:
    """Whether all queues are empty, but for the request that asks."""
    gauges = {"requests_in_flight": 1, "journal_waiting": 0, "inbox_messages": 0}
    return all(gauge(service, f"seatkeeper_{name}") <= idle for name, idle in gauges.items())


def gauge(service: Service, name: str) -> float:
    """A metric without labels."""
    lines = service.get("/metrics").text.splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"{name} "))


class Strace:
    """strace, attached to all threads of a running service, with one injection; leaving the block detaches it."""

    def __init__(self, service: Service, injection: str) -> None:
        self._service, self._injection = service, injection

    def __enter__(self) -> Self:
        calls = self._injection.split(":")[0]
        arguments = ["-f", "-qq", "-e", f"trace={calls}", "-e", "signal=none", "-e", f"inject={self._injection}"]
        self._log = self._service.database.with_name("strace.log")
        self._process = subprocess.Popen(
            ["strace", *arguments, "-o", str(self._log), "-p", str(self._service.pid)], stderr=subprocess.DEVNULL
        )
        eventually(self._attached, ATTACH_DEADLINE, "strace is attached")
        return self

    def _attached(self) -> bool:
        if not self._service.running:
            return True  # it writes by itself too, and the injection may have ended it already
        threads = Path(f"/proc/{self._service.pid}/task").iterdir()
        return all("TracerPid:\t0" not in (thread / "status").read_text("utf-8") for thread in threads)

    def __exit__(self, *_: object) -> None:
        self.detach()

    def detach(self) -> None:
        """Inject no more: strace counts the calls of each thread anew, and each try to open a file has a new one."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        self._process.wait(ATTACH_DEADLINE)

    def injections(self) -> int:
        """How often it has injected."""
        return self._log.read_text("utf-8", "replace").count("(INJECTED)")


class Mounts:
    """A mount namespace of its own: what is mounted in it vanishes with it, however the test ends."""

    def __enter__(self) -> Self:
        need("unshare", "nsenter", root=True)
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", "echo ready; read end"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != b"ready\n":
            pytest.skip("needs a mount namespace")
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.communicate(b"\n", ATTACH_DEADLINE)

    @property
    def prefix(self) -> list[str]:
        """What a command line begins with that is to run in here."""
        return ["nsenter", "--mount", f"--target={self._holder.pid}", f"--wdns={Path.cwd()}", "--"]

    def run(self, *command: str) -> str:
        """Run a command in here; what it printed."""
        done = subprocess.run([*self.prefix, *command], check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def mount(self, *arguments: str) -> None:
        """Mount something, or skip the test where that is not allowed."""
        done = subprocess.run(
            [*self.prefix, "mount", *arguments], check=False, capture_output=True, text=True, timeout=60
        )
        if done.returncode != 0:
            pytest.skip(f"cannot mount {' '.join(arguments)}: {done.stderr.strip()}")

    def path_from_here(self, path: Path) -> Path:
        """The path of a file in here for a process that is not."""
        return Path(f"/proc/{self._holder.pid}/root{path}")

    def program(self, plants: Sequence[str] = ()) -> list[str]:
        """The command line of the service in here."""
        return [*self.prefix, *(planted(*plants) if plants else command_line())]

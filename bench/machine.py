"""The machine that the figures belong to, and which core does what."""

from __future__ import annotations

import contextlib
import os
import platform
import sqlite3
import subprocess
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from bench.failure import BenchFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

LIBRARIES: Final = ("aiohttp", "msgspec", "pykka", "aiosqlite", "uvloop")
PROBE_SECONDS: Final = 0.5


class Cores(msgspec.Struct, frozen=True):
    """The core of the server and the core of the load."""

    server: int
    load: int


class Machine(msgspec.Struct, frozen=True):
    """Names and versions, and how busy the machine was before.

    `synced_writes` is how many 4 KiB writes with an fdatasync each the disk does a second, `load_average` that of the
    minute before.
    """

    date: str
    cpu: str
    cores: int
    system: str
    python: str
    sqlite: str
    libraries: dict[str, str]
    file_system: str
    synced_writes: float
    load_average: float


def two_cores() -> Cores:
    """Take the first and the last usable core: they are the least likely to share a physical core."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise BenchFailure("the benchmark needs two cores: one for the server, one for the load")
    return Cores(usable[0], usable[-1])


@contextlib.contextmanager
def pinned(*cores: int) -> Iterator[None]:
    """Stay on these cores; a process that is started in the block inherits them from its first instruction."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def describe(directory: Path) -> Machine:
    """Describe this machine, and the disk below `directory`."""
    return Machine(
        date=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        cpu=cpu_model(),
        cores=os.cpu_count() or 0,
        system=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        sqlite=sqlite3.sqlite_version,
        libraries={name: version(name) for name in LIBRARIES},
        file_system=file_system(directory),
        synced_writes=synced_writes(directory),
        load_average=os.getloadavg()[0],
    )


def commit(directory: Path) -> str:
    """Give what git calls the commit in this directory, with `-dirty` where files differ from it."""
    command = ["git", "-C", str(directory), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except FileNotFoundError:
        return "unknown"
    return done.stdout.strip() or "unknown"


def version(library: str) -> str:
    """Give the installed version of a library."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "not installed"


def cpu_model() -> str:
    """Read the processor's name."""
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def file_system(directory: Path) -> str:
    """Give the type of the file system that holds `directory`: that of the longest mount point above it."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    above = [(len(point), kind) for point, kind in mounts if directory.resolve().is_relative_to(point)]
    return max(above)[1]


def synced_writes(directory: Path) -> float:
    """Measure how many synced writes a second the disk makes: each commit of a durable service waits for one."""
    probe = directory / "synced-writes"
    page = bytes(4096)
    count = 0
    with probe.open("wb", buffering=0) as file:
        end = time.perf_counter() + PROBE_SECONDS
        while time.perf_counter() < end:
            file.write(page)
            os.fdatasync(file.fileno())
            count += 1
    probe.unlink()
    return count / PROBE_SECONDS

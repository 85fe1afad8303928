"""Processes by their ids: whose children they are, how they were started, and the CPU time that they used."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TICKS: Final = os.sysconf("SC_CLK_TCK")
"""Units a second in which the kernel counts CPU time: 10 ms each on most machines."""


class Process(NamedTuple):
    """A process: seconds of CPU time of all its threads, and of its children that have ended."""

    pid: int
    parent: int
    command: str
    cpu: float
    ended: float


def read(pid: int) -> Process | None:
    """Look at a process; None if it is gone."""
    folder = Path(f"/proc/{pid}")
    try:
        fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return None
    own, own_system, ended, ended_system = map(int, fields[11:15])
    return Process(pid, int(fields[1]), command, (own + own_system) / TICKS, (ended + ended_system) / TICKS)


def family(root: int) -> list[Process]:
    """Look at a process and at all that it and its children have started; the process itself comes first."""
    return list(descended(root, everything()))


def everything() -> Iterator[Process]:
    """Look at all processes of this machine."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (found := read(int(folder.name))) is not None:
            yield found


def descended(root: int, processes: Iterable[Process]) -> Iterator[Process]:
    """Choose a process and its descendants."""
    found = list(processes)
    children: dict[int, list[Process]] = {}
    for process in found:
        children.setdefault(process.parent, []).append(process)
    waiting = [process for process in found if process.pid == root]
    while waiting:
        process = waiting.pop(0)
        yield process
        waiting += children.get(process.pid, [])

"""Checkpoints and garbage collections of the service while it is loaded.

Each checkpoint that restarts the log increments a number in the log's header, which is read from the file at no cost to
the service. Collections are one of the service's metrics.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from bench.client import counter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.servers import Server

LOOK_EVERY: Final = 0.02
ASK_EVERY: Final = 50
"""Looks between two reads of the metrics, each of which takes the service about a millisecond."""

COLLECTIONS: Final = "seatkeeper_collections_total"
SEQUENCE: Final = 12
"""Offset of the number of checkpoints in the header of the log: https://www.sqlite.org/fileformat2.html#walformat."""


class Watched(msgspec.Struct):
    """The times of both, in seconds of the machine's monotonic clock: checkpoints to 0.02 s, collections to 1 s."""

    checkpoints: list[float]
    collections: list[float]


@contextmanager
def watching(server: Server, database: Path) -> Iterator[Watched]:
    """Watch until the end of the block."""
    watched, stop = Watched([], []), threading.Event()
    watcher = threading.Thread(target=watch, args=(server, database, watched, stop))
    watcher.start()
    try:
        yield watched
    finally:
        stop.set()
        watcher.join()


def watch(server: Server, database: Path, watched: Watched, stop: threading.Event) -> None:
    """Look until `stop` is set."""
    seen, collections = checkpoints(database), counter(server, COLLECTIONS)
    looks = 0
    while not stop.wait(LOOK_EVERY):
        looks += 1
        if (now := checkpoints(database)) != seen:
            watched.checkpoints.append(time.monotonic())
            seen = now
        if looks % ASK_EVERY == 0 and (total := counter(server, COLLECTIONS)) != collections:
            watched.collections.append(time.monotonic())
            collections = total


def checkpoints(database: Path) -> int:
    """Read how often the log was restarted; 0 while it is empty."""
    descriptor = os.open(database.with_name(f"{database.name}-wal"), os.O_RDONLY)
    try:
        return int.from_bytes(os.pread(descriptor, 4, SEQUENCE), "big")
    finally:
        os.close(descriptor)

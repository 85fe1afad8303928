"""What is told to appends: that they are committed, or why they are not."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from seatkeeper.actors.aggregates.journal import NotStored, StreamDamaged
from seatkeeper.storage.journal.writes import QueuedWrite

logger = logging.getLogger(__name__)


class BatchRejected(NotStored):
    """One append of the batch cannot be stored, so nothing of the batch was; the others can be stored without it."""


class PageUnreadable(BatchRejected):
    """A page that this append needs cannot be read, but others can be written: nothing was stored."""


class StreamUnwritable(PageUnreadable, StreamDamaged):
    """A page that this append needs is damaged, but others can be written: nothing was stored."""


def acknowledge(writes: Iterable[QueuedWrite]) -> None:
    """Tell the appends of a batch that they are committed; an answer that fails holds up no other."""
    for write in writes:
        if write.append is not None:
            try:
                write.append.committed(write.position)
            except Exception:
                logger.exception("an answer failed after its commit", extra={"stream_id": write.stream_id})


def fail_all(writes: Iterable[QueuedWrite], error: Exception) -> None:
    """Report this error to all appends."""
    for write in writes:
        if write.append is not None:
            write.append.failed(error)

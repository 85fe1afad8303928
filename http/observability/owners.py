"""How the owner of a journal shows how it is doing."""

from __future__ import annotations

from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.http.observability.metrics import Metrics
from seatkeeper.storage.journal.batching import BatchingJournal


def show_owner(metrics: Metrics, directory: Directory, journal: BatchingJournal) -> None:
    """Show how the owner of a journal is doing."""
    gauge, counter = metrics.gauge, metrics.counter
    gauge("seatkeeper_live_actors", "Aggregates in memory.", lambda: len(directory))
    gauge("seatkeeper_inbox_messages", "Messages that wait in inboxes.", directory.waiting)
    gauge("seatkeeper_journal_waiting", "Appends that wait for a commit.", lambda: len(journal))
    counter("seatkeeper_activations", "Actors that were activated.", lambda: directory.activations)
    counter("seatkeeper_passivations", "Idle actors that were passivated.", lambda: directory.passivations)
    counter("seatkeeper_batches_refused", "Batches surely not stored.", lambda: journal.refused)
    counter("seatkeeper_batches_failed", "Batches of unknown outcome.", lambda: journal.failed)
    counter("seatkeeper_reopenings", "Times the file was opened again.", lambda: journal.reopened)

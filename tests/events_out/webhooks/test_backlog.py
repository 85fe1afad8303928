"""What is still to be delivered: which events may be sent, and what the store is told."""

from __future__ import annotations

from collections.abc import Iterable

from seatkeeper.http.events_out.webhooks.backlog import Backlog, Entry
from seatkeeper.storage.queries import StoredEvent


def events(*streams: str, after: int = 0) -> list[StoredEvent]:
    """One event of each of these streams."""
    return [
        StoredEvent(position, stream, 1, "member.added", "", "{}", None)
        for position, stream in enumerate(streams, after + 1)
    ]


def backlog_of(*streams: str) -> Backlog:
    """A backlog that has read these."""
    backlog = Backlog(0)
    backlog.read(events(*streams), len(streams), now=1.0)
    return backlog


def taken(backlog: Backlog) -> list[Entry]:
    """Take all that may be sent now."""
    return list(iter(backlog.take, None))


def positions(entries: Iterable[Entry]) -> list[int]:
    return [entry.position for entry in entries]


def test_the_first_event_of_each_stream_may_be_sent() -> None:
    backlog = backlog_of("a", "b", "a", "c", "b")
    assert positions(taken(backlog)) == [1, 2, 4]


def test_the_next_one_may_be_sent_when_the_first_is_delivered() -> None:
    backlog = backlog_of("a", "b", "a")
    first, _ = taken(backlog)
    backlog.delivered(first)
    assert positions(taken(backlog)) == [3]


def test_the_position_is_that_before_the_oldest_that_is_under_way() -> None:
    backlog = backlog_of("a", "b", "c")
    one, two, three = taken(backlog)
    backlog.delivered(three)
    assert backlog.position == 0
    backlog.delivered(one)
    assert backlog.position == 1
    backlog.delivered(two)
    assert backlog.position == 3


def test_what_failed_and_what_is_behind_it_goes_to_the_store_and_lets_the_position_on() -> None:
    backlog = backlog_of("a", "a", "b")
    failed, other = taken(backlog)
    backlog.failed(failed, 1.0, 6.0)
    backlog.delivered(other)
    changes = backlog.changes()
    assert (changes.position, positions(changes.waiting), changes.done) == (3, [1, 2], [])
    assert not backlog.has_changes


def test_what_is_read_later_of_a_stream_that_waits_waits_too() -> None:
    backlog = backlog_of("a")
    (failed,) = taken(backlog)
    backlog.failed(failed, 1.0, 6.0)
    backlog.read(events("a", "b", after=1), 3, now=2.0)
    assert positions(taken(backlog)) == [3]
    assert sorted(backlog.waiting) == [1, 2]


def test_what_failed_may_be_sent_again_when_it_is_due() -> None:
    backlog = backlog_of("a", "b")
    one, two = taken(backlog)
    backlog.failed(one, 1.0, 6.0)
    backlog.failed(two, 1.0, 8.0)
    assert backlog.move_due(5.9) == 6.0
    assert taken(backlog) == []
    assert backlog.move_due(6.0) == 8.0
    assert taken(backlog) == [one]
    assert backlog.move_due(9.0) is None


def test_what_was_in_the_store_and_is_delivered_is_taken_out_of_it() -> None:
    backlog = backlog_of("a", "a")
    (failed,) = taken(backlog)
    backlog.failed(failed, 1.0, 6.0)
    backlog.changes()
    backlog.move_due(6.0)
    backlog.delivered(*taken(backlog))
    assert backlog.changes().done == [1]
    backlog.delivered(*taken(backlog))
    assert backlog.changes().done == [2]


def test_what_never_came_into_the_store_is_not_taken_out_of_it() -> None:
    backlog = backlog_of("a")
    (failed,) = taken(backlog)
    backlog.failed(failed, 1.0, 6.0)
    backlog.move_due(6.0)
    backlog.delivered(*taken(backlog))
    assert backlog.changes() == (1, [], [])


def test_all_that_waits_is_due_at_once_when_the_endpoint_is_back() -> None:
    backlog = backlog_of("a", "b", "a")
    for failed, due in zip(taken(backlog), (900.0, 60.0), strict=True):
        backlog.failed(failed, 1.0, due)
    backlog.hurry(10.0)
    backlog.move_due(10.0)
    assert sorted(positions(taken(backlog))) == [1, 2]


def restored(read_to: int, *waiting: tuple[int, str]) -> Backlog:
    """A backlog after a crash, with this in the store."""
    backlog = Backlog(read_to)
    backlog.restore([Entry(position, stream, next_at=1.0) for position, stream in waiting])
    return backlog


def test_after_a_crash_what_was_delivered_before_what_waits_is_not_sent_behind_it() -> None:
    backlog = restored(0, (3, "a"))
    backlog.move_due(1.0)
    backlog.delivered(*taken(backlog))
    backlog.read(events("a", "b", "a", "a"), 4, now=2.0)
    assert positions(taken(backlog)) == [2, 4]


def test_after_a_crash_a_stream_goes_on_behind_what_waits() -> None:
    backlog = restored(3, (1, "a"), (3, "a"))
    backlog.read(events("a", after=3), 4, now=2.0)
    sent = []
    backlog.move_due(2.0)
    while entries := taken(backlog):
        sent += positions(entries)
        backlog.delivered(*entries)
    assert sent == [1, 3, 4]
    assert backlog.changes() == (4, [], [1, 3])

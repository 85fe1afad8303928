"""A backup that is served is another journal, and whoever has read further than it is told so."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

from tests.contract.following import follow
from tests.contract.given import a_customer, feed
from tests.contract.shapes import FeedPage, answer, position_of, problem
from tests.service import Service, run_to_its_end

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.given import Customer


def journal_of(service: Service) -> str:
    """Ask for the id of the journal."""
    return answer(service.get("/v1/events", limit=1), 200, FeedPage).journal_id


def grow(customer: Customer, position: int) -> None:
    """Add credit until the journal has this position."""
    while position_of(customer.credit(1)) < position:
        pass


def restore(service: Service, copy: Path) -> None:
    """Stop the service, put a backup in the place of its file, and start it."""
    service.stop()
    for end in ("", "-wal", "-shm"):
        service.database.with_name(service.database.name + end).unlink(missing_ok=True)
    shutil.copy(copy, service.database)
    service.start()


def test_a_consumer_that_was_ahead_of_a_backup_learns_of_it(service: Service, tmp_path: Path) -> None:
    customer, copy = a_customer(service), tmp_path / "copy.db"
    grow(customer, 400)
    assert run_to_its_end("backup", "--database", str(service.database), str(copy)).status == 0
    grow(customer, 500)
    ours = journal_of(service)
    restore(service, copy)
    grow(customer, 600)
    theirs = journal_of(service)
    assert theirs != ours

    for path in ("/v1/events", "/v1/events/stream"):
        response = service.get(path, after=500, journal_id=ours)
        problem(response, 409, "journal-replaced")
        assert (response.json()["journal_id"], response.json()["last_shared_position"]) == (theirs, 400)
    again = answer(service.get("/v1/events", after=400, limit=200, journal_id=theirs), 200, FeedPage)
    assert [event.position for event in again.items] == list(range(401, 601))


def test_a_consumer_that_was_not_ahead_goes_on(service: Service, tmp_path: Path) -> None:
    customer, copy = a_customer(service), tmp_path / "copy.db"
    assert run_to_its_end("backup", "--database", str(service.database), str(copy)).status == 0
    ours, last = journal_of(service), feed(service)[-1].position
    restore(service, copy)
    position = position_of(customer.credit(1))
    page = answer(service.get("/v1/events", after=last, journal_id=ours), 200, FeedPage)
    assert [event.position for event in page.items] == [position]
    with follow(service, {"Last-Event-ID": str(last)}, journal_id=ours) as stream:
        assert stream.take(1)[0].id == position


def test_a_restart_and_a_crash_keep_the_journal(service: Service) -> None:
    journal_id = journal_of(service)
    service.restart()
    assert journal_of(service) == journal_id
    service.kill()
    service.start()
    assert journal_of(service) == journal_id


def test_a_stop_ends_a_stream_at_once_and_it_goes_on_after_the_start(service: Service) -> None:
    customer = a_customer(service)
    with follow(service) as stream:
        position = position_of(customer.credit(1))
        assert stream.take(1)[0].id == position
        service.terminate()
        assert stream.ended()
        assert service.wait() == 0
    service.start()
    after = position_of(customer.credit(2))
    with follow(service, {"Last-Event-ID": str(position)}) as stream:
        assert stream.take(1)[0].id == after


def test_one_reader_too_many_is_refused(database: Path) -> None:
    with ExitStack() as stack:
        service = stack.enter_context(Service(database, "--stream-readers", "2"))
        for _ in range(2):
            stack.enter_context(follow(service, after=0)).take(1)
        response = service.get("/v1/events/stream")
        problem(response, 503, "overloaded")
        assert response.headers["Retry-After"]

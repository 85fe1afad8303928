"""Events that were damaged on the disk: they are not returned, and the problem has their position."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.given import a_customer
from tests.contract.shapes import FeedPage, answer, problem
from tests.service import Service
from tests.storage.stores import run

if TYPE_CHECKING:
    from pathlib import Path

DAMAGES = {
    "no JSON": "UPDATE events SET data = substr(data, 2) WHERE position = ?",
    "a flipped byte": "UPDATE events SET data = replace(data, 'a', 'b') WHERE position = ?",
    "no text": "UPDATE events SET data = CAST(x'ff' AS TEXT) || data WHERE position = ?",
}


def test_a_damaged_event_is_not_returned_and_the_problem_has_its_position(tmp_path: Path) -> None:
    with Service(tmp_path / "seatkeeper.db") as service:
        damaged, sound = a_customer(service), a_customer(service)
        position = damaged.events()[1].position
        service.stop()
        pristine = service.database.read_bytes()
        for name, change in DAMAGES.items():
            service.database.write_bytes(pristine)
            run(service.database, change, position)
            service.start()
            for path in (f"{damaged.path}/events", "/v1/events"):
                found = problem(service.get(path), 500, "stream-damaged")
                assert f"event {position} of the journal does not match its checksum" in found.detail, name
            assert [event.version for event in sound.events()] == [1, 2]
            behind = answer(service.get("/v1/events", after=position), 200, FeedPage)
            assert behind.items[0].position == position + 1
            service.stop()


def test_an_event_that_is_gone_is_reported_and_not_skipped(tmp_path: Path) -> None:
    with Service(tmp_path / "seatkeeper.db") as service:
        gone = a_customer(service).events()[0].position
        service.stop()
        run(service.database, "DELETE FROM events WHERE position = ?", gone)
        service.start()
        found = problem(service.get("/v1/events"), 500, "stream-damaged")
        assert f"there is no event at position {gone}" in found.detail

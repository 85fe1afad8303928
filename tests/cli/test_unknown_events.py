"""A service does not start on a file with an event that it does not know, and leaves the file as it is."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.service import LOOPBACK, Ended, run_to_its_end

if TYPE_CHECKING:
    from pathlib import Path

FOREIGN = (
    "INSERT INTO events SELECT max(position) + 1, 'seat-1', 1, 'seat.exploded', '2026-11-25T02:20:00.000Z',"
    " '{}', 0, NULL"
    " FROM events"
)


@pytest.fixture
def database(stopped: Path) -> Path:
    """A file that a service left, with an event of an unknown type in it."""
    with closing(sqlite3.connect(stopped)) as connection, connection:
        connection.execute(FOREIGN)
    return stopped


def served(database: Path) -> Ended:
    return run_to_its_end("serve", "--database", str(database), *LOOPBACK, "--starter-plans")


def test_it_ends_with_a_sentence_that_names_the_event_and_both_versions(database: Path) -> None:
    ended = served(database)
    assert (ended.status, ended.output) == (1, "")
    assert re.fullmatch(
        r"seatkeeper: \S+ has an event of type 'seat\.exploded' \(position \d+, seat-1, version 1\), which is unknown"
        r" to this program: seatkeeper \S+, schema version 4; the file has schema version 4\n",
        ended.errors,
    )


def test_it_writes_nothing(database: Path) -> None:
    before = database.read_bytes()
    served(database)
    assert database.read_bytes() == before


def test_verify_names_it_too(database: Path) -> None:
    ended = run_to_its_end("verify", "--database", str(database))
    assert ended.status == 1
    assert re.search(r"event \d+ \(seat-1, version 1\) does not match its checksum", ended.output)

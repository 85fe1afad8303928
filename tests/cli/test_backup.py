"""`seatkeeper backup`: copies of a service under load, and how one is restored."""

from __future__ import annotations

import re
import shutil
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests import suite
from tests.contract.given import a_customer, feed
from tests.service import Service, run_to_its_end

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def load(service: Service) -> Iterator[list[int]]:
    """Add credit to an account all the time, and list the positions that were acknowledged."""
    customer = a_customer(service)
    acknowledged: list[int] = []
    ended = threading.Event()

    def add() -> None:
        while not ended.is_set() and len(acknowledged) < 20_000:
            response = customer.credit(1)
            assert response.status_code == 200
            acknowledged.append(int(response.headers["Seatkeeper-Position"]))

    thread = threading.Thread(target=add)
    thread.start()
    try:
        yield acknowledged
    finally:
        ended.set()
        thread.join(30)


@suite.thorough
def test_every_copy_under_load_is_whole_and_holds_what_was_acknowledged(service: Service, tmp_path: Path) -> None:
    with load(service) as acknowledged:
        for number in range(suite.pick(short=2, middle=5, long=30)):
            while not acknowledged:
                assert service.running
            before = len(acknowledged)
            copy = tmp_path / f"copy{number}.db"
            saved = run_to_its_end("backup", "--database", str(service.database), str(copy))
            assert (saved.status, saved.errors) == (0, "")
            verified = run_to_its_end("verify", "--database", str(copy))
            assert verified.status == 0, verified.output
            events = re.search(r"([\d,]+) events", verified.output)
            assert events is not None
            assert int(events[1].replace(",", "")) >= acknowledged[before - 1]
    assert service.running


def test_a_copy_that_was_put_back_is_served(service: Service, database: Path, tmp_path: Path) -> None:
    customer = a_customer(service)
    before = (customer.account(), feed(service))
    copy = tmp_path / "copy.db"
    assert run_to_its_end("backup", "--database", str(database), str(copy)).status == 0
    customer.credit(1)
    service.stop()
    for name in (database.name, f"{database.name}-wal", f"{database.name}-shm"):
        database.with_name(name).unlink(missing_ok=True)
    shutil.copy(copy, database)
    service.start()
    assert (customer.account(), feed(service)) == before


def test_it_prints_what_it_made(service: Service, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    saved = run_to_its_end("backup", "--database", str(service.database), str(copy))
    assert saved.output.splitlines()[0] == f"{copy}: {copy.stat().st_size:,} bytes"


def test_the_file_comes_from_the_environment(service: Service, tmp_path: Path) -> None:
    environment = {"SEATKEEPER_DATABASE": str(service.database)}
    assert run_to_its_end("backup", str(tmp_path / "copy.db"), environment=environment).status == 0


def test_what_is_there_is_not_written_over(service: Service, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_text("precious")
    saved = run_to_its_end("backup", "--database", str(service.database), str(copy))
    assert (saved.status, saved.errors) == (1, f"seatkeeper: {copy} already exists\n")
    assert copy.read_text() == "precious"


def test_what_is_not_there_is_not_copied(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.db"
    saved = run_to_its_end("backup", "--database", str(missing), str(tmp_path / "copy.db"))
    assert (saved.status, saved.errors) == (1, f"seatkeeper: {missing} does not exist\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [(), ("copy.db",), ("--database", "seatkeeper.db")])
def test_called_wrongly_it_has_status_two(arguments: tuple[str, ...]) -> None:
    assert run_to_its_end("backup", *arguments).status == 2

"""An import that was cut off is run again: each account is there once."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.cli.accounts.commands import Told, a_row, accounts, told, write_lines
from tests.service import Service, clean_environment, command_line, run_to_its_end
from tests.torture.rig.machinery import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COUNT, BEGUN = 300, 30


def count(database: Path, name: str) -> tuple[int, int, int]:
    """The accounts whose names begin so, their different names, and their members in the file."""
    names = "FROM accounts WHERE name LIKE ? || '%'"
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        ((accounts, different),) = connection.execute(f"SELECT count(*), count(DISTINCT name) {names}", [name])
        members = f"SELECT count(*) FROM members WHERE account_id IN (SELECT account_id {names})"
        ((people,),) = connection.execute(members, [name])
    return accounts, different, people


def many(folder: Path, name: str) -> Path:
    """A file with many accounts of three members each."""
    people = [{"name": person} for person in ("Ada", "Bob", "Eve")]
    return write_lines(folder / "many.jsonl", *(a_row(f"{name} {number}", *people) for number in range(COUNT)))


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """Have programs that are started take Ctrl-C, also where a shell made this one ignore it, as it does for jobs."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=lambda how: how.name)
def test_an_import_that_was_cut_off_is_done_once(shared: Service, tmp_path: Path, how: signal.Signals) -> None:
    name, path = how.name.lower(), many(tmp_path, how.name)
    command = command_line("import", str(path), "--url", shared.url, "--at-once", "2", "--json")
    with subprocess.Popen(command, env=clean_environment(), stdout=subprocess.PIPE) as process:
        eventually(lambda: count(shared.database, name)[0] > BEGUN, 30, "it has begun")
        process.send_signal(how)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == {signal.SIGKILL: -9, signal.SIGINT: 130}[how]
    assert (b'"error":"interrupted: the same command goes on' in output) == (how is signal.SIGINT)
    assert count(shared.database, name)[0] < COUNT
    found = told(path, shared)
    assert (found.accounts, found.members, found.failed) == (COUNT, 3 * COUNT, 0)
    assert found.repeated > BEGUN
    assert count(shared.database, name) == (COUNT, COUNT, 3 * COUNT)


def test_a_service_that_was_killed_meanwhile_has_each_account_once(database: Path, tmp_path: Path) -> None:
    path = many(tmp_path, "Customer")
    with Service(database) as service:
        command = command_line("import", str(path), "--url", service.url, "--patience", "0.2", "--json")
        with subprocess.Popen(command, env=clean_environment(), stdout=subprocess.PIPE) as process:
            eventually(lambda: count(database, "customer")[0] > BEGUN, 30, "it has begun")
            service.kill()
            output, _ = process.communicate(timeout=30)
        assert process.returncode == 1
        assert "has not answered" in str(msgspec.json.decode(output, type=dict[str, object])["error"])
        service.start()
        assert told(path, service).accounts == COUNT
        assert count(database, "customer") == (COUNT, COUNT, 3 * COUNT)
    assert run_to_its_end("verify", "--database", str(database)).status == 0


def test_rows_may_be_sorted_and_added_to_before_it_is_run_again(shared: Service, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "some.jsonl", *(a_row(name) for name in ("Sorted A", "Sorted B", "Sorted B")))
    assert told(path, shared).accounts == 3
    path = write_lines(
        tmp_path / "some.jsonl", *(a_row(name) for name in ("Sorted B", "Sorted C", "Sorted B", "Sorted A"))
    )
    found = told(path, shared)
    assert (found.accounts, found.repeated) == (4, 3)
    assert sorted(str(account["account_name"]) for account in accounts(shared, q="Sorted")) == [
        f"Sorted {name}" for name in "ABBC"
    ]


def test_what_a_program_reads_is_one_object(shared: Service, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "some.jsonl", a_row("For a program"))
    ended = run_to_its_end("import", str(path), "--url", shared.url, "--json")
    assert msgspec.json.decode(ended.output, type=Told).accounts == 1
    assert ended.errors == ""

"""`seatkeeper verify`: what it prints, and how it ends."""

from __future__ import annotations

import os
import pty
import re
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.contract.given import a_customer
from tests.service import Service, clean_environment, command_line, run_to_its_end
from tests.sqlite.file.old_files import write_schema_1

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AGREES = re.compile(
    r"1 accounts, 2 members, 0 invitations, 0 grants, 0 timers, 4 plans, 0 api_keys, 0 webhooks,"
    r" 9 events, 0 snapshots, 0 receipts checked in \d+\.\d s:"
    r" everything agrees\n"
)


@pytest.fixture
def service(stopped: Path) -> Iterator[Service]:
    """A service on a copy of that file."""
    with Service(stopped) as running:
        yield running


def damage(database: Path, sql: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(sql)


def test_a_file_that_is_served_agrees(service: Service, database: Path) -> None:
    ended = run_to_its_end("verify", "--database", str(database))
    assert (ended.status, ended.errors) == (0, "")
    assert AGREES.fullmatch(ended.output)
    a_customer(service)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_file_that_is_no_longer_served_agrees(service: Service, database: Path, end: str) -> None:
    {"stop": service.stop, "kill": service.kill}[end]()
    ended = run_to_its_end("verify", "--database", str(database))
    assert ended.status == 0
    assert AGREES.fullmatch(ended.output)


def test_a_service_goes_on_from_a_file_that_was_verified_after_a_crash(service: Service, database: Path) -> None:
    service.kill()
    run_to_its_end("verify", "--database", str(database))
    service.start()
    assert len(a_customer(service).events()) == 2


def test_the_file_comes_from_the_environment(stopped: Path) -> None:
    assert run_to_its_end("verify", environment={"SEATKEEPER_DATABASE": str(stopped)}).status == 0


def test_what_does_not_agree_is_named_and_the_status_is_one(stopped: Path) -> None:
    damage(stopped, "UPDATE accounts SET status = 'closed'")
    ended = run_to_its_end("verify", "--database", str(stopped))
    lines = ended.output.splitlines()
    assert (ended.status, ended.errors, len(lines)) == (1, "", 2)
    assert re.fullmatch(r"accounts \S+: differs from its events in status", lines[0])
    assert lines[1].endswith(": 1 finding")


def test_many_findings_are_counted(stopped: Path) -> None:
    numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)"
    damage(
        stopped,
        f"INSERT INTO members {numbers} SELECT 'x' || i, 'm', 'n', NULL, NULL, 'admin', 0, 'active', '{{}}' FROM n",
    )
    ended = run_to_its_end("verify", "--database", str(stopped))
    assert len(ended.output.splitlines()) == 101
    assert ended.output.endswith(": 150 findings, 100 shown\n")


def test_views_are_written_anew_when_asked_for(service: Service, database: Path) -> None:
    path = a_customer(service).path
    before = service.get(path).content
    service.stop()
    damage(database, "DELETE FROM accounts")
    ended = run_to_its_end("verify", "--database", str(database), "--rebuild")
    assert ended.status == 0
    service.start()
    assert service.get(path).content == before


def test_views_are_not_written_anew_while_a_service_runs(service: Service, database: Path) -> None:
    ended = run_to_its_end("verify", "--database", str(database), "--rebuild")
    assert ended.status == 2
    assert ended.errors.startswith(f"seatkeeper: {database} is in use by another process")
    assert service.running


def test_views_are_not_made_from_a_damaged_journal(stopped: Path) -> None:
    damage(stopped, "UPDATE events SET checksum = 0 WHERE position = 5")
    ended = run_to_its_end("verify", "--database", str(stopped), "--rebuild")
    assert ended.status == 1
    assert re.fullmatch(
        r"seatkeeper: the views are as they were: event 5 \(.*, version 1\) does not match its checksum\n", ended.errors
    )


def test_without_a_file_it_is_called_wrongly() -> None:
    ended = run_to_its_end("verify")
    assert (ended.status, ended.errors) == (2, "seatkeeper: --database is required\n")


@pytest.mark.parametrize("content", [None, b"", b"a letter " * 500])
def test_what_cannot_be_read_has_status_two(database: Path, content: bytes | None) -> None:
    if content is not None:
        database.write_bytes(content)
    ended = run_to_its_end("verify", "--database", str(database))
    assert ended.status == 2
    assert ended.errors.startswith(f"seatkeeper: {database} {'does not exist' if content is None else 'is '}")


def test_a_file_that_is_cut_off_is_reported_without_a_traceback(stopped: Path) -> None:
    os.truncate(stopped, 3 * 4096)
    ended = run_to_its_end("verify", "--database", str(stopped))
    assert ended.status in {1, 2}
    assert "malformed" in ended.output + ended.errors
    assert "Traceback" not in ended.errors


def test_a_file_of_the_release_before_agrees_before_and_after_it_is_served(database: Path) -> None:
    write_schema_1(database)
    before = run_to_its_end("verify", "--database", str(database))
    with Service(database):
        after = run_to_its_end("verify", "--database", str(database))
    assert (before.status, after.status) == (0, 0)
    counted = (
        "2 accounts, 3 members, 0 invitations, 0 grants, 0 timers, 3 plans, 0 api_keys, 0 webhooks,"
        " 113 events, 1 snapshots, 0 receipts checked"
    )
    assert after.output.startswith(counted)


def test_on_a_terminal_it_draws_a_bar(database: Path) -> None:
    write_schema_1(database)
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    try:
        done = subprocess.run(
            command_line("verify", "--database", str(database)),
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=theirs,
            check=False,
            timeout=30,
        )
        drawn = os.read(ours, 10_000).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 0
    assert drawn.endswith(f"verifying [{'#' * 40}] 113 of 113\r\n")

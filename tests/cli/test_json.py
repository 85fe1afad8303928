"""`--json`: what each command tells a program, of success and of failure."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.service import run_to_its_end

if TYPE_CHECKING:
    from pathlib import Path

    from tests.service import Ended

Told = dict[str, object]


def told(ended: Ended, status: int = 0) -> Told:
    """The one object on standard output."""
    assert ended.status == status, ended
    return msgspec.json.decode(ended.output, type=Told)


def test_a_sound_file_agrees(stopped: Path) -> None:
    found = told(run_to_its_end("verify", "--json", "--database", str(stopped)))
    assert (found["agrees"], found["findings"], found["first_findings"], found["events"]) == (True, 0, [], 9)
    assert found["rows"] == {
        **dict.fromkeys(("invitations", "grants", "timers", "api_keys", "webhooks"), 0),
        "accounts": 1,
        "members": 2,
        "plans": 4,
    }


def test_what_does_not_agree_is_listed(stopped: Path) -> None:
    with closing(sqlite3.connect(stopped)) as connection, connection:
        connection.execute("UPDATE accounts SET status = 'closed'")
    found = told(run_to_its_end("verify", "--json", "--database", str(stopped)), 1)
    assert (found["agrees"], found["findings"]) == (False, 1)
    assert re.fullmatch(r"\['accounts \S+: differs from its events in status'\]", str(found["first_findings"]))


def test_a_backup_and_an_export_say_where_they_are(stopped: Path, tmp_path: Path) -> None:
    copy, rows = tmp_path / "copy.db", tmp_path / "accounts.jsonl"
    found = told(run_to_its_end("backup", "--json", "--database", str(stopped), str(copy)))
    assert found == {"destination": str(copy), "bytes": copy.stat().st_size}
    found = told(run_to_its_end("export", "--json", "--database", str(stopped), str(rows)))
    assert found.pop("seconds") is not None
    assert found == {"destination": str(rows), "accounts": 1, "members": 2}


def test_a_renewed_journal_says_its_ids(stopped: Path) -> None:
    first, second = (told(run_to_its_end("journal", "renew", "--json", "--database", str(stopped))) for _ in range(2))
    assert first["journal_id"] in second["earlier"]  # type: ignore[operator]


def test_keys_are_as_in_the_api(stopped: Path) -> None:
    def keys(act: str, *arguments: str) -> Ended:
        return run_to_its_end("keys", act, "--json", "--database", str(stopped), *arguments)

    made = [told(keys("create", "--name", name, "--scope", "admin")) for name in ("one", "two")]
    assert all(str(one["secret"]).startswith("sk_") for one in made)
    listed = keys("list")
    assert (listed.status, listed.errors) == (0, "")
    shown = [msgspec.json.decode(line, type=Told) for line in listed.output.splitlines()]
    assert shown == [one["api_key"] for one in made]
    key_id = str(shown[0]["key_id"])
    assert told(keys("rotate", key_id))["secret"] != made[0]["secret"]
    assert told(keys("revoke", key_id))["status"] == "revoked"


@pytest.mark.parametrize(
    ("command", "status", "says"),
    [
        (("verify", "--database", "missing.db"), 2, "missing.db does not exist"),
        (("verify",), 2, "--database is required"),
        (("backup", "--database", "missing.db", "copy.db"), 1, "missing.db does not exist"),
        (("copy", "--database", "missing.db", "copy.db"), 1, "missing.db does not exist"),
        (("journal", "renew", "--database", "missing.db"), 1, "missing.db does not exist"),
        (("keys", "list", "--database", "missing.db"), 1, "missing.db does not exist"),
        (("keys", "list"), 2, "--database or --url is required"),
        (("cluster", "status", "--database", "x.db"), 2, "--database has to be the address of a PostgreSQL database"),
    ],
)
def test_a_failure_is_told_to_programs_and_to_people(command: tuple[str, ...], status: int, says: str) -> None:
    ended = run_to_its_end(*command, "--json")
    found = told(ended, status)
    assert found["exit_status"] == status
    assert says in str(found["error"])
    assert ended.errors == f"seatkeeper: {found['error']}\n"

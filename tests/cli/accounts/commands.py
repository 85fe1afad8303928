"""`seatkeeper import` and `export` in the tests: files, runs, and what they leave."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

import msgspec

from seatkeeper.http.cli.main import main
from tests.service import Ended, run_to_its_end

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.service import Service

Row = dict[str, object]

TEAM = "00000000-0000-7000-8000-000000000002"


class Told(msgspec.Struct, forbid_unknown_fields=True):
    """What `import --json` prints."""

    accounts: int
    repeated: int
    members: int
    failed: int
    failed_file: str | None
    seconds: float


def a_row(name: str, *members: Mapping[str, object], **fields: object) -> Row:
    """An account on the plan team, of Ada if nobody is named."""
    return {"account_name": name, "plan_id": TEAM, "members": list(members) or [{"name": "Ada"}], **fields}


def people(row: Row) -> list[Row]:
    """The members of a row."""
    return msgspec.convert(row["members"], list[dict[str, object]])


def write_lines(path: Path, *rows: Mapping[str, object]) -> Path:
    """Write JSON Lines."""
    path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    return path


def read_lines(path: Path) -> list[Row]:
    """Read JSON Lines."""
    return [msgspec.json.decode(line, type=dict[str, object]) for line in path.read_bytes().splitlines()]


def import_file(path: Path, url: str, *options: str) -> Ended:
    """Import a file in this process."""
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        status = main(["import", str(path), "--url", url, *options])
    return Ended(status, output.getvalue(), errors.getvalue())


def told(path: Path, service: Service, *options: str) -> Told:
    """Import a file, and return what is told of it; the exit status is right."""
    ended = import_file(path, service.url, "--json", *options)
    found = msgspec.json.decode(ended.output, type=Told)
    assert ended.status == (1 if found.failed else 0)
    return found


def export(database: Path | str, destination: Path) -> list[Row]:
    """Export a database; return the rows."""
    ended = run_to_its_end("export", "--database", str(database), str(destination))
    assert (ended.status, ended.errors) == (0, "")
    return read_lines(destination)


def accounts(service: Service, **query: str) -> Sequence[Mapping[str, object]]:
    """The accounts that the service lists, oldest first."""
    found: list[Mapping[str, object]] = service.get("/v1/accounts", sort="created_at", limit=200, **query).json()[
        "items"
    ]
    return found


def members(service: Service, account: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    """The members of an account."""
    found: list[Mapping[str, object]] = service.get(f"/v1/accounts/{account['account_id']}/members").json()["items"]
    return found

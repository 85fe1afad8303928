"""Tables: CSV files as spreadsheets write them."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from tests.cli.accounts.commands import accounts, import_file, members, told

if TYPE_CHECKING:
    from pathlib import Path

    from tests.service import Service

HEADER = "account_name,plan_name,external_id,metadata.region,member_name,member_email,member_role,member_seated"


def table(path: Path, *rows: str, header: str = HEADER, end: str = "\n") -> Path:
    """Write a table."""
    path.write_bytes(end.join((header, *rows, "")).encode())
    return path


def cells(path: Path) -> list[dict[str, str]]:
    """Read a table."""
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def test_rows_of_one_account_follow_each_other(shared: Service, tmp_path: Path) -> None:
    path = table(
        tmp_path / "rows.csv",
        "Engines,team,rows-1,eu,Ada,ada@example.com,admin,true",
        "Engines,team,rows-1,eu,Bob,,viewer,",
        ",,,,Eve,eve@example.com,,TRUE",
        "Looms,team,rows-2,,Joe,,,",
    )
    found = told(path, shared)
    assert (found.accounts, found.members) == (2, 4)
    (engines,), (looms,) = (accounts(shared, external_id=name) for name in ("rows-1", "rows-2"))
    assert (engines["metadata"], looms["metadata"]) == ({"region": "eu"}, {})
    assert [(one["name"], one["role"], one["seated"]) for one in members(shared, engines)] == [
        ("Ada", "admin", True),
        ("Bob", "viewer", False),
        ("Eve", "member", True),
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a byte order mark", "\ufeffaccount_name,plan_name,member_name\nQ 0,team,Ada\n"),
        ("semicolons", "account_name;plan_name;member_name\nQ 1;team;Ada\n"),
        ("tabs", "account_name\tplan_name\tmember_name\nQ 2\tteam\tAda\n"),
        ("line ends of Windows", "account_name,plan_name,member_name\r\nQ 3,team,Ada\r\n"),
        ("no line end", "account_name,plan_name,member_name\nQ 4,team,Ada"),
        ("empty lines", "account_name,plan_name,member_name\n\n,,\nQ 5,team,Ada\n\n\n"),
        ("missing cells", "account_name,plan_name,member_name,member_email\nQ 6,team,Ada\n"),
        ("spaces in the header", "account_name, plan_name, member_name\nQ 7,team,Ada\n"),
    ],
)
def test_a_table_may_have(shared: Service, tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content.encode())
    found = told(path, shared)
    assert (found.accounts, found.members, found.failed) == (1, 1, 0), name


def test_a_quoted_cell_holds_commas_quotes_and_line_ends(shared: Service, tmp_path: Path) -> None:
    header = "account_name,plan_name,external_id,member_name"
    path = table(tmp_path / "quoted.csv", '"Engines, ""Analytical""",team,quoted-1,"Ada, Countess"', header=header)
    assert told(path, shared).failed == 0
    (account,) = accounts(shared, external_id="quoted-1")
    assert account["account_name"] == 'Engines, "Analytical"'
    assert [member["name"] for member in members(shared, account)] == ["Ada, Countess"]
    two_lines = table(tmp_path / "lines.csv", '"En\ngines",team,quoted-2,Ada', "Looms,team,quoted-3,Eve", header=header)
    assert told(two_lines, shared).failed == 1
    assert [row["line"] for row in cells(tmp_path / "lines.csv.failed")] == ["2"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"account,plan_name\nA,team\n", "the header has columns that are not known: account. Known are account_name,"),
        (b"account_name,metadata.\nA,team\n", "the header has columns that are not known: metadata."),
        (b"account_name,,plan_name\n", "not known: an empty one"),
        (b"account_name,account_name\n", "the header has columns twice: account_name"),
        (b"", "there is no header"),
        (b'account_name,plan_name\n"A,team\n', "line 2: unexpected end of data"),
        (b"account_name,plan_name\n\xff,team\n", "it is not in UTF-8"),
    ],
)
def test_a_table_that_is_none_is_told(shared: Service, tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "none.csv"
    path.write_bytes(content)
    ended = import_file(path, shared.url)
    assert (ended.status, says in ended.errors) == (1, True), ended.errors


def test_what_failed_is_a_table_again_and_is_imported_when_it_is_mended(shared: Service, tmp_path: Path) -> None:
    path = table(
        tmp_path / "some.csv",
        "Engines,team,some-1,eu,Ada,a@example.com,admin,true",
        ",,,,Bob,A@example.com,,",
        "Looms,gold,some-2,us,Joe,,,",
        ",,,,Jill,,,yes",
        "Mills,team,some-3,,Max,,,,too many",
    )
    found = told(path, shared, "--at-once", "1")
    assert (found.accounts, found.failed) == (1, 3)
    bob, joe, jill, mills = cells(tmp_path / "some.csv.failed")
    assert [row["line"] for row in (bob, joe, jill, mills)] == ["2", "4", "4", "6"]
    assert (bob["member_name"], bob["member_problem"].partition(":")[0]) == ("Bob", "email-taken")
    assert joe["problem"] == "/members/1/seated: Expected true or false"
    assert mills["problem"] == "line 6 has 9 cells, and the header 8"
    text = (tmp_path / "some.csv.failed").read_text("utf-8")
    mended = tmp_path / "mended.csv"
    mended.write_text(text.replace("A@", "b@").replace("gold", "team").replace("yes", "true"), "utf-8")
    found = told(mended, shared)
    assert (found.accounts, found.failed) == (2, 0)
    (engines,), (looms,) = (accounts(shared, external_id=name) for name in ("some-1", "some-2"))
    assert [member["name"] for member in members(shared, engines)] == ["Ada", "Bob"]
    assert (looms["metadata"], len(members(shared, looms))) == ({"region": "us"}, 2)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_row_with_too_many_cells_keeps_its_whole_account_back(shared: Service, tmp_path: Path, at: int) -> None:
    rows = [f"Wide {at},team,wide-{at},,{name},,," for name in ("Ada", "Bob", "Eve")]
    rows[at] += ",too many"
    path = table(tmp_path / "wide.csv", *rows, f"Narrow {at},team,narrow-{at},,Joe,,,")
    found = told(path, shared)
    assert (found.accounts, found.failed) == (1, 1)
    failed = cells(tmp_path / "wide.csv.failed")
    assert [row["member_name"] for row in failed] == ["Ada", "Bob", "Eve"]
    assert {row["problem"] for row in failed} == {f"line {at + 2} has 9 cells, and the header 8"}
    assert told(tmp_path / "wide.csv.failed", shared).failed == 0
    (account,) = accounts(shared, external_id=f"wide-{at}")
    assert [member["name"] for member in members(shared, account)] == ["Ada", "Bob", "Eve"]


def test_every_column_is_carried(shared: Service, tmp_path: Path) -> None:
    header = (
        "account_name,plan_id,external_id,currency,credit,trial_ends_at,status,metadata.a b,"
        "member_name,member_email,member_role,member_seated,member_external_id,member_metadata.team"
    )
    row = (
        "All,00000000-0000-7000-8000-000000000002,all-1,CHF,1250,2999-01-31T00:00:00Z,suspended,x,"
        "Ada,ada@example.com,admin,true,u1,red"
    )
    assert told(table(tmp_path / "all.csv", row, header=header), shared).failed == 0
    (account,) = accounts(shared, external_id="all-1")
    assert account["credit"] == {"amount": 1250, "currency": "CHF"}
    assert (account["status"], account["metadata"]) == ("suspended", {"a b": "x"})
    assert account["trial"] == {"ends_at": "2999-01-31T00:00:00.000Z", "then": "suspend"}
    (ada,) = members(shared, account)
    assert (ada["email"], ada["seated"], ada["external_id"]) == ("ada@example.com", True, "u1")
    assert ada["metadata"] == {"team": "red"}

"""Rows that fail: where they are written, what is told of them, and that they are imported once they are mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.accounts.commands import (
    Row,
    a_row,
    accounts,
    import_file,
    members,
    people,
    read_lines,
    told,
    write_lines,
)
from tests.contract.given import a_plan

if TYPE_CHECKING:
    from pathlib import Path

    from tests.service import Service


def failed(path: Path) -> list[Row]:
    """The failed rows of a file."""
    return read_lines(path.with_name(path.name + ".failed"))


WRONG = [
    (b"Looms, Ada", "it is no JSON object: "),
    (b"[1]", "it is no JSON object: Expected `object`, got `array`"),
    (b'{"account_name": "Looms"}', "/members: Expected at least one member"),
    (b'{"account_name": " ", "members": [{"name": "Ada"}]}', "/account_name: Expected 1 to 200 characters"),
    (b'{"account_name": "Looms", "memberz": []}', "/memberz: Unknown field"),
    (b'{"account_name": "Looms", "credit": 1, "members": []}', "/currency: Expected with a credit"),
    (b'{"account_name": "Looms", "members": [{"name": "Ada"}, {"name": "Bob", "email": "bob"}]}', "/members/1/email: "),
    (
        b'{"account_name": "Looms", "members": [{"name": "Ada", "seated": 1}]}',
        "/members/0/seated: Expected true or false",
    ),
    (
        b'{"account_name": "Looms", "members": [{"name": "Ada", "role": "owner"}]}',
        "/members/0/role: Expected one of admin",
    ),
    (b'{"account_name": "Looms", "members": [{"name": "Ada"}]}', "plan_id, plan_external_id or plan_name is required"),
    (
        b'{"account_name": "Looms", "plan_name": "gold", "members": [{"name": "Ada"}]}',
        "the service has no plan with the name gold. It has Free (00000000-0000-7000-8000-000000000001), Team (",
    ),
]


def test_a_row_that_is_no_account_is_told_with_its_line_and_nothing_is_sent(shared: Service, tmp_path: Path) -> None:
    path = tmp_path / "wrong.jsonl"
    before = accounts(shared)
    path.write_bytes(b"\n".join(line for line, _ in WRONG))
    assert told(path, shared, "--at-once", "1").failed == len(WRONG)
    rows = failed(path)
    assert [row["line"] for row in rows] == [*range(1, len(WRONG) + 1)]
    for row, (_, problem) in zip(rows, WRONG, strict=True):
        assert str(row["problem"]).startswith(problem)
    assert accounts(shared) == before


def test_what_cannot_be_read_is_kept(shared: Service, tmp_path: Path) -> None:
    path = tmp_path / "text.jsonl"
    path.write_bytes("Möbel & Co".encode())
    assert told(path, shared).failed == 1
    assert failed(path)[0]["not_read"] == "Möbel & Co"


def test_a_good_row_beside_a_bad_one_is_imported(shared: Service, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "both.jsonl", {"account_name": "Bad"}, a_row("Good"))
    found = told(path, shared)
    assert (found.accounts, found.failed, found.failed_file) == (1, 1, str(tmp_path / "both.jsonl.failed"))


def test_a_refused_sign_up_is_imported_once_it_is_mended(shared: Service, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "taken.jsonl", *(a_row(name, external_id="taken") for name in ("First", "Second")))
    assert told(path, shared, "--at-once", "1").failed == 1
    (row,) = failed(path)
    assert str(row["problem"]).startswith("external-id-taken: ")
    assert (row["line"], row["attempt"], "account_id" in row) == (2, 2, False)
    mended = write_lines(tmp_path / "mended.jsonl", {**row, "external_id": "free"})
    assert told(mended, shared).accounts == 1
    assert not (tmp_path / "mended.jsonl.failed").exists()


def test_a_refused_member_is_added_to_the_account_that_is_there(shared: Service, tmp_path: Path) -> None:
    named = [
        {"name": name, "email": f"{email}@example.com"} for name, email in (("Ada", "a"), ("Bob", "A"), ("Eve", "e"))
    ]
    path = write_lines(tmp_path / "member.jsonl", a_row("Engines", *named, external_id="engines"))
    found = told(path, shared)
    assert (found.accounts, found.members, found.failed) == (1, 2, 1)
    (row,) = failed(path)
    (left,) = people(row)
    assert (left["name"], str(left["problem"]).partition(":")[0]) == ("Bob", "email-taken")
    mended = write_lines(tmp_path / "mended.jsonl", {**row, "members": [{**left, "email": "b@example.com"}]})
    assert (told(mended, shared).accounts, told(mended, shared).failed) == (0, 0)
    (account,) = accounts(shared, external_id="engines")
    assert [member["name"] for member in members(shared, account)] == ["Ada", "Eve", "Bob"]


def test_what_was_refused_is_imported_without_a_change_once_the_service_has_changed(
    shared: Service, tmp_path: Path
) -> None:
    plan = a_plan(shared, name="Retired")
    shared.post(f"/v1/plans/{plan.plan_id}/retire")
    path = write_lines(tmp_path / "retired.jsonl", {**a_row("Late"), "plan_id": plan.plan_id})
    assert told(path, shared).failed == 1
    shared.post(f"/v1/plans/{plan.plan_id}/reinstate")
    assert told(path.with_name("retired.jsonl.failed"), shared).accounts == 1


def test_a_seat_that_is_not_there_is_taken_the_next_time(shared: Service, tmp_path: Path) -> None:
    plan = a_plan(shared, seats=0, name="No seats")
    row = {**a_row("Seatless", {"name": "Ada", "seated": True}), "plan_id": plan.plan_id}
    path = write_lines(tmp_path / "seat.jsonl", {**row, "status": "suspended", "credit": 5, "currency": "EUR"})
    assert told(path, shared).failed == 1
    (account,) = accounts(shared, plan_id=plan.plan_id)
    assert (account["status"], account["credit"]) == ("active", {"amount": 5, "currency": "EUR"})
    shared.post(f"/v1/accounts/{account['account_id']}/grants", {"seats": 1, "reason": "a test"})
    assert told(path.with_name("seat.jsonl.failed"), shared).failed == 0
    (account,) = accounts(shared, plan_id=plan.plan_id)
    assert (account["status"], account["seats"]) == ("suspended", {"taken": 1, "held": 0, "total": 1})
    assert account["credit"] == {"amount": 5, "currency": "EUR"}


def test_two_plans_of_one_name_are_not_guessed(shared: Service, tmp_path: Path) -> None:
    for _ in range(2):
        a_plan(shared, name="Same")
    path = write_lines(
        tmp_path / "same.jsonl", {"account_name": "A", "plan_name": "Same", "members": [{"name": "Ada"}]}
    )
    assert told(path, shared).failed == 1
    assert failed(path)[0]["problem"] == "2 plans have the name Same: give plan_id or plan_external_id"


def test_the_failed_rows_of_the_import_before_are_kept(shared: Service, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "twice.jsonl", {"account_name": "Bad"})
    told(path, shared)
    mended = path.with_name("twice.jsonl.failed")
    mended.write_text("mended\n", "utf-8")
    told(path, shared)
    assert path.with_name("twice.jsonl.failed~").read_text("utf-8") == "mended\n"


def test_people_are_told_in_words(shared: Service, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "words.jsonl", a_row("In words"), {"account_name": "Bad"})
    ended = import_file(path, shared.url)
    first, second = ended.output.splitlines()
    assert first.startswith("1 account with 1 member in ")
    assert second == f"1 row failed: see {path}.failed for the problems, mend them there, and import that"
    assert ended.status == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--at-once", "0"], "--at-once: Expected a number from 1 to 500"),
        (["--patience", "nan"], "--patience: Expected a number from 0 to 86400"),
        (["--patience", "-1"], "--patience: Expected a number from 0 to 86400"),
        (["--url", "localhost:8080"], "--url: Expected an address that begins with http:// or https://"),
        (["--format", "xml"], None),
    ],
)
def test_what_is_called_wrongly_has_status_two(tmp_path: Path, options: list[str], says: str | None) -> None:
    path = write_lines(tmp_path / "one.jsonl", a_row("One"))
    if says is None:
        with pytest.raises(SystemExit, match="2"):
            import_file(path, "http://127.0.0.1:9", *options)
    else:
        ended = import_file(path, "http://127.0.0.1:9", *options)
        assert (ended.status, ended.errors) == (2, f"seatkeeper: {says}\n")


def test_a_name_that_does_not_tell_the_format_is_asked_about(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "accounts", a_row("One"))
    ended = import_file(path, "http://127.0.0.1:9")
    assert (ended.status, "--format csv or --format jsonl" in ended.errors) == (2, True)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    ended = import_file(tmp_path / "missing.csv", "http://127.0.0.1:9", "--json")
    assert (ended.status, '"exit_status":1' in ended.output, "No such file" in ended.errors) == (1, True, True)

"""docs/importing.md: its example answers as it shows, and it has every field and column."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from seatkeeper.http.api.accounts.grants import NewGrant
from seatkeeper.http.cli.accounts.rows import AccountRow, MemberRow
from seatkeeper.http.cli.accounts.table import ADDED, OF_ACCOUNTS, OF_MEMBERS
from tests.service import Service
from tests.test_documents import ROOT, answers_as_shown, blocks

TEXT = (ROOT / "docs/importing.md").read_text("utf-8")
OF_FAILED_ROWS = {"account_id", "line", "attempt", "problem", "member_id"}


def test_the_example_answers_as_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (serve,), (table,) = blocks(TEXT, "sh"), blocks(TEXT, "csv")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    (tmp_path / "customers.csv").write_text(table, "utf-8")
    with Service(tmp_path / "data/importing.db", arguments=[*shlex.split(serve)[2:], "--port", "0"]) as service:
        answers_as_shown(blocks(TEXT, "console"), "http://127.0.0.1:8093", service, tmp_path)


def test_every_field_and_column_is_there() -> None:
    rows = [[cell.strip() for cell in row.split("|")] for row in re.findall(r"^\|(.*)\|$", TEXT, re.MULTILINE)]
    named = {name for cells in rows for cell in cells[:2] for name in re.findall(r"`([^`]+)`", cell)}
    of_members = {f"members[].{name}" for name in MemberRow.__struct_fields__ if name not in OF_FAILED_ROWS}
    assert named >= {name for name in AccountRow.__struct_fields__ if name not in OF_FAILED_ROWS} | of_members
    assert named >= {name for name in (*OF_ACCOUNTS, *OF_MEMBERS) if name not in ADDED}
    assert {*OF_FAILED_ROWS, "member_problem"} <= set(re.findall(r"`([a-z_]+)`", TEXT))
    assert set(NewGrant.__struct_fields__) <= set(re.findall(r'"([a-z_]+)"', TEXT))

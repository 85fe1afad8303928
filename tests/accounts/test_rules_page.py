"""The page of the rules: each row names a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ROWS = re.findall(r"^\|.*\| `(test_\w+)` \|$", (ROOT / "docs" / "rules.md").read_text(encoding="utf-8"), re.MULTILINE)
TESTS = {
    node.name
    for path in (ROOT / "tests" / "accounts").rglob("test_*.py")
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef)
}


def test_the_page_has_rows() -> None:
    assert len(ROWS) > 80


@pytest.mark.parametrize("row", ROWS)
def test_each_row_is_a_test(row: str) -> None:
    assert row in TESTS


def test_no_row_stands_twice() -> None:
    assert len(set(ROWS)) == len(ROWS)

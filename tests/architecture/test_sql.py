"""SQL that every Python from 3.11 on takes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.modules import LAYERS, Module, apply, broken

NUMBERED = re.compile(r"\b(?:SELECT|INSERT|UPDATE|DELETE|WHERE|VALUES|LIMIT)\b.*\?\d", re.DOTALL)


def text(node: ast.expr) -> str:
    """Give the text of a string, of an f-string without what is put into it."""
    if isinstance(node, ast.JoinedStr):
        return "".join(map(text, node.values))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def numbered_parameters(module: Module) -> Iterator[str]:
    """Find `?1`: Python 3.12.0 to 3.12.3 warn of it beside a sequence (github.com/python/cpython/issues/117995)."""
    for node in module.nodes:
        if isinstance(node, ast.Constant | ast.JoinedStr) and NUMBERED.search(text(node)):
            yield f"{module.path}:{node.lineno}: a parameter is ? or has a name"


def test_no_parameter_has_a_number() -> None:
    assert broken(numbered_parameters, *LAYERS, "tests", "bench") == []


def test_a_planted_number_is_found() -> None:
    found = 'find("SELECT summary FROM plans WHERE (?{} IS NULL OR status = ?{})", status)'
    assert apply(numbered_parameters, "storage/sqlite/reading/queries.py", found.format(1, 1))
    assert apply(numbered_parameters, "storage/sqlite/reading/queries.py", found.format("", "")) == []
    split = 'change(f"UPDATE {{table}} SET {{column}} = ?{}", value)'
    assert apply(numbered_parameters, "storage/sqlite/reading/queries.py", split.format(1))

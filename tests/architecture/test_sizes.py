"""Files, functions and folders are small, and http/ does not hide the standard library's http."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

import pytest

from tests.architecture.modules import LAYERS, ROOT, Module, apply, broken, files

LONGEST_FILE = 400
LONGEST_FUNCTION = 45
LARGEST_FOLDER = 13


def long_code(module: Module) -> Iterator[str]:
    lines = len(module.source.splitlines())
    if lines > LONGEST_FILE:
        yield f"{module.path} has {lines} lines, more than {LONGEST_FILE}"
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            lines = node.end_lineno - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{module.path}: {node.name} has {lines} lines, more than {LONGEST_FUNCTION}"


def large_folders(paths: Iterable[PurePosixPath]) -> list[str]:
    """Find the folders that have more than LARGEST_FOLDER Python files."""
    counts = Counter(path.parent for path in paths)
    return [f"{folder} has {count} files" for folder, count in counts.items() if count > LARGEST_FOLDER]


def inits_that_hide_the_standard_library(paths: Iterable[PurePosixPath]) -> list[str]:
    """Find the `__init__.py` with which http/ would be imported in place of the standard library's http."""
    hiding = {PurePosixPath(), PurePosixPath("http"), PurePosixPath("tests/http")}
    return [f"{path} must not exist" for path in paths if path.name == "__init__.py" and path.parent in hiding]


@pytest.mark.parametrize("folder", [*LAYERS, "tests", "bench"])
def test_files_and_functions_are_short(folder: str) -> None:
    assert broken(long_code, folder) == []


def test_folders_are_small() -> None:
    assert large_folders(files(*LAYERS)) == []


def test_http_does_not_hide_the_standard_library() -> None:
    paths = [PurePosixPath(path.name) for path in ROOT.glob("*.py")] + files("http", "tests/http")
    assert inits_that_hide_the_standard_library(paths) == []


@pytest.mark.parametrize("source", ["#\n" * 401, "async def start() -> None:\n" + "    ...\n" * 45])
def test_planted_long_code_is_found(source: str) -> None:
    assert apply(long_code, "http/app.py", source)


@pytest.mark.parametrize("source", ["#\n" * 400, "async def start() -> None:\n" + "    ...\n" * 44])
def test_code_of_the_longest_allowed_length_is_let_through(source: str) -> None:
    assert apply(long_code, "http/app.py", source) == []


@pytest.mark.parametrize(("count", "found"), [(13, False), (14, True)])
def test_a_planted_large_folder_is_found(count: int, *, found: bool) -> None:
    paths = [PurePosixPath(f"storage/sqlite/file_{number}.py") for number in range(count)]
    assert bool(large_folders([*paths, PurePosixPath("storage/one.py")])) is found


@pytest.mark.parametrize("path", ["__init__.py", "http/__init__.py", "tests/http/__init__.py"])
def test_a_planted_init_is_found(path: str) -> None:
    assert inits_that_hide_the_standard_library([PurePosixPath(path)])


def test_the_init_of_another_package_is_let_through() -> None:
    assert inits_that_hide_the_standard_library([PurePosixPath("actors/__init__.py")]) == []

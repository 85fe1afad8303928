"""The source files that the rules look at, and how a rule is applied to them.

A rule is a function from one module to the sentences that say how it breaks the rule.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent.parent
LAYERS = ("actors", "storage", "http")


@dataclass(frozen=True)
class Module:
    """One source file: its path from the root, and its text."""

    path: PurePosixPath
    source: str

    @property
    def layer(self) -> str:
        """The top-level folder."""
        return self.path.parts[0]

    def lies_in(self, *paths: str) -> bool:
        """Whether it is one of these files, or in one of these folders."""
        return any(self.path.is_relative_to(path) for path in paths)

    @cached_property
    def nodes(self) -> Sequence[ast.AST]:
        """Every node of the syntax tree."""
        return list(ast.walk(ast.parse(self.source, filename=str(self.path))))

    def imports(self) -> Iterator[str]:
        """Every imported name in full, `from a.b import c` as `a.b.c`; a relative one keeps its dots."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                stem = "." * node.level + (node.module or "")
                yield from (f"{stem}.{alias.name}" for alias in node.names)


Rule = Callable[[Module], Iterable[str]]


def named_in(name: str, packages: Iterable[str]) -> bool:
    """Whether the imported name is one of these packages or modules, or inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def files(*folders: str) -> list[PurePosixPath]:
    """The Python files of these folders, as paths from the root."""
    found = (path.relative_to(ROOT) for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(PurePosixPath(path) for path in found if "node_modules" not in path.parts)


@cache
def module_at(path: PurePosixPath) -> Module:
    """Read the module at this path."""
    return Module(path, (ROOT / path).read_text(encoding="utf-8"))


def broken(rule: Rule, *folders: str) -> list[str]:
    """Apply the rule to every module of these folders."""
    return [sentence for path in files(*folders) for sentence in rule(module_at(path))]


def apply(rule: Rule, path: str, source: str) -> list[str]:
    """Apply the rule to an example."""
    return list(rule(Module(PurePosixPath(path), source)))

"""The rules of the house: which way imports run, what stays pure, what stays small.

Every rule is a function from one module to the sentences that say how it breaks the rule.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parent.parent

LAYERS = {
    "actors": ["seatkeeper.actors"],
    "storage": ["seatkeeper.storage", "seatkeeper.actors"],
    "http": ["seatkeeper.http", "seatkeeper.storage", "seatkeeper.actors"],
}
CONTEXTS = {name: f"seatkeeper.actors.{name}" for name in ("accounts", "subscriptions")}
SIGNUP = "seatkeeper.actors.signup"
RUNTIME = {PurePosixPath(f"actors/{name}.py") for name in ("runtime", "futures", "aggregate")}

# The single exception inside actors: the base classes Command, Event and Refusal, which both contexts share.
SHARED_WORDS = "seatkeeper.actors.messages"
VALUE_MODULES = [
    *("__future__", "collections", "dataclasses", "datetime", "decimal", "enum", "functools", "itertools"),
    *("math", "operator", "re", "string", "types", "typing", "unicodedata", "uuid"),
    "msgspec",
]
OUTSIDE_WORLD = {
    *("__import__", "eval", "exec", "input", "open", "print"),
    *("now", "today", "utcnow", "uuid1", "uuid4", "uuid6", "uuid7", "uuid8"),
}

PYKKA_HOOKS = (
    *("_create_actor_inbox", "_create_future", "_start_actor_loop", "_actor_loop", "_actor_weakref"),
    *("_handle_receive", "_handle_failure", "_introspect_attribute", "_get_hook", "_ActorStop"),
)

LONGEST_FILE = 400
LONGEST_FUNCTION = 45


@dataclass(frozen=True)
class Module:
    """One source file: its path from the root, and its text."""

    path: PurePosixPath
    source: str

    @property
    def layer(self) -> str:
        """The top-level folder."""
        return self.path.parts[0]

    @property
    def context(self) -> str | None:
        """The bounded context of a file in actors/accounts or actors/subscriptions."""
        owner = self.path.parts[1] if self.layer == "actors" else ""
        return owner if owner in CONTEXTS else None

    @property
    def pure(self) -> bool:
        """Whether it belongs to the part of a context that knows no actor."""
        return self.context is not None and self.path.name not in {"__init__.py", "actor.py"}

    def nodes(self) -> Iterator[ast.AST]:
        """Every node of the syntax tree."""
        return ast.walk(ast.parse(self.source, filename=str(self.path)))

    def imports(self) -> Iterator[str]:
        """Every imported name in full, `from a.b import c` as `a.b.c`; a relative one keeps its dots."""
        for node in self.nodes():
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                stem = "." * node.level + (node.module or "")
                yield from (f"{stem}.{alias.name}" for alias in node.names)


Rule = Callable[[Module], Iterable[str]]


def lies_in(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def imports_that_run_uphill(module: Module) -> Iterator[str]:
    for name in module.imports():
        if lies_in(name, ["seatkeeper"]) and not lies_in(name, LAYERS[module.layer]):
            yield f"{module.path}: {module.layer} may not import {name}"


def imports_by_another_name(module: Module) -> Iterator[str]:
    strangers = ["actors", "storage", *(["tests", "bench"] if module.layer in LAYERS else [])]
    for name in module.imports():
        if lies_in(name, strangers) or (name.startswith(".") and module.layer in LAYERS):
            yield f"{module.path}: {name} does not start with seatkeeper."


def impurities(module: Module) -> Iterator[str]:
    if module.context is None or not module.pure:
        return
    own = CONTEXTS[module.context]
    for name in module.imports():
        if not lies_in(name, [*VALUE_MODULES, SHARED_WORDS, own]) or lies_in(name, [f"{own}.actor"]):
            yield f"{module.path}: a pure file may not import {name}"
    for call in module.nodes():
        if isinstance(call, ast.Call):
            called = getattr(call.func, "attr", getattr(call.func, "id", None))
            if called in OUTSIDE_WORLD:
                yield f"{module.path}:{call.lineno}: a pure file may not call {called}"


def contexts_that_meet(module: Module) -> Iterator[str]:
    met = {name: package for name, package in CONTEXTS.items() if any(lies_in(i, [package]) for i in module.imports())}
    if module.context is not None:
        strangers = met.keys() - {module.context}
        if strangers or any(lies_in(name, [SIGNUP]) for name in module.imports()):
            yield f"{module.path}: {module.context} reaches into another context"
    elif module.layer == "actors" and module.path.name != "signup.py" and len(met) > 1:
        yield f"{module.path}: the contexts meet only in actors/signup.py"


def hooks_of_pykka(module: Module) -> Iterator[str]:
    if module.path in RUNTIME:
        return
    for name in module.imports():
        if lies_in(name, ["pykka"]) and any(part.startswith("_") for part in name.split(".")):
            yield f"{module.path}: {name} is for actors/runtime.py alone"
    for node in module.nodes():
        said = getattr(node, "attr", getattr(node, "name", None))
        if isinstance(said, str) and said.startswith(PYKKA_HOOKS):
            yield f"{module.path}: {said} is for actors/runtime.py alone"


def uses_of_any(module: Module) -> Iterator[str]:
    if module.path in RUNTIME:
        return
    imported = any(name in {"typing.Any", "typing_extensions.Any"} for name in module.imports())
    if imported or any(isinstance(node, ast.Attribute) and node.attr == "Any" for node in module.nodes()):
        yield f"{module.path}: Any is for actors/runtime.py alone"


def what_is_too_long(module: Module) -> Iterator[str]:
    lines = len(module.source.splitlines())
    if lines > LONGEST_FILE:
        yield f"{module.path} has {lines} lines, more than {LONGEST_FILE}"
    for node in module.nodes():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            lines = node.end_lineno - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield f"{module.path}: {node.name} has {lines} lines, more than {LONGEST_FUNCTION}"


def inits_that_hide_the_standard_library(paths: Iterable[PurePosixPath]) -> list[str]:
    """Find the `__init__.py` that would make http/ win against the standard library's http."""
    hiding = {PurePosixPath(), PurePosixPath("http"), PurePosixPath("tests/http")}
    return [f"{path} must not exist" for path in paths if path.name == "__init__.py" and path.parent in hiding]


def files(*folders: str) -> list[PurePosixPath]:
    found = (path.relative_to(ROOT) for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(PurePosixPath(path) for path in found)


def broken(rule: Rule, *folders: str) -> list[str]:
    modules = (Module(path, (ROOT / path).read_text(encoding="utf-8")) for path in files(*folders))
    return [sentence for module in modules for sentence in rule(module)]


@pytest.mark.parametrize("folder", [*LAYERS, *(f"actors/{context}" for context in CONTEXTS)])
def test_the_rules_have_files_to_look_at(folder: str) -> None:
    assert any((ROOT / path).stat().st_size for path in files(folder) if path.name != "__init__.py")


def test_imports_run_from_http_to_storage_to_actors() -> None:
    assert broken(imports_that_run_uphill, *LAYERS) == []


def test_every_import_inside_the_house_starts_with_seatkeeper() -> None:
    assert broken(imports_by_another_name, *LAYERS, "tests", "bench") == []


def test_aggregates_are_pure() -> None:
    assert broken(impurities, "actors") == []


def test_the_contexts_meet_only_in_signup() -> None:
    assert broken(contexts_that_meet, "actors") == []


def test_only_the_runtime_touches_the_hooks_of_pykka() -> None:
    assert broken(hooks_of_pykka, *LAYERS) == []


def test_only_the_runtime_knows_any() -> None:
    assert broken(uses_of_any, *LAYERS) == []


def test_files_and_functions_are_short() -> None:
    assert broken(what_is_too_long, *LAYERS) == []


def test_the_standard_library_keeps_its_http() -> None:
    paths = [PurePosixPath(path.name) for path in ROOT.glob("*.py")] + files("http", "tests/http")
    assert inits_that_hide_the_standard_library(paths) == []


ACCOUNT = "actors/accounts/account.py"
BREAKS: list[tuple[Rule, str, str]] = [
    (imports_that_run_uphill, "actors/directory.py", "from seatkeeper.storage.journal import Journal"),
    (imports_that_run_uphill, "actors/directory.py", "from seatkeeper import storage"),
    (imports_that_run_uphill, "actors/directory.py", "import seatkeeper"),
    (imports_that_run_uphill, "storage/views.py", "def rows() -> None:\n    import seatkeeper.http.app"),
    (imports_by_another_name, "storage/views.py", "from actors.accounts import events"),
    (imports_by_another_name, "tests/test_views.py", "import storage.views"),
    (imports_by_another_name, "storage/views.py", "from . import journal"),
    (imports_by_another_name, "storage/views.py", "from tests.actors import worlds"),
    (impurities, ACCOUNT, "import asyncio"),
    (impurities, ACCOUNT, "import time"),
    (impurities, ACCOUNT, "from seatkeeper.actors.runtime import AggregateActor"),
    (impurities, ACCOUNT, "from seatkeeper.actors.accounts.actor import AccountActor"),
    (impurities, ACCOUNT, "from seatkeeper.actors.accounts import actor"),
    (impurities, ACCOUNT, "from datetime import UTC, datetime\n\nopened = datetime.now(UTC)"),
    (impurities, ACCOUNT, "from uuid import uuid4\n\nmember_id = uuid4()"),
    (contexts_that_meet, ACCOUNT, "from seatkeeper.actors.subscriptions.plan import Package"),
    (contexts_that_meet, "actors/subscriptions/actor.py", "from seatkeeper.actors import accounts"),
    (contexts_that_meet, "actors/accounts/actor.py", "from seatkeeper.actors.signup import Signup"),
    (contexts_that_meet, "actors/directory.py", "from seatkeeper.actors import accounts, subscriptions"),
    (hooks_of_pykka, "actors/directory.py", "from pykka.messages import _ActorStop"),
    (hooks_of_pykka, "actors/directory.py", "from pykka._actor import Actor"),
    (hooks_of_pykka, "actors/directory.py", "import pykka\n\nstop = pykka.messages._ActorStop()"),
    (hooks_of_pykka, "actors/accounts/actor.py", "class AccountActor:\n    def _create_future(self) -> None: ..."),
    (hooks_of_pykka, "http/app.py", "def start(actor: object) -> None:\n    actor._actor_loop_setup()"),
    (hooks_of_pykka, "actors/directory.py", "class LoopFuture:\n    def get(self) -> None:\n        self._get_hook()"),
    (uses_of_any, "http/app.py", "from typing import Any"),
    (uses_of_any, "http/app.py", "from typing import Any as Whatever"),
    (uses_of_any, "http/app.py", "import typing\n\nbody: typing.Any = None"),
    (what_is_too_long, "http/app.py", "#\n" * 401),
    (what_is_too_long, "http/app.py", "async def start() -> None:\n" + "    ...\n" * 45),
]
KEEPS: list[tuple[Rule, str, str]] = [
    (imports_that_run_uphill, "http/app.py", "import http.client\nfrom seatkeeper.actors import directory"),
    (imports_that_run_uphill, "storage/views.py", "from seatkeeper.actors.accounts import events"),
    (imports_by_another_name, "http/app.py", "from http import HTTPStatus\nfrom seatkeeper.http import plans"),
    (imports_by_another_name, "tests/test_views.py", "from tests.storage import rows"),
    (impurities, ACCOUNT, "from collections.abc import Sequence\nimport msgspec"),
    (impurities, ACCOUNT, "from seatkeeper.actors.accounts.events import SeatTaken"),
    (impurities, ACCOUNT, "from seatkeeper.actors.messages import Command, Event, Refusal"),
    (impurities, "actors/accounts/actor.py", "import asyncio"),
    (contexts_that_meet, "actors/signup.py", "from seatkeeper.actors import accounts, subscriptions"),
    (contexts_that_meet, "storage/views.py", "from seatkeeper.actors import accounts, subscriptions"),
    (hooks_of_pykka, "actors/runtime.py", "from pykka.messages import _ActorStop"),
    (hooks_of_pykka, "http/app.py", "import pykka\n\nclass App:\n    def _started(self) -> pykka.ActorRef: ..."),
    (uses_of_any, "actors/runtime.py", "from typing import Any"),
    (uses_of_any, "http/app.py", '"""Any is a word, too."""\nfrom collections.abc import Mapping'),
    (what_is_too_long, "http/app.py", "#\n" * 400),
    (what_is_too_long, "http/app.py", "async def start() -> None:\n" + "    ...\n" * 44),
]


@pytest.mark.parametrize(("rule", "path", "source"), BREAKS)
def test_a_planted_breach_is_found(rule: Rule, path: str, source: str) -> None:
    assert list(rule(Module(PurePosixPath(path), source)))


@pytest.mark.parametrize(("rule", "path", "source"), KEEPS)
def test_what_keeps_the_rule_is_let_through(rule: Rule, path: str, source: str) -> None:
    assert list(rule(Module(PurePosixPath(path), source))) == []


@pytest.mark.parametrize("path", ["__init__.py", "http/__init__.py", "tests/http/__init__.py"])
def test_a_planted_init_is_found(path: str) -> None:
    assert inits_that_hide_the_standard_library([PurePosixPath(path)])


def test_the_init_of_a_proper_package_is_let_through() -> None:
    assert inits_that_hide_the_standard_library([PurePosixPath("actors/__init__.py")]) == []

"""What only some modules may touch: the hooks of pykka, the type Any, and names that begin with an underscore."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.modules import LAYERS, Module, Rule, apply, broken, named_in

RUNTIME = "actors/runtime"
MAY_USE_ANY = (RUNTIME, "actors/aggregates/aggregate.py", "actors/aggregates/binding.py")

PYKKA_HOOKS = (
    *("_create_actor_inbox", "_create_future", "_start_actor_loop", "_actor_loop", "_actor_weakref"),
    *("_handle_receive", "_handle_failure", "_introspect_attribute", "_get_hook", "_ActorStop"),
)

DOCUMENTED = {"_asdict", "_exit", "_fields", "_make", "_replace"}
"""Public all the same: os._exit, and the methods of a NamedTuple."""


def hooks_of_pykka(module: Module) -> Iterator[str]:
    if module.lies_in(RUNTIME):
        return
    for node in module.nodes:
        name = getattr(node, "attr", getattr(node, "name", None))
        if isinstance(name, str) and name.startswith(PYKKA_HOOKS):
            yield f"{module.path}: {name} is only for {RUNTIME}"


def uses_of_any(module: Module) -> Iterator[str]:
    if module.lies_in(*MAY_USE_ANY):
        return
    imported = any(name in {"typing.Any", "typing_extensions.Any"} for name in module.imports())
    if imported or any(isinstance(node, ast.Attribute) and node.attr == "Any" for node in module.nodes):
        yield f"{module.path}: Any is only for {', '.join(MAY_USE_ANY)}"


def private_imports(module: Module) -> Iterator[str]:
    for name in module.imports():
        if any(is_private(part) for part in name.split(".")) and not (
            module.lies_in(RUNTIME) and named_in(name, ["pykka"])
        ):
            yield f"{module.path}: {name} is private"


def private_attributes(module: Module) -> Iterator[str]:
    """Find `x._name` and `getattr(x, "_name")` where no class of the module defines `_name`.

    So `self._name` must be an attribute of the module's own class, and not one that it has inherited from elsewhere.
    """
    if module.lies_in(RUNTIME):
        return
    known = {*private_names_of_classes(module), *DOCUMENTED}
    for node in module.nodes:
        name = attribute_name(node)
        if is_private(name) and name not in known:
            yield f"{module.path}:{getattr(node, 'lineno', 0)}: {name} is private to another module"


def attribute_name(node: ast.AST) -> str:
    """Return the attribute that the expression reads or writes, an empty string if it does neither."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"getattr", "setattr", "delattr"}:
        return next((str(arg.value) for arg in node.args[1:2] if isinstance(arg, ast.Constant)), "")
    return ""


def private_names_of_classes(module: Module) -> Iterator[str]:
    """What the classes of a module define: methods, class attributes, and what they set on `self` or `cls`."""
    for class_ in module.nodes:
        if not isinstance(class_, ast.ClassDef):
            continue
        for statement in class_.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                yield statement.name
            elif isinstance(statement, ast.Assign | ast.AnnAssign):
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                yield from (target.id for target in targets if isinstance(target, ast.Name))
        for node in ast.walk(class_):
            stored = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
            if isinstance(node, ast.Attribute) and stored and getattr(node.value, "id", None) in {"self", "cls"}:
                yield node.attr


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def test_only_the_runtime_touches_the_hooks_of_pykka() -> None:
    assert broken(hooks_of_pykka, *LAYERS) == []


def test_only_a_few_modules_use_any() -> None:
    assert broken(uses_of_any, *LAYERS) == []


def test_no_private_name_is_imported() -> None:
    assert broken(private_imports, *LAYERS) == []


def test_no_private_attribute_of_another_module_is_touched() -> None:
    assert broken(private_attributes, *LAYERS) == []


DIRECTORY = "actors/aggregates/directory.py"
WRITER = "storage/sqlite/writer.py"
APP = "http/app.py"
BREACHES: list[tuple[Rule, str, str]] = [
    (hooks_of_pykka, DIRECTORY, "import pykka\n\nstop = pykka.messages._ActorStop()"),
    (hooks_of_pykka, "actors/accounts/actor.py", "class AccountActor:\n    def _create_future(self) -> None: ..."),
    (hooks_of_pykka, APP, "def start(actor: object) -> None:\n    actor._actor_loop_setup()"),
    (hooks_of_pykka, DIRECTORY, "class LoopFuture:\n    def get(self) -> None:\n        self._get_hook()"),
    (uses_of_any, APP, "from typing import Any"),
    (uses_of_any, APP, "from typing import Any as Whatever"),
    (uses_of_any, APP, "import typing\n\nbody: typing.Any = None"),
    (private_imports, DIRECTORY, "from pykka.messages import _ActorStop"),
    (private_imports, DIRECTORY, "from pykka._actor import Actor"),
    (private_imports, APP, "from aiohttp.web_protocol import _RequestHandler"),
    (private_imports, APP, "import aiohttp._http_parser"),
    (private_imports, APP, "from seatkeeper.storage.kinds import _unique"),
    (private_imports, "actors/runtime/inbox.py", "from asyncio.events import _get_running_loop"),
    (private_attributes, APP, "def close(server: object) -> None:\n    server._closed = True"),
    (private_attributes, APP, "def loop(server: object) -> object:\n    return server.runner._loop"),
    (private_attributes, APP, "class App(Base):\n    def loop(self) -> object:\n        return self._loop"),
    (private_attributes, APP, "class App:\n    def stop(self) -> None:\n        self.site._server.close()"),
    (private_attributes, APP, 'def loop(server: object) -> object:\n    return getattr(server, "_loop")'),
    (private_attributes, APP, "import asyncio\n\nloop = asyncio.events._get_running_loop()"),
    (
        private_attributes,
        "storage/sqlite/reading/readers.py",
        "class Reader(Base):\n    x = lambda self: self._execute()",
    ),
]
ALLOWED: list[tuple[Rule, str, str]] = [
    (hooks_of_pykka, "actors/runtime/inbox.py", "from pykka.messages import _ActorStop\n\nstop = _ActorStop()"),
    (hooks_of_pykka, APP, "import pykka\n\nclass App:\n    def _started(self) -> pykka.ActorRef: ..."),
    (uses_of_any, "actors/runtime/inbox.py", "from typing import Any"),
    (uses_of_any, APP, '"""Any is a word, too."""\nfrom collections.abc import Mapping'),
    (private_imports, "actors/runtime/inbox.py", "from pykka._envelope import Envelope"),
    (private_imports, APP, "from __future__ import annotations\nfrom aiohttp import __version__"),
    (private_attributes, APP, "class App:\n    def __init__(self) -> None:\n        self._x = 1\n        self._x += 1"),
    (
        private_attributes,
        APP,
        "class App:\n    _x: int\n\n    def same(self, other: App) -> bool:\n        return other._x",
    ),
    (private_attributes, APP, "class App:\n    def _run(self) -> None:\n        self._run()"),
    (private_attributes, APP, "def columns(row: type[Row]) -> object:\n    return row._fields, row.__doc__"),
    (private_attributes, "actors/runtime/inbox.py", "def stop(actor: object) -> None:\n    actor._stop()"),
]


@pytest.mark.parametrize(("rule", "path", "source"), BREACHES)
def test_a_planted_breach_is_found(rule: Rule, path: str, source: str) -> None:
    assert apply(rule, path, source)


@pytest.mark.parametrize(("rule", "path", "source"), ALLOWED)
def test_an_allowed_name_is_let_through(rule: Rule, path: str, source: str) -> None:
    assert apply(rule, path, source) == []

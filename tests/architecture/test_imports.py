"""Which way imports run: between the layers, between the rooms of a layer, and into the pure files of a context."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.modules import LAYERS, ROOT, Module, Rule, apply, broken, files, named_in

KINDS = ("actors.access", "actors.accounts", "actors.notifications", "actors.sandbox", "actors.subscriptions")

# What http knows of the storage where it knows no engine.
PORTS = ("storage.deliveries", "storage.errors", "storage.journal", "storage.projections", "storage.queries")

# For each room (a folder, or a file that is its own room): what it may import of seatkeeper. The longest match counts.
ROOMS: dict[str, tuple[str, ...]] = {
    "actors": (),
    "actors/runtime": ("actors.runtime",),
    "actors/access": ("actors.access", "actors.aggregates"),
    "actors/aggregates": ("actors.aggregates", "actors.runtime"),
    "actors/accounts": ("actors.accounts", "actors.aggregates"),
    "actors/accounts/invitations": ("actors.accounts", "actors.aggregates"),
    "actors/accounts/grants": ("actors.accounts", "actors.aggregates"),
    "actors/accounts/limits": ("actors.accounts", "actors.aggregates"),
    "actors/accounts/members": ("actors.accounts", "actors.aggregates"),
    "actors/accounts/profile": ("actors.accounts", "actors.aggregates"),
    "actors/accounts/terms": ("actors.accounts", "actors.aggregates"),
    "actors/notifications": ("actors.notifications", "actors.aggregates"),
    "actors/sandbox": ("actors.sandbox", "actors.aggregates"),
    "actors/subscriptions": ("actors.subscriptions", "actors.aggregates"),
    "actors/processes": ("actors",),
    "storage": ("storage", "actors.aggregates", "actors.runtime"),
    "storage/registry.py": ("storage", "actors.aggregates", *KINDS),
    "storage/projections": ("storage.projections", "storage.records", "actors.aggregates", *KINDS),
    "storage/observers.py": ("storage.projections.view", "actors.aggregates.journal"),
    "storage/journal": (
        *("storage.errors", "storage.journal", "storage.journal_ids", "storage.kinds", "storage.observers"),
        *("storage.projections.view", "storage.records", "storage.registry", "actors.aggregates"),
    ),
    "storage/storage.py": ("storage.deliveries", "storage.journal", "storage.queries"),
    "storage/upcasters.py": ("actors.aggregates", *KINDS),
    "storage/memory/queries.py": ("storage", "actors.aggregates", *KINDS),
    "http": (),
    "http/observability": ("http.observability", "storage", "actors"),
    "http/observability/traces.py": (
        *("http.events_out.webhooks.sender", "http.headers", "http.observability"),
        *("storage", "actors.aggregates"),
    ),
    "http/observability/otel": (
        *("http.events_out.webhooks.sender", "http.headers", "http.observability"),
        "actors.aggregates",
    ),
    "http/headers.py": (),
    "http/assets.py": ("http.access.compression", "http.server"),
    "http/server": (
        *("http.headers", "http.server", "http.observability"),
        *("storage", "actors.aggregates", "actors.runtime"),
    ),
    "http/docs": ("http.assets", "http.docs", "http.once", "http.openapi", "http.server"),
    "http/openapi": ("http.openapi", "http.server", "storage", "actors"),
    "http/access": ("http.headers", "http.access", "http.server", "storage", "actors.access", "actors.aggregates"),
    "http/access/names.py": (),
    "http/events_out": ("http.events_out", "http.headers", "http.server", "storage", "actors"),
    "http/api": (
        *("http.api", "http.access", "http.events_out", "http.fields", "http.server", "http.times"),
        *("storage", "actors"),
    ),
    "http/console": (
        *("http.access", "http.api", "http.assets", "http.console", "http.events_out", "http.headers"),
        *("http.observability", "http.server"),
        *("actors.access.scopes", "actors.aggregates.timers"),
    ),
    "http/fields.py": ("http.server", "actors.aggregates"),
    "http/times.py": ("http.server.problems", "http.server.validation"),
    "http/settings.py": (
        *("http.access.names", "http.fields", "http.observability.logs", "http.server.validation"),
        "actors.aggregates.timers",
    ),
    "http/outgoing.py": ("http.events_out", "http.observability", *PORTS, "actors"),
    "http/timing.py": ("http.observability", "storage.observers", *PORTS, "actors"),
    "http/sandbox.py": ("http.system", *PORTS, "actors"),
    "http/once.py": (),
    "http/starter_plans.py": ("storage.queries", "actors"),
    "http/client": ("http.client",),
    "http/cluster": ("http", "storage", "actors"),
    "http/front.py": (
        *("http.access", "http.api", "http.console.history", "http.console.mount", "http.docs", "http.events_out"),
        *("http.fields", "http.once"),
        *("http.observability", "http.openapi", "http.server", "http.settings", "http.system"),
        *("storage.journal_ids", *PORTS, "actors"),
    ),
    "http/app.py": (
        *(
            "http.access",
            "http.api",
            "http.console",
            "http.events_out",
            "http.fields",
            "http.front",
            "http.observability",
            "http.openapi",
            "http.outgoing",
            "http.sandbox",
            "http.server",
            "http.settings",
            "http.starter_plans",
            "http.system",
            "http.timing",
        ),
        *("storage.engines", *PORTS, "actors"),
    ),
    "http/cli": ("http", "storage", "actors"),
}

CONTEXTS = {
    f"actors/{name}": f"seatkeeper.actors.{name}"
    for name in ("access", "accounts", "notifications", "sandbox", "subscriptions")
}
MESSAGES = [f"seatkeeper.actors.aggregates.{name}" for name in ("messages", "external", "times")]
VALUE_MODULES = [
    *("__future__", "collections", "dataclasses", "datetime", "decimal", "enum", "functools", "heapq", "hmac"),
    *("itertools", "math", "operator", "re", "string", "types", "typing", "unicodedata", "uuid"),
    "idna",
    "msgspec",
]
IMPURE_CALLS = {
    *("__import__", "eval", "exec", "input", "open", "print"),
    *("now", "today", "utcnow", "uuid1", "uuid4", "uuid6", "uuid7", "uuid8"),
}


def imports_against_the_direction(module: Module) -> Iterator[str]:
    room = max((room for room in ROOMS if module.lies_in(room)), key=len)
    allowed = [f"seatkeeper.{name}" for name in ROOMS[room]]
    for name in module.imports():
        if named_in(name, ["seatkeeper"]) and not named_in(name, allowed):
            yield f"{module.path}: {room} may not import {name}"


def imports_by_another_name(module: Module) -> Iterator[str]:
    wrong = ["actors", "storage", *(["tests", "bench"] if module.layer in LAYERS else [])]
    for name in module.imports():
        if named_in(name, wrong) or (name.startswith(".") and module.layer in LAYERS):
            yield f"{module.path}: {name} does not start with seatkeeper."


def impurities(module: Module) -> Iterator[str]:
    folder = next((folder for folder in CONTEXTS if module.lies_in(folder)), None)
    if folder is None or module.path.name in {"__init__.py", "actor.py"}:
        return
    own = CONTEXTS[folder]
    for name in module.imports():
        if not named_in(name, [*VALUE_MODULES, *MESSAGES, own]) or named_in(name, [f"{own}.actor"]):
            yield f"{module.path}: a pure file may not import {name}"
    for call in module.nodes:
        if isinstance(call, ast.Call):
            called = getattr(call.func, "attr", getattr(call.func, "id", None))
            if called in IMPURE_CALLS:
                yield f"{module.path}:{call.lineno}: a pure file may not call {called}"


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_exists(room: str) -> None:
    assert (ROOT / room).is_file() or any((ROOT / path).stat().st_size for path in files(room))


def test_imports_run_in_one_direction() -> None:
    assert broken(imports_against_the_direction, *LAYERS) == []


def test_every_import_of_the_service_starts_with_seatkeeper() -> None:
    assert broken(imports_by_another_name, *LAYERS, "tests", "bench") == []


def test_the_contexts_are_pure() -> None:
    assert broken(impurities, "actors") == []


DIRECTION, NAME, PURE = imports_against_the_direction, imports_by_another_name, impurities
ACCOUNT = "actors/accounts/account.py"
BREACHES: list[tuple[Rule, str, str]] = [
    (DIRECTION, "actors/aggregates/directory.py", "from seatkeeper.storage.sqlite.journal import SqliteJournal"),
    (DIRECTION, "actors/aggregates/directory.py", "from seatkeeper import storage"),
    (DIRECTION, "actors/aggregates/directory.py", "import seatkeeper"),
    (DIRECTION, "actors/aggregates/directory.py", "from seatkeeper.actors import accounts, subscriptions"),
    (DIRECTION, "actors/aggregates/journal.py", "from seatkeeper.actors.accounts.values import AccountId"),
    (DIRECTION, "actors/runtime/inbox.py", "from seatkeeper.actors.aggregates.messages import Command"),
    (DIRECTION, ACCOUNT, "from seatkeeper.actors.subscriptions.plan import Package"),
    (DIRECTION, "actors/subscriptions/actor.py", "from seatkeeper.actors import accounts"),
    (DIRECTION, "actors/accounts/actor.py", "from seatkeeper.actors.processes.sign_up import SignUp"),
    (DIRECTION, "actors/new.py", "from seatkeeper.actors.runtime.futures import LoopFuture"),
    (DIRECTION, "storage/queries.py", "def rows() -> None:\n    import seatkeeper.http.app"),
    (DIRECTION, "storage/kinds.py", "from seatkeeper.actors.accounts.actor import AccountActor"),
    (DIRECTION, "storage/memory/journal.py", "from seatkeeper.actors.accounts.values import AccountId"),
    (DIRECTION, "storage/sqlite/file/schema.py", "from seatkeeper.actors.subscriptions.events import PlanId"),
    (DIRECTION, "storage/verify/replay.py", "from seatkeeper.actors import subscriptions"),
    (DIRECTION, "storage/sqlite/reading/streams.py", "from seatkeeper.actors.processes.sign_up import SignUp"),
    (DIRECTION, "storage/journal/batching.py", "from seatkeeper.storage.sqlite.engine import SqliteEngine"),
    (DIRECTION, "storage/journal/batching.py", "from seatkeeper.storage.engines import storage_in"),
    (DIRECTION, "http/app.py", "from seatkeeper.storage.sqlite.journal import SqliteJournal"),
    (DIRECTION, "http/outgoing.py", "from seatkeeper.storage.sqlite.journal import SqliteJournal"),
    (DIRECTION, "http/server/server.py", "from seatkeeper.http.api.routes import ROUTES"),
    (DIRECTION, "http/server/problems.py", "from seatkeeper.actors.accounts.limits.refusals import NoSeatLeft"),
    (DIRECTION, "http/server/server.py", "from seatkeeper.http import settings"),
    (DIRECTION, "http/openapi/document.py", "from seatkeeper.http.api import routes"),
    (DIRECTION, "http/api/operations.py", "from seatkeeper.http.observability.metrics import Metrics"),
    (DIRECTION, "http/api/operations.py", "from seatkeeper.http.app import App"),
    (DIRECTION, "http/observability/metrics.py", "from seatkeeper.http.server.server import Server"),
    (DIRECTION, "http/app.py", "from seatkeeper.http.cli import main"),
    (DIRECTION, "http/settings.py", "from seatkeeper.http.app import App"),
    (NAME, "storage/queries.py", "from actors.accounts import events"),
    (NAME, "tests/test_queries.py", "import storage.queries"),
    (NAME, "storage/queries.py", "from . import journal"),
    (NAME, "storage/queries.py", "from tests.aggregates import accounts"),
    (PURE, ACCOUNT, "import asyncio"),
    (PURE, ACCOUNT, "import time"),
    (PURE, ACCOUNT, "from seatkeeper.actors.aggregates.aggregate import AggregateActor"),
    (PURE, ACCOUNT, "from seatkeeper.actors.accounts.actor import AccountActor"),
    (PURE, ACCOUNT, "from seatkeeper.actors.accounts import actor"),
    (PURE, "actors/accounts/members/decisions.py", "from seatkeeper.actors.accounts.actor import AccountActor"),
    (PURE, "actors/subscriptions/plan.py", "from seatkeeper.actors.aggregates import journal"),
    (PURE, ACCOUNT, "from datetime import UTC, datetime\n\nopened = datetime.now(UTC)"),
    (PURE, ACCOUNT, "from uuid import uuid4\n\nmember_id = uuid4()"),
]
ALLOWED: list[tuple[Rule, str, str]] = [
    (DIRECTION, "http/app.py", "import http.client\nfrom seatkeeper.actors.aggregates import directory"),
    (DIRECTION, "http/cli/serve.py", "from seatkeeper.http.app import App"),
    (DIRECTION, "http/server/server.py", "from seatkeeper.http.observability.metrics import Metrics"),
    (DIRECTION, "http/api/members.py", "from seatkeeper.actors.accounts.members import commands"),
    (DIRECTION, "storage/projections/members.py", "from seatkeeper.actors.accounts.members import events"),
    (DIRECTION, "storage/registry.py", "from seatkeeper.actors import accounts, subscriptions"),
    (DIRECTION, "actors/processes/sign_up.py", "from seatkeeper.actors import accounts, subscriptions"),
    (NAME, "http/app.py", "from http import HTTPStatus\nfrom seatkeeper.http.api import plans"),
    (NAME, "tests/test_queries.py", "from tests.storage import stores"),
    (PURE, ACCOUNT, "from collections.abc import Sequence\nimport msgspec"),
    (PURE, ACCOUNT, "from seatkeeper.actors.accounts.members.events import SeatTaken"),
    (PURE, ACCOUNT, "from seatkeeper.actors.aggregates.messages import Command, Event, Refusal"),
    (PURE, "actors/accounts/actor.py", "import asyncio"),
]


@pytest.mark.parametrize(("rule", "path", "source"), BREACHES)
def test_a_planted_breach_is_found(rule: Rule, path: str, source: str) -> None:
    assert apply(rule, path, source)


@pytest.mark.parametrize(("rule", "path", "source"), ALLOWED)
def test_an_allowed_import_is_let_through(rule: Rule, path: str, source: str) -> None:
    assert apply(rule, path, source) == []

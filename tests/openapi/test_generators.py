"""What others read /openapi.json with takes all of it: clients are generated without a warning, and they work."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from seatkeeper.http.api.routes import ROUTES
from tests.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

TOOLS = Path(__file__).parent / "tools" / "node_modules"
OPERATIONS = sorted(route.name for route in ROUTES)
NOTHING_TOLD = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
TEAM = "00000000-0000-7000-8000-000000000002"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with the starter plans."""
    with Service(tmp_path_factory.mktemp("generators") / "seatkeeper.db") as running:
        yield running


@pytest.fixture(scope="module")
def document(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the document, as it is served."""
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    path.write_bytes(service.get("/openapi.json").content)
    return path


@pytest.fixture(scope="module")
def generated(document: Path) -> Path:
    """A Python client for the document, generated with every warning as an error."""
    client = document.with_name("generated_client")
    program = Path(sys.executable).with_name("openapi-python-client")
    options = ["--path", str(document), "--output-path", str(client), "--meta", "none", "--fail-on-warning"]
    run(document.parent, str(program), "generate", *options)
    return client


def run(folder: Path, *command: str) -> str:
    """Run a program to its end; what it printed."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **NOTHING_TOLD, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tool(name: str) -> str:
    """The path of a tool for Node."""
    assert (TOOLS / ".installed").exists(), "the tools for Node are not installed: run `make install`"
    return str(TOOLS / ".bin" / name)


def test_a_python_client_has_every_operation(generated: Path) -> None:
    modules = [path.stem for path in generated.glob("api/*/*.py") if path.stem != "__init__"]
    assert sorted(modules) == OPERATIONS


def test_a_python_client_signs_up_and_changes_what_it_has_read(
    service: Service, generated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(generated.parent)

    def module(name: str) -> Any:  # noqa: ANN401 - the generated code is not there when types are checked
        return importlib.import_module(f"generated_client.{name}")

    models = module("models")
    options = {"raise_on_unexpected_status": True, "httpx_args": {"trust_env": False}}
    with module("client").Client(base_url=service.url, **options) as client:
        body = models.NewSignUp(account_name="Looms", user_name="Ada", plan_id=TEAM)
        signed_up = module("api.signups.sign_up").sync(client=client, body=body, idempotency_key="a key")
        account_id = signed_up.account.account_id
        read = module("api.accounts.get_account").sync_detailed(account_id, client=client)
        assert read.parsed == signed_up.account
        tag = read.headers["ETag"]
        again = module("api.accounts.get_account").sync_detailed(account_id, client=client, if_none_match=tag)
        assert (again.status_code, again.parsed) == (304, None)
        rename = module("api.accounts.rename_account").sync_detailed
        change = models.AccountChange(account_name="Mills")
        assert rename(account_id, client=client, body=change, if_match=f'"1", {tag}').parsed.account_name == "Mills"
        refused = rename(account_id, client=client, body=change, if_match=tag).parsed
        assert isinstance(refused, models.Problem)
        assert (refused.status, refused.type_) == (412, "/problems/version-mismatch")


def test_a_python_client_asks_what_would_come_of_a_sign_up(
    service: Service, generated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(generated.parent)
    models = importlib.import_module("generated_client.models")
    sign_up = importlib.import_module("generated_client.api.signups.sign_up").sync
    options = {"raise_on_unexpected_status": True, "httpx_args": {"trust_env": False}}
    with importlib.import_module("generated_client.client").Client(base_url=service.url, **options) as client:
        for plan_id, kind in ((TEAM, models.DryRunAcceptedSignedUp), (TEAM.replace("2", "9"), models.DryRunRefused)):
            body = models.NewSignUp(account_name="Looms", user_name="Ada", plan_id=plan_id)
            assert isinstance(sign_up(client=client, body=body, dry_run=True), kind)


def test_typescript_has_every_operation(document: Path) -> None:
    types = document.with_name("seatkeeper.d.ts")
    run(document.parent, tool("openapi-typescript"), str(document), "--output", str(types))
    _, _, operations = types.read_text("utf-8").partition("export interface operations {\n")
    assert sorted(re.findall(r"^    (\w+): \{$", operations, re.MULTILINE)) == OPERATIONS
    run(document.parent, tool("tsc"), "--strict", "--noEmit", str(types))


def test_a_linter_finds_nothing(document: Path) -> None:
    printed = run(document.parent, tool("redocly"), "lint", "--format", "json", str(document))
    found = msgspec.json.decode(printed, type=dict[str, Any])
    assert (found["totals"], found["problems"]) == ({"errors": 0, "warnings": 0, "ignored": 0}, [])

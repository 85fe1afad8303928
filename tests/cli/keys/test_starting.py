"""When a service may start: on loopback always, elsewhere only with a key."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from tests.cli.keys.commands import on_the_file, secret_of
from tests.contract.shapes import ApiKey, Page, answer
from tests.service import LOOPBACK, Service, run_to_its_end

if TYPE_CHECKING:
    from pathlib import Path

EVERYWHERE = "0.0.0.0"  # noqa: S104 - this is what is tested


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root key's file, which is not there yet."""
    return tmp_path / "root.key"


def serving(database: Path, host: str, *options: str) -> Service:
    """A service that listens on this host."""
    return Service(database, arguments=["--database", str(database), "--host", host, "--port", "0", *options])


def run_python(program: str) -> str:
    """What a program prints, in an interpreter of its own."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True, timeout=60)
    return done.stdout


def keys_of(service: Service) -> list[ApiKey]:
    return answer(service.get("/v1/api-keys"), 200, Page[ApiKey]).items


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "192.0.2.1"])
def test_without_a_key_only_loopback_is_served(database: Path, host: str) -> None:
    ended = run_to_its_end("serve", "--database", str(database), "--host", host, "--port", "0")
    command = f"seatkeeper keys create --database {database} --name root --scope admin"
    assert (ended.status, ended.output) == (1, "")
    assert command in ended.errors.splitlines()[-1]


def test_the_command_that_is_named_opens_the_way(database: Path) -> None:
    secret = secret_of(on_the_file(database)("create", "--name", "root", "--scope", "admin"))
    with serving(database, EVERYWHERE) as service:
        url = f"http://127.0.0.1:{service.port}/v1/plans"
        without = requests.get(url, timeout=30).status_code
        own = requests.get(url, headers={"Authorization": f"Bearer {secret}"}, timeout=30).status_code
    assert (without, own) == (401, 200)


def test_a_revoked_key_is_a_key(database: Path) -> None:
    keys = on_the_file(database)
    keys("revoke", secret_of(keys("create", "--name", "root", "--scope", "admin"))[3:39])
    with serving(database, EVERYWHERE) as service:
        assert service.running


def test_a_root_key_is_made_in_its_file_and_in_the_database(database: Path, root: Path) -> None:
    with serving(database, EVERYWHERE, "--root-key-file", str(root)) as service:
        service.url = f"http://127.0.0.1:{service.port}"
        service.key = root.read_text().strip()
        (key,) = keys_of(service)
    assert (key.name, key.scopes, key.key_id) == ("root", ["admin"], root.read_text()[3:39])
    assert root.stat().st_mode & 0o777 == 0o600


def test_a_root_key_stays_what_it_is(database: Path, root: Path) -> None:
    options = ("--root-key-file", str(root))
    with Service(database, *options) as service:
        service.key = root.read_text().strip()
        service.restart()
        assert len(keys_of(service)) == 1
    assert "holds no valid key" not in service.errors()


def test_a_root_key_of_another_database_is_made_in_this_one(database: Path, tmp_path: Path, root: Path) -> None:
    for path in (tmp_path / "other.db", database):
        with Service(path, "--root-key-file", str(root)) as service:
            service.key = root.read_text().strip()
            assert len(keys_of(service)) == 1


def test_a_root_key_that_was_revoked_stays_revoked_and_is_told(database: Path, root: Path) -> None:
    with Service(database, "--root-key-file", str(root)) as service:
        service.key = root.read_text().strip()
        assert service.post(f"/v1/api-keys/{service.key[3:39]}/revoke").ok
        service.restart()
        assert service.get("/v1/api-keys").status_code == 401
        assert '"event":"the root key file holds no valid key"' in service.errors()


def test_a_root_key_that_others_can_read_is_refused(database: Path, root: Path) -> None:
    with Service(database, "--root-key-file", str(root)):
        pass
    root.chmod(0o644)
    ended = run_to_its_end("serve", "--database", str(database), *LOOPBACK, "--root-key-file", str(root))
    assert (ended.status, ended.output) == (1, "")
    assert "others can read the root key file" in ended.errors.splitlines()[-1]


def test_on_loopback_a_root_key_closes_the_service(database: Path, root: Path) -> None:
    with Service(database, "--root-key-file", str(root)) as service:
        assert service.get("/v1/plans").status_code == 401
        assert "the service is open" not in service.errors()


@pytest.mark.parametrize("arguments", [("verify", "--help"), ("backup", "--help"), ("keys", "--help"), ("--help",)])
def test_a_command_imports_no_web_server_before_it_needs_one(arguments: tuple[str, ...]) -> None:
    program = (
        "import sys\nfrom seatkeeper.http.cli.main import main\n"
        f"try:\n    main({list(arguments)!r})\nexcept SystemExit:\n    pass\n"
        "print(sorted({'aiohttp', 'iso4217', 'email_validator'} & set(sys.modules)))"
    )
    assert run_python(program).splitlines()[-1] == "[]"


def test_a_pipe_is_no_root_key_file_and_does_not_hold_the_start(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    ended = run_to_its_end("serve", "--database", str(tmp_path / "s.db"), "--port", "0", "--root-key-file", str(pipe))
    assert (ended.status, ended.errors.splitlines()[-1].endswith(f"{pipe} is not a file")) == (1, True)

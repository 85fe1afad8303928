"""The Dockerfile and the compose files: their form, and a service from what the first stage makes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft7Validator

from seatkeeper.http.settings import Settings
from tests import suite
from tests.deploy import dockerfile
from tests.deploy.dockerfile import ROOT, Instruction, instructions, stages
from tests.service import Service, clean_environment
from tests.torture.rig.machinery import need

COMPOSE = sorted((ROOT / "deploy").glob("compose*.yaml"))
SPECIFICATION = Path(__file__).with_name("compose_spec")
CLOSED = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}
PROGRAMS = str(Path(sys.executable).parent)


def last_stage() -> dict[str, Instruction]:
    """The instructions of the last stage, the last of each kind."""
    return {instruction.word: instruction for instruction in stages()[-1]}


def environment_of_the_image() -> dict[str, str]:
    """What ENV sets."""
    return {name: value.strip('"') for name, value in re.findall(r'(\w+)=("[^"]*"|\S+)', last_stage()["ENV"].rest)}


def test_hadolint_finds_no_fault_with_the_dockerfile() -> None:
    need("hadolint", path=os.pathsep.join((PROGRAMS, os.environ["PATH"])))
    found = {"PATH": os.pathsep.join((PROGRAMS, os.environ["PATH"]))}
    command = ["hadolint", "--no-color", "--config", "deploy/hadolint.yaml", "deploy/Dockerfile"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **found}, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_each_base_image_is_a_slim_python_of_one_version() -> None:
    bases = {instruction.rest.split()[0] for instruction in instructions() if instruction.word == "FROM"}
    (base,) = bases
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", base)


def test_no_shell_runs_in_the_image() -> None:
    commands = [one for one in instructions() if one.word in {"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"}]
    assert all(one.command for one in commands)  # raises for the other form
    assert len(commands) >= 10


def test_the_service_runs_as_a_user_of_a_fixed_number_who_owns_the_volume() -> None:
    last = last_stage()
    assert last["USER"].rest == "10001:10001"
    assert json.loads(last["VOLUME"].rest) == ["/data"]
    assert last["STOPSIGNAL"].rest == "SIGTERM"
    assert any(one.command[:3] == ["install", "--directory", "--owner"] for one in stages()[-1] if one.word == "RUN")


def test_what_is_copied_is_let_through_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    let_through = {line[1:] for line in lines if line.startswith("!")}
    copied = {path for one in stages()[0] if one.word == "COPY" for path in one.rest.split()[:-1]}
    assert "*" in lines
    assert let_through == copied


def test_the_image_sets_options_that_there_are() -> None:
    names = {name.upper() for name in Settings.__struct_fields__}
    texts = [path.read_text("utf-8") for path in (ROOT / "deploy/Dockerfile", *COMPOSE)]
    texts += [path.read_text("utf-8") for path in (ROOT / "deploy/systemd").rglob("*") if path.is_file()]
    named = {name for text in texts for name in re.findall(r"SEATKEEPER_([A-Z_]+)", text)}
    assert named - names == set()
    assert {"DATABASE", "ROOT_KEY_FILE", "STANDBY"} <= named


@suite.thorough
def test_what_the_first_stage_makes_serves_and_tells_the_health_check(tmp_path: Path) -> None:
    environment = dockerfile.build(tmp_path, dockerfile.install_from_here)
    (packages,) = environment.glob("lib/python*/site-packages")
    assert [name for name in ("pip", "setuptools") if (packages / name).exists()] == []
    data = tmp_path / "data"
    data.mkdir()
    given = {name: value.replace("/data", str(data)) for name, value in environment_of_the_image().items()}
    given |= {"PATH": f"{environment}/bin:{os.environ['PATH']}", "SEATKEEPER_HOST": "127.0.0.1", "SEATKEEPER_PORT": "0"}
    given |= {"SEATKEEPER_ALLOWED_HOSTS": "seatkeeper.example.com"}
    program = [str(environment / "bin" / word) for word in last_stage()["ENTRYPOINT"].command]
    with Service(data / "seatkeeper.db", arguments=(), environment=given, program=program) as service:
        asked = {"Authorization": f"Bearer {(data / 'root-key').read_text().strip()}", "Host": "seatkeeper.example.com"}
        assert service.send("GET", "/v1/plans", headers=asked).status_code == 200
        assert health(service.port) == 0
    assert health(service.port) == 1


def health(port: int) -> int:
    """The exit status of the health check of the image for a service on this port."""
    given = clean_environment({"SEATKEEPER_PORT": str(port), "SEATKEEPER_ALLOWED_HOSTS": "seatkeeper.example.com"})
    command = [sys.executable, *last_stage()["HEALTHCHECK"].command[1:]]
    return subprocess.run(command, env=given, capture_output=True, check=False, timeout=30).returncode


def compose(path: Path) -> dict[str, dict[str, dict[str, object]]]:
    """A compose file as it is written."""
    read: dict[str, dict[str, dict[str, object]]] = msgspec.yaml.decode(path.read_bytes())
    return read


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_the_compose_file_is_one_by_the_specification(path: Path) -> None:
    schema = json.loads((SPECIFICATION / "compose.schema.json").read_text("utf-8"))
    Draft7Validator(schema).validate(compose(path))


def test_the_schema_is_the_one_that_the_manifest_names() -> None:
    manifest = json.loads((SPECIFICATION / "manifest.json").read_text("utf-8"))
    assert hashlib.sha256((SPECIFICATION / manifest["file"]).read_bytes()).hexdigest() == manifest["sha256"]
    assert "Apache License" in (SPECIFICATION / "LICENSE").read_text("utf-8")


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_every_container_is_closed_and_bounded(path: Path) -> None:
    for service in compose(path)["services"].values():
        if "extends" not in service:
            assert {name: service.get(name) for name in CLOSED} == CLOSED
            assert "limits" in str(service["deploy"])
            assert "max-size" in str(service["logging"])


def test_the_password_is_in_no_environment() -> None:
    text = (ROOT / "deploy/compose.postgresql.yaml").read_text("utf-8")
    assert re.findall(r"(?m)^\s+\w*PASS\w*: (.*)$", text) == ["/run/secrets/pgpass", "/run/secrets/password"]
    secrets = compose(ROOT / "deploy/compose.postgresql.yaml")["secrets"]
    assert {str(secret["file"]) for secret in secrets.values()} == {"secrets/password", "secrets/pgpass"}

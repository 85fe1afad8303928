"""`seatkeeper keys`, which does the same on the file of a stopped service and through a running one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.keys.commands import on_the_file, on_the_service, rows_of, secret_of
from tests.contract.given import UNKNOWN_ID, feed
from tests.service import LOOPBACK, Ended, Service, run_to_its_end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ADMIN = ("--name", "root", "--scope", "admin")


@pytest.fixture(params=["file", "service"])
def keys(request: pytest.FixtureRequest, database: Path) -> Iterator[Callable[..., Ended]]:
    """The command, on a file that has an admin key, or on a service that has one."""
    admin = secret_of(on_the_file(database)("create", *ADMIN))
    if request.param == "file":
        yield on_the_file(database)
        return
    with Service(database) as running:
        yield on_the_service(running.url, admin)


@pytest.fixture
def guarded(database: Path) -> Iterator[Service]:
    """A service whose first key was made on the command line."""
    secret = secret_of(on_the_file(database)("create", *ADMIN))
    with Service(database) as running:
        running.key = secret
        yield running


def test_a_key_is_made_and_its_secret_printed_alone(keys: Callable[..., Ended]) -> None:
    ended = keys("create", "--name", "Backend", "--scope", "plans:read", "--scope", "keys")
    secret = secret_of(ended)
    assert secret not in ended.errors
    assert f"the key {secret[3:39]} was made, with plans:read keys" in ended.errors


def test_keys_are_listed_in_a_table(keys: Callable[..., Ended]) -> None:
    secret = secret_of(
        keys("create", "--name", "b", "--scope", "keys", "--rate-limit", "9", "--expires-at", "2999-01-01T00:00:00Z")
    )
    listed = keys("list")
    assert listed.output.splitlines()[0].split()[:4] == ["KEY", "NAME", "STATUS", "SCOPES"]
    assert rows_of(listed)[1] == [secret[3:39], "b", "active", "keys", "2999-01-01T00:00:00.000Z", "never", "9/s"]


def test_a_key_gets_another_secret(keys: Callable[..., Ended]) -> None:
    old = secret_of(keys("create", "--name", "b", "--scope", "keys"))
    new = secret_of(keys("rotate", old[3:39], "--overlap-seconds", "60"))
    assert new != old
    assert new[:40] == old[:40]


def test_a_key_is_revoked(keys: Callable[..., Ended]) -> None:
    key_id = secret_of(keys("create", "--name", "b", "--scope", "keys"))[3:39]
    revoked = keys("revoke", key_id)
    assert (revoked.status, revoked.output, revoked.errors) == (0, "", f"the key {key_id} (b) is revoked\n")
    assert rows_of(keys("list"))[1][2] == "revoked"


def test_a_refusal_is_told(keys: Callable[..., Ended]) -> None:
    key_id = secret_of(keys("create", "--name", "b", "--scope", "keys"))[3:39]
    keys("revoke", key_id)
    ended = keys("rotate", key_id)
    told = f"seatkeeper: Key revoked: the key {key_id} was revoked for ever. Create another key.\n"
    assert (ended.status, ended.output, ended.errors) == (1, "", told)


@pytest.mark.parametrize("act", ["rotate", "revoke"])
@pytest.mark.parametrize("key_id", [UNKNOWN_ID, "nobody", "../plans"])
def test_a_key_that_does_not_exist_is_told(keys: Callable[..., Ended], act: str, key_id: str) -> None:
    ended = keys(act, key_id)
    told = "seatkeeper: Key not found: no API key has this id. Check the id.\n"
    assert (ended.status, ended.output, ended.errors) == (1, "", told)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--name", " ", "--scope", "keys"), "name: Expected 1 to 200 characters"),
        (("--name", "b", "--scope", "keys", "--expires-at", "soon"), "expires_at: Expected a time as RFC 3339 has it"),
        (
            ("--name", "b", "--scope", "keys", "--expires-at", "2020-01-01T00:00:00Z"),
            "expires_at: Expected a time in the future",
        ),
        (("--name", "b", "--scope", "keys", "--rate-limit", "0"), "rate_limit: Expected an integer from 1 to 1000000"),
    ],
)
def test_a_wrong_option_is_told_in_one_line(keys: Callable[..., Ended], arguments: tuple[str, ...], told: str) -> None:
    ended = keys("create", *arguments)
    assert (ended.status, ended.output) == (2, "")
    assert ended.errors.startswith(f"seatkeeper: {told}")
    assert ended.errors.count("\n") == 1


@pytest.mark.parametrize("arguments", [("--name", "b"), ("--scope", "keys"), ("--name", "b", "--scope", "root")])
def test_a_key_has_a_name_and_scopes(database: Path, arguments: tuple[str, ...]) -> None:
    assert on_the_file(database)("create", *arguments).status == 2
    assert not database.exists()


def test_the_database_is_made_where_there_is_none_and_private(database: Path) -> None:
    secret_of(on_the_file(database)("create", *ADMIN))
    assert database.stat().st_mode & 0o777 == 0o600


def test_a_file_of_before_has_no_keys(stopped: Path) -> None:
    assert rows_of(on_the_file(stopped)("list")) == []


def test_a_key_of_the_command_line_works(guarded: Service) -> None:
    assert guarded.get("/v1/plans").status_code == 200


def test_a_database_with_a_key_gets_its_starter_plans(guarded: Service) -> None:
    assert len(guarded.get("/v1/plans").json()["items"]) == 3


def test_an_event_says_that_it_came_from_the_command_line(guarded: Service) -> None:
    context = feed(guarded)[0].context
    assert context is not None
    assert context["actor"] == "cli"


def test_a_file_that_is_served_is_not_touched(guarded: Service, database: Path) -> None:
    ended = on_the_file(database)("create", *ADMIN)
    assert (ended.status, ended.output) == (1, "")
    assert "in use by another process" in ended.errors
    assert "--url" in ended.errors
    assert len(guarded.get("/v1/api-keys").json()["items"]) == 1


def test_without_a_key_a_service_tells_so(guarded: Service) -> None:
    ended = on_the_service(guarded.url, None)("list")
    assert (ended.status, ended.output) == (1, "")
    assert "This call needs a key that works" in ended.errors


def test_a_key_that_may_not_is_told_which_scope_it_lacks(guarded: Service) -> None:
    secret = secret_of(on_the_service(guarded.url, guarded.key)("create", "--name", "b", "--scope", "plans:read"))
    ended = on_the_service(guarded.url, secret)("list")
    assert ended.status == 1
    assert "lacks the scope keys" in ended.errors


def test_many_keys_are_listed_over_pages(guarded: Service) -> None:
    for number in range(201):
        assert guarded.post("/v1/api-keys", {"name": f"k{number}", "scopes": ["keys"]}).ok
    assert len(rows_of(on_the_service(guarded.url, guarded.key)("list"))) == 202


def test_a_service_that_is_not_there_is_told(database: Path) -> None:
    assert not database.exists()
    ended = on_the_service("http://127.0.0.1:1", "key")("list")
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors.startswith("seatkeeper: http://127.0.0.1:1 did not answer: ")


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://"])
def test_what_is_no_address_is_told(url: str) -> None:
    ended = on_the_service(url, "key")("list")
    assert (ended.status, ended.output) == (1, "")
    assert "Traceback" not in ended.errors


def test_either_a_file_or_a_service_is_needed(database: Path) -> None:
    neither, both = run_to_its_end("keys", "list"), on_the_file(database)("list", "--url", "http://127.0.0.1:1")
    assert (neither.status, both.status) == (2, 2)
    assert "--database or --url is required" in neither.errors


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    ended = on_the_file(tmp_path / "missing" / "seatkeeper.db")("list")
    assert (ended.status, ended.errors) == (1, f"seatkeeper: the folder {tmp_path / 'missing'} is not there\n")


def test_what_is_no_database_is_told(database: Path) -> None:
    database.write_bytes(b"This is a letter. " * 200)
    ended = on_the_file(database)("list")
    assert ended.status == 1
    assert "Traceback" not in ended.errors


def test_the_file_can_be_served_and_verified_afterwards(database: Path) -> None:
    keys = on_the_file(database)
    key_id = secret_of(keys("create", *ADMIN))[3:39]
    secret_of(keys("rotate", key_id))
    keys("revoke", key_id)
    verified = run_to_its_end("verify", "--database", str(database))
    assert (verified.status, "1 api_keys, 0 webhooks, 3 events" in verified.output) == (0, True)
    with Service(database, arguments=["--database", str(database), *LOOPBACK]) as running:
        assert running.get("/v1/plans").status_code == 401

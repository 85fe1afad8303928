"""Addresses as libpq users know them: TLS with its modes, a socket, several hosts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import trustme

from seatkeeper.storage.errors import DatabaseRefused, StorageAway
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import close, connect, refusal
from tests.postgresql.server import OWNER, Server, give_to_server, running_server

ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who signs the server's certificate."""
    return trustme.CA()


@pytest.fixture(scope="module")
def server(authority: trustme.CA) -> Iterator[Server]:
    """A server with TLS."""
    certificate = authority.issue_cert("127.0.0.1")
    with running_server() as plain:
        key, chain = plain.folder / "key.pem", plain.folder / "chain.pem"
        certificate.private_key_pem.write_to_path(key)
        certificate.cert_chain_pems[0].write_to_path(chain)
        key.chmod(0o600)
        give_to_server(key, chain)
        for name, value in {"ssl_key_file": key, "ssl_cert_file": chain, "ssl": "on"}.items():
            plain.sql(f"ALTER SYSTEM SET {name} = '{value}'")
        plain.stop()
        yield plain.start()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path) -> Path:
    """The certificates that a client trusts."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path / "ca.pem"


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    """Those of another authority."""
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    return tmp_path / "other.pem"


async def is_encrypted(url: str) -> bool:
    """Tell whether a connection is encrypted."""
    connection = await connect(Address(url))
    encrypted = await connection.fetchval(ENCRYPTED)
    await close(connection)
    return bool(encrypted)


@pytest.mark.parametrize(("mode", "encrypted"), [("disable", False), ("prefer", True), ("require", True)])
async def test_a_mode_decides_whether_it_is_encrypted(server: Server, mode: str, *, encrypted: bool) -> None:
    assert await is_encrypted(f"{server.url()}?sslmode={mode}") == encrypted


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
async def test_a_certificate_that_is_trusted_is_taken(server: Server, trusted: Path, mode: str) -> None:
    assert await is_encrypted(f"{server.url()}?sslmode={mode}&sslrootcert={trusted}")


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
async def test_one_of_another_authority_is_refused_for_good(server: Server, strange: Path, mode: str) -> None:
    with pytest.raises(DatabaseRefused, match="certificate verify failed") as refused:
        await connect(Address(f"{server.url()}?sslmode={mode}&sslrootcert={strange}"))
    assert not isinstance(refused.value, StorageAway)


async def test_a_certificate_for_another_host_is_refused_by_the_mode_that_looks_at_it(
    server: Server, trusted: Path
) -> None:
    elsewhere = server.url().replace("127.0.0.1", "localhost")
    assert await is_encrypted(f"{elsewhere}?sslmode=verify-ca&sslrootcert={trusted}")
    with pytest.raises(DatabaseRefused, match="certificate is not valid for 'localhost'"):
        await connect(Address(f"{elsewhere}?sslmode=verify-full&sslrootcert={trusted}"))


async def test_a_server_without_tls_is_refused_where_it_is_required(postgresql: Server) -> None:
    with pytest.raises(DatabaseRefused, match="rejected SSL upgrade"):
        await connect(Address(f"{postgresql.url()}?sslmode=require"))


async def test_a_socket_may_stand_for_a_host(postgresql: Server) -> None:
    connection = await connect(
        Address(f"postgresql:///postgres?host={postgresql.folder}&port={postgresql.port}&user={OWNER}")
    )
    assert await connection.fetchval("SELECT inet_client_addr()") is None
    await close(connection)


async def test_of_several_hosts_the_first_that_answers_is_taken(postgresql: Server) -> None:
    connection = await connect(Address(f"postgresql://{OWNER}@127.0.0.1:1,127.0.0.1:{postgresql.port}/postgres"))
    await close(connection)


def test_a_lock_that_is_held_is_waited_for() -> None:
    refused = refusal(Address("postgresql://127.0.0.1/x"), asyncpg.LockNotAvailableError("canceled"))
    assert isinstance(refused, StorageAway)

"""Addresses: what is read, and that no password is shown, logged or part of an error."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import connect
from tests.postgresql.server import PASSWORD, Server

SECRET = "s3cr3t-w0rd"
NOWHERE = "127.0.0.1:1"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ada:s3cr3t-w0rd@db.example:5432/seats", "postgresql://ada@db.example:5432/seats"),
        ("postgres://ada@db.example/seats", "postgres://ada@db.example/seats"),
        ("postgresql:///seats?host=/run/postgresql", "postgresql:///seats?host=/run/postgresql"),
        ("postgresql:///seats?user=ada&password=s3cr3t-w0rd", "postgresql:///seats?user=ada"),
        ("postgresql://a:s3cr3t-w0rd@one,two:5433/x?sslmode=require", "postgresql://a@one,two:5433/x?sslmode=require"),
    ],
)
def test_it_is_shown_without_the_password(url: str, shown: str) -> None:
    address = Address(url)
    assert (str(address), repr(address)) == (shown, f"Address({shown!r})")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ada:s3cr3t-w0rd@db.example/seats",
        "postgresql://ada:s3cr3t-w0rd/x@db.example/seats",
        "postgresql://ada:s3cr3t-w0rd#x@db.example/seats",
        "postgresql://ada:s3cr3t-w0rd?x@db.example/seats",
        "postgresql://ada:s3cr3t-w0rd@[::1/seats",
    ],
)
def test_one_that_cannot_be_read_is_refused_without_any_of_it(url: str) -> None:
    with pytest.raises(DatabaseRefused, match="cannot be read") as refused:
        Address(url)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ada:{SECRET}@{NOWHERE}/seats",
        f"postgresql://ada:{SECRET}@127.0.0.1:port/seats",
        f"postgresql://ada:{SECRET}@127.0.0.1:1:2/seats",
        f"postgresql://ada@127.0.0.1:{SECRET}/seats?password={SECRET}",
        f"postgresql://ada:{SECRET}@{NOWHERE}/seats?sslmode={SECRET}",
        f"postgresql://ada:{SECRET}@{NOWHERE}/seats?sslmode=verify-full&sslrootcert=/nowhere/{SECRET}",
        f"postgresql://ada:{SECRET}@{NOWHERE}/seats?target_session_attrs={SECRET}",
        f"postgresql://ada:{SECRET}@{NOWHERE},127.0.0.1/seats?port=1,2,3",
    ],
)
async def test_no_error_of_a_connection_has_the_password(url: str) -> None:
    with pytest.raises(DatabaseRefused) as refused:
        await connect(Address(url))
    assert SECRET not in "".join(traceback.format_exception(refused.value))


async def test_no_error_of_the_server_has_the_password(postgresql: Server) -> None:
    with pytest.raises(DatabaseRefused, match="password authentication failed") as refused:
        await connect(Address(_guarded(postgresql, SECRET)))
    assert SECRET not in "".join(traceback.format_exception(refused.value))


async def test_a_password_with_every_special_character_works_percent_encoded(postgresql: Server) -> None:
    connection = await connect(
        Address(_guarded(postgresql, PASSWORD.translate({ord(c): f"%{ord(c):02X}" for c in "@/?#: %"})))
    )
    await connection.close()


async def test_the_password_may_stand_in_the_environment(postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    connection = await connect(Address(postgresql.url(user="guarded")))
    await connection.close()


async def test_the_password_may_stand_in_a_file_that_its_owner_alone_can_read(
    postgresql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "pgpass"
    file.write_text(f"127.0.0.1:{postgresql.port}:postgres:guarded:{PASSWORD}\n")  # asyncpg takes a colon as it is
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    connection = await connect(Address(postgresql.url(user="guarded")))
    await connection.close()


def _guarded(server: Server, password: str) -> str:
    return server.url(user=f"guarded:{password}")

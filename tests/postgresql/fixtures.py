"""Fixtures of PostgreSQL, for all tests: a server for each process that runs tests, and a database for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgresql.server import Server, running_server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server, started when the first test needs it."""
    with running_server() as server:
        yield server


@pytest.fixture
def database(postgresql: Server) -> Iterator[str]:
    """The name of an empty database, for a test that needs a whole one."""
    name = postgresql.new_database()
    yield name
    postgresql.drop(name)


@pytest.fixture
def database_url(postgresql: Server) -> Iterator[str]:
    """The address of an empty schema, which is to the service what a database is."""
    name = postgresql.new_schema()
    yield postgresql.url_of_schema(name)
    postgresql.sql(f"DROP SCHEMA {name} CASCADE")

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
    """The name of an empty database."""
    name = postgresql.new_database()
    yield name
    postgresql.drop(name)


@pytest.fixture
def database_url(postgresql: Server, database: str) -> str:
    """The address of an empty database."""
    return postgresql.url(database)

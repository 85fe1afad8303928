"""One running service for all tests of the client, and a proxy before it that fails when it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from seatkeeper.http.client import Seatkeeper
from tests.client.proxy import Proxy
from tests.service import Service

TEAM = "00000000-0000-7000-8000-000000000002"
"""The starter plan with 10 seats and 25 member slots."""


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with the starter plans and without keys, whose webhooks may lead to this machine."""
    options = ("--webhook-http", "--webhook-private-addresses")
    with Service(tmp_path_factory.mktemp("client") / "seatkeeper.db", *options) as running:
        yield running


@pytest.fixture
async def seats(service: Service) -> AsyncIterator[Seatkeeper]:
    """A client of the service."""
    async with Seatkeeper(service.url) as client:
        yield client


@pytest.fixture
async def proxy(service: Service) -> AsyncIterator[Proxy]:
    """A proxy before the service, which fails as often as its `faults` say."""
    async with Proxy(service.port) as standing:
        yield standing


@pytest.fixture
async def through(proxy: Proxy) -> AsyncIterator[Seatkeeper]:
    """A client that goes through the proxy."""
    async with Seatkeeper(proxy.url) as client:
        yield client

"""The access control of a service whose keys, clocks and proxies are the test's own, before a small route table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.journal import Receipt
from seatkeeper.actors.aggregates.messages import Accepted
from seatkeeper.http.access import names
from seatkeeper.http.access.addresses import ClientAddresses
from seatkeeper.http.access.authentication import Authenticator
from seatkeeper.http.access.control import AccessControl
from seatkeeper.http.access.credentials import new_credential, read_credential
from seatkeeper.http.access.limits.guesses import Guesses
from seatkeeper.http.access.limits.rates import Rates
from seatkeeper.http.access.origins import Origins
from seatkeeper.http.server.routes import ANY_KEY, Answer, Call, Nothing, Route
from tests.server.serving import LIMITS, Handlers, NoWord, Word, a_server, read_word, write_word


async def read_open(handlers: Handlers, _call: Call[None, Nothing]) -> Answer:
    """Answer anybody."""
    handlers.words.append("open")
    return Answer(b"open", content_type="text/plain")


def retire(handlers: Handlers, _call: Call[Nothing, Nothing]) -> Reply:
    """Change something without a body, as a page can ask for without a preflight."""
    reply = Reply()
    handlers.words.append("retired")
    reply.set(Accepted("retired", 1, 1))
    return reply


NOW = "2026-11-28T10:00:00.000Z"
EARLIER, LATER = "2026-11-28T09:00:00.000Z", "2026-11-28T11:00:00.000Z"

Client = TestClient[web.Request, web.Application]


class FakeKey(NamedTuple):
    """A key as the keyring knows it."""

    key_id: str
    scopes: frozenset[str]
    rate_limit: int | None
    secrets: tuple[tuple[bytes, str | None], ...]
    expires_at: str | None
    revoked: bool


@dataclass
class FakeKeyring:
    """Keys that the test makes."""

    keys: dict[str, FakeKey] = field(default_factory=dict)
    uses: list[str] = field(default_factory=list)

    @property
    def holds_keys(self) -> bool:
        """Whether there is a key."""
        return bool(self.keys)

    def find(self, key_id: str) -> FakeKey | None:
        """Find a key."""
        return self.keys.get(key_id)

    def used(self, key_id: str) -> None:
        """Note a use."""
        self.uses.append(key_id)

    def make(
        self, *scopes: str, rate_limit: int | None = None, expires_at: str | None = None, revoked: bool = False
    ) -> str:
        """Make a key; its secret."""
        key_id = f"01900000-0000-7000-8000-{len(self.keys):012x}"
        secret = str(new_credential(key_id))
        held = ((digest(secret), None),)
        self.keys[key_id] = FakeKey(key_id, frozenset(scopes), rate_limit, held, expires_at, revoked)
        return secret

    def rotate(self, secret: str, earlier_until: str) -> str:
        """Give the key of this secret another one; the earlier one works until then."""
        key = self.keys[secret[3:39]]
        new = str(new_credential(key.key_id))
        self.keys[key.key_id] = key._replace(secrets=((digest(new), None), (digest(secret), earlier_until)))
        return new

    def revoke(self, secret: str) -> None:
        """Revoke the key of this secret."""
        key = self.keys[secret[3:39]]
        self.keys[key.key_id] = key._replace(revoked=True)


ROUTES = (
    Route("GET", "/open", read_open, str, media_type="text/plain"),
    Route("GET", "/any", read_open, str, media_type="text/plain", scope=ANY_KEY),
    Route("GET", "/words/{key}", read_word, str, refusals=(NoWord,), media_type="text/plain", scope="accounts:read"),
    Route("POST", "/words", write_word, str, body=Word, scope="accounts:write"),
    Route("POST", "/retire", retire, str, body=Nothing, scope="plans:write"),
)


@dataclass
class Door:
    """The access control, and what the test sets of it."""

    allowed_hosts: str = ""
    cors_origins: str = ""
    trusted_proxies: str = ""
    keyring: FakeKeyring = field(default_factory=FakeKeyring)
    time: str = NOW
    seconds: float = 0.0
    failures: int = 0
    limited: list[str] = field(default_factory=list)
    handlers: Handlers = field(default_factory=Handlers)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    looked_for: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.guesses = Guesses(lambda: self.seconds)
        self.authenticator = Authenticator(
            self.keyring, self.guesses, now=lambda: self.time, on_failure=self._count_failure
        )
        self.access = AccessControl(
            authenticator=self.authenticator,
            addresses=ClientAddresses(names.networks(self.trusted_proxies)),
            origins=Origins(
                allowed_hosts=names.hosts(self.allowed_hosts), cors_origins=names.origins(self.cors_origins)
            ),
            rates=Rates(lambda: self.seconds),
            on_rate_limited=self.limited.append,
        )

    def _count_failure(self) -> None:
        self.failures += 1

    @property
    def words(self) -> list[str]:
        """What the handlers have been asked for."""
        return self.handlers.words

    async def find_receipt(self, name: str) -> Receipt | None:
        """Find a receipt, and note that somebody has looked for it."""
        self.looked_for.append(name)
        return self.receipts.get(name)

    @asynccontextmanager
    async def client(self, routes: Sequence[Route] = ROUTES, *, access_log: bool = False) -> AsyncIterator[Client]:
        """Serve, and be a client."""
        server = a_server(
            self.handlers,
            LIMITS,
            routes=routes,
            find_receipt=self.find_receipt,
            access=self.access,
            access_log=access_log,
        )
        async with TestClient(TestServer(server.application)) as client:
            yield client


async def told(response: ClientResponse) -> tuple[int, str]:
    """The status of a response, and which problem it is; empty for none."""
    status, body = response.status, await response.read()
    if response.content_type != "application/problem+json":
        return status, ""
    return status, msgspec.json.decode(body)["type"].removeprefix("/problems/")


def digest(secret: str) -> bytes:
    """What is stored of a secret."""
    credential = read_credential(secret)
    assert credential is not None
    return credential.digest


def bearer(secret: str) -> Mapping[str, str]:
    """The header that presents a secret."""
    return {"Authorization": f"Bearer {secret}"}

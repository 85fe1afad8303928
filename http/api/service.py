"""The service: what the handlers of the routes work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from seatkeeper.actors.accounts.profile.refusals import AccountNotFound
from seatkeeper.actors.aggregates.aggregate import AnyAggregate, Reply
from seatkeeper.actors.aggregates.door import Door
from seatkeeper.actors.aggregates.journal import Receipt
from seatkeeper.actors.aggregates.messages import Command
from seatkeeper.actors.runtime.inbox import Inbox
from seatkeeper.http.access.keyring import Keyring
from seatkeeper.http.api.later import Later
from seatkeeper.http.api.webhooks.service import WebhookService
from seatkeeper.http.events_out.stream import EventStreams
from seatkeeper.http.server.problems import Refused
from seatkeeper.http.server.routes import B, Call, Q
from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.queries import Queries


@dataclass(frozen=True)
class Service:
    """Commands go through the directory or a coordinator, queries to the views."""

    directory: Door
    sign_up: Inbox
    """The inbox of the coordinator of sign-ups."""
    change_plan: Inbox
    """The inbox of the coordinator of plan changes."""
    queries: Queries
    keyring: Keyring
    identity: Callable[[], JournalIdentity]
    """Which journal is served, which a standby that was promoted changes."""
    streams: EventStreams
    """Those who follow the journal."""
    webhooks: WebhookService
    find_receipt: Callable[[str], Awaitable[Receipt | None]]
    now: Callable[[], str]
    new_id: Callable[[], str]
    currency: str
    unready_reason: Callable[[], str | None]
    """The reason why the service cannot serve writes; None when it can."""
    metrics: Callable[[], Awaitable[bytes]]
    openapi: Callable[[], Awaitable[bytes]]
    """Makes the OpenAPI document at its first call; not on the loop, as that takes 0.1 s."""
    move_clock: Callable[[str], Awaitable[None]] | None = None
    """Moves the clock on to a time, and comes back when all that was due before it is done; only a sandbox has it."""
    later: Later = field(default_factory=Later)

    def ask(self, kind: type[AnyAggregate], aggregate_id: str, call: Call[B, Q], command: Command) -> Reply:
        """Send a command to an aggregate, with the options of the call."""
        return self.directory.ask(kind, aggregate_id, command, call.options)

    async def require_account(self, account_id: str) -> None:
        """Raise Refused when there is no such account."""
        if await self.queries.account(account_id) is None:
            raise Refused(AccountNotFound())

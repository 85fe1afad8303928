"""The keys in the file of a stopped service, through its journal, directory and actors like any other change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from seatkeeper.actors.access.actor import ApiKeyActor
from seatkeeper.actors.access.commands import RevokeKey
from seatkeeper.actors.access.summaries import ApiKeySummary, KeyWithSecret, shown
from seatkeeper.actors.aggregates.aggregate import AggregateFailed, CommandOptions
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown, StreamDamaged
from seatkeeper.actors.aggregates.messages import Command, Context, Refusal
from seatkeeper.http.access.credentials import Credential, new_credential
from seatkeeper.http.api.api_keys import NewApiKey, Rotation, creation, rotation
from seatkeeper.http.cli.statuses import CommandFailed, ExitStatus
from seatkeeper.http.server.problems import ProblemError
from seatkeeper.http.server.validation import validation_problem
from seatkeeper.http.system import Clock, IdSource
from seatkeeper.storage.engines import is_address, storage_in
from seatkeeper.storage.errors import DatabaseRefused, QueryTooSlow
from seatkeeper.storage.queries import Queries

T = TypeVar("T", bound=msgspec.Struct)

PAGE = 200

_FAILURES = (DatabaseRefused, NotStored, OutcomeUnknown, StreamDamaged, QueryTooSlow, AggregateFailed)


@asynccontextmanager
async def stored_keys(database: str) -> AsyncIterator[StoredKeys]:
    """Open the database, whose file is made if it is not there, and close it at the end; raise CommandFailed."""
    folder = Path(database).parent
    if not (is_address(database) or folder.is_dir()):
        message = f"the folder {folder} is not there"
        raise CommandFailed(message)
    now = Clock()
    try:
        storage = storage_in(database, now=now, on_outcome_unknown=lambda: directory.reset_all())  # noqa: PLW0108 - it is made below
        directory = Directory(storage.journal)
        await storage.journal.open()
        try:
            yield StoredKeys(directory, storage.queries, now)
        finally:
            await storage.journal.close()
    except ProblemError as error:
        details = "; ".join(f"{one.pointer.removeprefix('/') or 'request'}: {one.detail}" for one in error.errors)
        raise CommandFailed(details or str(error), ExitStatus.CALLED_WRONGLY) from error
    except _FAILURES as error:
        hint = "; --url makes keys while the service runs" if "in use" in str(error) else ""
        message = f"{str(error) or repr(error)}{hint}"
        raise CommandFailed(message) from error


class StoredKeys:
    """The keys of an open file."""

    def __init__(self, directory: Directory, queries: Queries, now: Clock) -> None:
        """Reach the keys through these."""
        self._directory = directory
        self._queries = queries
        self._now = now
        self._new_id = IdSource()

    async def create(self, body: Mapping[str, object]) -> KeyWithSecret:
        """Make a key from these fields, as in the API."""
        credential = new_credential(self._new_id())
        command = creation(_read(body, NewApiKey), credential, self._now())
        return await self._show(credential, command)

    async def all(self) -> Sequence[ApiKeySummary]:
        """List the keys, oldest first."""
        uses, now = await self._queries.key_uses(), self._now()
        summaries = [msgspec.json.decode(row.summary, type=ApiKeySummary) for row in await self._queries.all_keys()]
        return [shown(summary, uses.get(summary.key_id), now) for summary in summaries]

    async def rotate(self, key_id: str, body: Mapping[str, object]) -> KeyWithSecret:
        """Give a key another secret."""
        credential = new_credential(key_id.lower())
        return await self._show(credential, rotation(_read(body, Rotation), credential, self._now(), None))

    async def revoke(self, key_id: str) -> ApiKeySummary:
        """End a key."""
        return await self._ask(key_id.lower(), RevokeKey(self._now()), ApiKeySummary)

    async def _show(self, credential: Credential, command: Command) -> KeyWithSecret:
        made = await self._ask(credential.key_id, command, KeyWithSecret)
        return msgspec.structs.replace(made, secret=str(credential))

    async def _ask(self, key_id: str, command: Command, answer: type[T]) -> T:
        options = CommandOptions(context=Context("cli", self._new_id()))
        outcome = await self._directory.ask(ApiKeyActor, key_id, command, options)
        if isinstance(outcome, Refusal):
            raise CommandFailed(str(outcome))
        if not isinstance(outcome.value, answer):
            message = f"{outcome.value!r} is no {answer.__name__}"
            raise TypeError(message)
        return outcome.value


def _read(body: Mapping[str, object], kind: type[T]) -> T:
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise validation_problem(error, kind) from error

"""A keyring on a journal in memory, and API keys that are changed through their actor."""

from __future__ import annotations

from seatkeeper.actors.access.actor import ApiKeyActor
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.messages import Accepted, Command, Outcome
from seatkeeper.http.access.keyring import Keyring
from seatkeeper.storage.memory.journal import MemoryJournal
from seatkeeper.storage.projections.api_keys import API_KEYS
from tests.access.past import AT, BACKEND


class World:
    """The parts that a keyring stands between."""

    def __init__(self) -> None:
        self.now = AT
        self.journal = MemoryJournal(now=self.time)
        self.directory = Directory(self.journal)
        self.keyring = Keyring(self.journal.queries, self.time)
        self.journal.watch(API_KEYS, self.keyring.changed)

    def time(self) -> str:
        """The time, as the test has set it."""
        return self.now

    async def do(self, command: Command, key_id: str = BACKEND) -> Outcome:
        """Have the key's actor carry this out."""
        return await self.directory.ask(ApiKeyActor, key_id, command)

    async def accept(self, *commands: Command) -> None:
        """Have these carried out, each of which must be accepted."""
        for command in commands:
            outcome = await self.do(command)
            assert isinstance(outcome, Accepted), outcome

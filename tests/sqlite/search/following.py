"""A store with a follower, and what its search index holds."""

from __future__ import annotations

from pathlib import Path

from seatkeeper.storage.queries import AccountFilter
from seatkeeper.storage.sqlite.search.follower import Follower
from tests.accounts.past import opened
from tests.storage.stores import NEWEST, SqliteStore, account_id, field


class FollowedStore(SqliteStore):
    """A store in a file whose search index takes in what was committed when it is told to."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.follower = Follower(self.journal)
        self.journal.on_commit(self.follower.committed)

    async def catch_up(self) -> None:
        """Take in everything."""
        await self.follower.step()
        while self.follower.behind:
            await self.follower.step()

    async def open(self, *names: str) -> None:
        """Open an account of each name, in this order."""
        for number, name in enumerate(names, 1):
            await self.account(number).append(opened(account_id=account_id(number), account_name=name))

    async def found(self, part: str, plan_id: str | None = None, status: str | None = None) -> list[object]:
        """Search by name, plan and status."""
        which = AccountFilter(part=part, plan_id=plan_id, status=status)
        return field(await self.queries.accounts(which, NEWEST, None, 50), "account_name")

    def has_word(self, word: str) -> bool:
        """Tell whether the full-text index has a word."""
        return self.sql("SELECT rowid FROM account_words WHERE account_words MATCH ?", f'"{word}"') != []

    def taken_in(self) -> list[tuple[object, ...]]:
        """List the names in the index."""
        return self.sql("SELECT number, name FROM account_search ORDER BY number")

    def position(self) -> object:
        """The position up to which the index has taken in the journal, in the file."""
        ((position,),) = self.sql("SELECT position FROM account_search_progress")
        return position

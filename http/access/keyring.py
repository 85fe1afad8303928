"""The keyring: all API keys in memory, as the last commit left them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from seatkeeper.storage.errors import StorageDown
from seatkeeper.storage.projections.api_keys import ApiKeyRow
from seatkeeper.storage.projections.view import Deleted, Row
from seatkeeper.storage.queries import Queries


class KeyRecord(NamedTuple):
    """What a request is checked against."""

    key_id: str
    scopes: frozenset[str]
    rate_limit: int | None
    """Requests a second."""
    secrets: tuple[tuple[bytes, str | None], ...]
    """The SHA-256 of each secret that may work, and until when it does; None for no end of its own."""
    expires_at: str | None
    revoked: bool
    version: int

    def valid_at(self, now: str) -> bool:
        """Tell whether the key works at this time, with the right secret."""
        return not self.revoked and (self.expires_at is None or now < self.expires_at)


class Keyring:
    """Finds keys without asking the database.

    `changed` is called with each row between its commit and any answer to it, so a revocation holds from its commit on.
    """

    def __init__(self, queries: Queries, now: Callable[[], str]) -> None:
        """Start empty; `load` reads what is stored. `now` is the clock."""
        self._queries = queries
        self._now = now
        self._records: dict[str, KeyRecord] = {}
        self.holds_keys = False
        """Whether there is a key, also one that has ended: then every call needs one."""
        self._generation = 1
        self._loaded = 0
        self._uses: dict[str, str] = {}
        self._unsaved: set[str] = set()
        self._callbacks: list[Callable[[str], None]] = []

    async def load(self) -> None:
        """Read all keys; what a commit has brought meanwhile stays."""
        generation = self._generation
        rows, uses = await self._queries.all_keys(), await self._queries.key_uses()
        for row in rows:
            self._take(row)
        self._uses = {**uses, **self._uses}
        self._loaded = generation

    def forget(self) -> None:
        """Find no key until `load` has read them: what is here may differ from the database."""
        self._generation += 1

    @property
    def stale(self) -> bool:
        """Tell whether the keys have to be loaded before any can be found."""
        return self._loaded != self._generation

    def __len__(self) -> int:
        """Count the keys."""
        return len(self._records)

    def find(self, key_id: str) -> KeyRecord | None:
        """Find a key; raise StorageDown while the keys are not known."""
        if self.stale:
            raise StorageDown
        return self._records.get(key_id)

    def changed(self, row: Row | Deleted) -> None:
        """Take the row of a key that was committed."""
        if not isinstance(row, Deleted):
            self._take(ApiKeyRow(*row))  # type: ignore[arg-type] # a row of this view

    def on_change(self, callback: Callable[[str], None]) -> None:
        """Call this with the id of each key that is made, rotated or revoked."""
        self._callbacks.append(callback)

    def _take(self, row: ApiKeyRow) -> None:
        known = self._records.get(row.key_id)
        if known is not None and known.version >= row.version:
            return
        self._records[row.key_id] = _record(row)
        self.holds_keys = True
        for callback in self._callbacks:
            callback(row.key_id)

    def used(self, key_id: str) -> None:
        """Note that a key has been used now."""
        self._uses[key_id] = self._now()
        self._unsaved.add(key_id)

    def last_used_at(self, key_id: str) -> str | None:
        """Return when a key was last used, None for never."""
        return self._uses.get(key_id)

    def take_uses(self) -> Sequence[tuple[str, str]]:
        """Return the keys that were used since the last call, and when."""
        unsaved, self._unsaved = self._unsaved, set()
        return [(key_id, self._uses[key_id]) for key_id in sorted(unsaved)]

    def uses_not_saved(self, uses: Sequence[tuple[str, str]]) -> None:
        """Have the next call return these too, because they could not be stored."""
        self._unsaved.update(key_id for key_id, _ in uses)


def _record(row: ApiKeyRow) -> KeyRecord:
    secrets: list[tuple[bytes, str | None]] = [(bytes.fromhex(row.secret_hash), None)]
    if row.earlier_hash is not None:
        secrets.append((bytes.fromhex(row.earlier_hash), row.earlier_until))
    return KeyRecord(
        key_id=row.key_id,
        scopes=frozenset(row.scopes.split()),
        rate_limit=row.rate_limit,
        secrets=tuple(secrets),
        expires_at=row.expires_at,
        revoked=row.status == "revoked",
        version=row.version,
    )

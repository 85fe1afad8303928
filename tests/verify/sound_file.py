"""A file in which everything agrees, and functions to change it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.storage.records import checksum, event_columns
from seatkeeper.storage.sqlite.verify.verify import verify
from tests.accounts.past import BOB, credited, joined, opened
from tests.storage.stores import NOW, SqliteStore, Store, account_id, plan_id, run
from tests.subscriptions.past import defined, retired

ONE, TWO = account_id(1), account_id(2)
PLAN = plan_id(1)


async def write_sound_file(path: Path) -> None:
    """Make a file that is sound."""
    async with SqliteStore(path) as store:
        await fill(store)


async def fill(store: Store) -> None:
    """Store two accounts and a plan, at positions 1-6, 7-8 and 9-10, and a snapshot of the first."""
    one, two, plan = store.account(1), store.account(2), store.plan(1)
    await one.append(opened(account_id=ONE), joined(BOB, seated=True), credited(700))
    one.save_snapshot()
    await one.append(AccountRenamed("Looms"))
    await two.append(opened(account_id=TWO, external_id="crm-2"))
    await plan.append(defined(plan_id=PLAN, external_id="sku-1"), retired())


def findings(path: Path) -> list[str]:
    """Verify the file and return all findings."""
    found: list[str] = []
    assert verify(path, on_finding=found.append).findings == len(found)
    return found


def change(path: Path, position: int, event: Event) -> None:
    """Replace an event by another one, with the right checksum."""
    ((stream_id, version),) = run(path, "SELECT stream_id, version FROM events WHERE position = ?", position)
    columns = event_columns(str(stream_id), int(str(version)), event, NOW)
    run(path, "DELETE FROM events WHERE position = ?", position)
    run(path, "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", position, *columns)


RECEIPT: Mapping[str, object] = {
    "status": 200,
    "version": 6,
    "position": 6,
    "location": None,
    "body": '{"version":6}',
    "recorded_at": NOW,
}
"""The columns of a right answer to the last command of account 1."""


def receipt(path: Path, key: str, changes: Mapping[str, object]) -> None:
    """Write a receipt to the file, with the right checksum."""
    columns = ({**RECEIPT, **changes}).values()
    code = checksum(key, "0aff", *columns)
    run(path, "INSERT INTO receipts VALUES (NULL, ?, x'0aff', ?, ?, ?, ?, ?, ?, ?)", key, *columns, code)

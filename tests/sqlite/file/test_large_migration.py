"""A file of schema 2 with 100,000 accounts is brought up to date, agrees with its events, and takes more."""

from __future__ import annotations

from pathlib import Path

from seatkeeper.storage.sqlite.verify.verify import verify
from tests import suite
from tests.accounts.past import opened
from tests.sqlite.file.old_files import RILA, multiply, write_schema_2
from tests.storage.stores import SqliteStore, account_id, run

ACCOUNTS = suite.pick(short=200, middle=30_000, long=100_000)


async def test_a_large_file_of_schema_2_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "seatkeeper.db"
    write_schema_2(path)
    multiply(path, ACCOUNTS)
    ((before,),) = run(path, "SELECT count(*) FROM events")
    async with SqliteStore(path) as store:
        last = await store.queries.feed(int(str(before)) - 1, 10)
        assert [event.context for event in last] == [None]
        assert (await store.queries.account(f"{RILA[:-12]}{ACCOUNTS - 1:012x}")) is not None
        assert await store.account(1).append(opened(account_id=account_id(1))) == int(str(before)) + 2
    findings: list[str] = []
    report = verify(path, on_finding=findings.append)
    assert findings == []
    assert report.rows["accounts"] == ACCOUNTS + 3

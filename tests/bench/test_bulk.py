"""Files with very many accounts that were written in bulk."""

from __future__ import annotations

from pathlib import Path

from bench import bulk
from bench.stored import count_accounts, verify
from tests import suite
from tests.service import Service


@suite.thorough
def test_a_file_that_was_written_in_bulk_is_like_one_of_the_service(tmp_path: Path) -> None:
    database, counts = tmp_path / "many.db", list[int]()
    with Service(database, "--starter-plans"):
        pass
    bulk.write(database, 50, counts.append)
    count_accounts(database, 50)
    verify(database)
    with Service(database) as service:
        added = service.post(f"/v1/accounts/{bulk.account_id(49)}/members", {"name": "Ada"})
    assert added.status_code == 201
    assert added.headers["ETag"] == '"3"'
    assert counts == [50]

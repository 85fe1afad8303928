"""Files and kinds: a new kind gets its view and a new index, and a file with events of an unknown kind is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.kinds import Kind, Kinds
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite.file.schema import prepare
from seatkeeper.storage.sqlite.verify.verify import verify
from tests.accounts.past import opened
from tests.sqlite.file.old_files import shape
from tests.storage.stores import SqliteStore, Stream, account_id, run
from tests.storage.toy_context import TOY, TOY_KINDS, ToyActor, made, painted

TOYS_WITHOUT_A_VIEW = Kinds(*KINDS, Kind(ToyActor))


@pytest.fixture
async def older(tmp_path: Path) -> Path:
    """A file of a program that does not know toys."""
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        await store.account(1).append(opened(account_id=account_id(1)))
    return tmp_path / "seatkeeper.db"


@pytest.fixture
async def with_toys(tmp_path: Path) -> Path:
    """A file with toys, of a program that has no view of them."""
    async with SqliteStore(tmp_path / "seatkeeper.db", kinds=TOYS_WITHOUT_A_VIEW) as store:
        for toy_id in ("t2", "t1"):
            await Stream(store, f"toy-{toy_id}", TOY).append(made(toy_id), painted())
    return tmp_path / "seatkeeper.db"


async def test_an_older_file_looks_like_a_new_one_after_the_start(older: Path, tmp_path: Path) -> None:
    assert "toys" not in shape(older)
    async with SqliteStore(older, kinds=TOY_KINDS) as store:
        assert await Stream(store, "toy-t1", TOY).append(made()) == 3
    prepare(tmp_path / "new.db", TOY_KINDS)
    assert shape(older) == shape(tmp_path / "new.db")
    assert "toy.made" in shape(older)["events_unknown"]
    assert run(older, "SELECT toy_id FROM toys") == [("t1",)]
    assert verify(older, on_finding=print, kinds=TOY_KINDS).findings == 0


def test_a_new_view_is_filled_from_the_journal(with_toys: Path) -> None:
    prepare(with_toys, TOY_KINDS)
    assert run(with_toys, "SELECT number, toy_id, colour FROM toys") == [(1, "t2", "red"), (2, "t1", "red")]
    assert verify(with_toys, on_finding=print, kinds=TOY_KINDS).findings == 0


def test_the_other_views_are_left_alone_when_a_new_one_is_filled(older: Path) -> None:
    run(older, "UPDATE accounts SET summary = 'as it was'")
    prepare(older, TOY_KINDS)
    assert run(older, "SELECT summary FROM accounts") == [("as it was",)]


def test_a_new_view_that_cannot_be_filled_is_refused_and_nothing_is_changed(with_toys: Path) -> None:
    run(with_toys, "UPDATE events SET data = '{}' WHERE position = 3")
    before = shape(with_toys)
    with pytest.raises(DatabaseRefused) as info:
        prepare(with_toys, TOY_KINDS)
    assert str(info.value) == (
        f"{with_toys} lacks a view, which cannot be made from its events:"
        " event 3 (toy-t1, version 1) does not match its checksum. Restore a backup."
    )
    assert shape(with_toys) == before


def test_before_the_start_the_missing_view_is_a_finding_and_the_others_are_checked(older: Path) -> None:
    run(older, "UPDATE accounts SET name = 'mills'")
    found: list[str] = []
    verify(older, on_finding=found.append, kinds=TOY_KINDS)
    assert "schema: the table toys is missing" in found
    assert found[-1] == f"accounts {account_id(1)}: differs from its events in name"


def test_a_file_with_events_of_an_unknown_kind_is_refused_with_their_type(with_toys: Path) -> None:
    before = with_toys.read_bytes()
    with pytest.raises(DatabaseRefused, match=r"has an event of type 'toy\.made' \(position 1, toy-t2, version 1\)"):
        prepare(with_toys, KINDS)
    assert with_toys.read_bytes() == before


def test_an_index_that_names_the_same_types_in_another_order_is_left_alone(older: Path) -> None:
    before = older.read_bytes(), shape(older)
    prepare(older, Kinds(*reversed(list(KINDS))))
    assert (older.read_bytes(), shape(older)) == before

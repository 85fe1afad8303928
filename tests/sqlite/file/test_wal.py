"""A log that is damaged in its middle is refused; one that only ends early is what a crash leaves."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite.file.backup import backup
from seatkeeper.storage.sqlite.file.schema import prepare
from seatkeeper.storage.sqlite.file.wal import Damage, find_damage
from tests.storage.stores import SqliteStore
from tests.subscriptions.past import defined
from tests.verify.sound_file import findings

HEADER, FRAME = 32, 24 + 4096
COMMITS = 4


class Crashed:
    """The files of one moment, with a log of a few commits."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.log = database.with_name(f"{database.name}-wal")
        self.content = self.log.read_bytes()
        starts = range(HEADER, len(self.content), FRAME)
        self.frames = [at for at in starts if self.content[at + 8 : at + 16] == self.content[16:24]]
        self.ends = [at for at in self.frames if any(self.content[at + 4 : at + 8])]

    def altered(self, change: Callable[[bytearray], object]) -> Damage | None:
        """Alter the log, and look for damage."""
        content = bytearray(self.content)
        change(content)
        self.log.write_bytes(content)
        return find_damage(self.log)

    def positions(self) -> int:
        """Count the events that SQLite finds."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            return int(connection.execute("SELECT count(*) FROM events").fetchone()[0])


@pytest.fixture
async def crashed(tmp_path: Path) -> AsyncIterator[Crashed]:
    """What a crash leaves after four commits of one event each."""
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        store.sql("PRAGMA wal_checkpoint(RESTART)")
        for number in range(1, COMMITS + 1):
            await store.plan(number).append(defined())
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{store.path}{suffix}", tmp_path / f"crashed.db{suffix}")
        yield Crashed(tmp_path / "crashed.db")


def flip(byte: int) -> Callable[[bytearray], None]:
    def change(content: bytearray) -> None:
        content[byte] ^= 0x10

    return change


def cut(length: int) -> Callable[[bytearray], None]:
    return lambda content: content.__delitem__(slice(length, None))


def cleared(byte: int, size: int) -> Callable[[bytearray], None]:
    return lambda content: content.__setitem__(slice(byte, byte + size), bytes(size))


def test_a_log_that_is_whole_is_not_damaged(crashed: Crashed) -> None:
    assert len(crashed.ends) == COMMITS
    assert find_damage(crashed.log) is None
    prepare(crashed.database, KINDS)


@pytest.mark.parametrize("byte", [0, 5, 9, 17, 24, 4000], ids=["page", "end", "salt", "sum", "first", "content"])
def test_a_flip_before_the_last_commit_is_reported_with_its_byte(crashed: Crashed, byte: int) -> None:
    for frame in crashed.frames:
        damage = crashed.altered(flip(frame + byte))
        acknowledged = frame <= crashed.ends[-2] or (byte == 5 and frame < crashed.ends[-1])  # which makes an end of it
        assert (damage and damage.byte) == (frame if acknowledged else None)


def test_the_commits_behind_it_are_counted(crashed: Crashed) -> None:
    assert crashed.altered(flip(crashed.frames[0] + 100)) == Damage(crashed.frames[0], COMMITS)


def test_a_damaged_log_is_refused_with_the_way_to_go_on_and_left_alone(crashed: Crashed) -> None:
    byte = crashed.ends[1]
    crashed.altered(flip(byte + 1000))
    before = crashed.log.read_bytes()
    with pytest.raises(DatabaseRefused, match=rf"is damaged at byte {byte}, .* truncate --size={byte} {crashed.log}"):
        prepare(crashed.database, KINDS)
    assert crashed.log.read_bytes() == before
    with crashed.log.open("r+b") as log:
        log.truncate(byte)
    prepare(crashed.database, KINDS)
    assert crashed.positions() == 1


def test_a_backup_is_refused_rather_than_made_of_what_is_before_the_damage(crashed: Crashed) -> None:
    byte = crashed.ends[1]
    crashed.altered(flip(byte + 1000))
    copy = crashed.database.with_name("copy.db")
    with pytest.raises(DatabaseRefused, match=f"is damaged at byte {byte}"):
        backup(crashed.database, copy)
    assert not copy.exists()


def test_the_damage_is_found_through_a_link_to_the_file(crashed: Crashed, tmp_path: Path) -> None:
    crashed.altered(flip(crashed.ends[1] + 1000))
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "link.db"
    link.symlink_to(crashed.database)
    with pytest.raises(DatabaseRefused, match="is damaged at byte"):
        backup(link, tmp_path / "copy.db")
    assert "log: it is damaged" in findings(link)[0]


def test_verify_names_the_damage_of_a_log(crashed: Crashed) -> None:
    byte = crashed.frames[1]
    crashed.altered(flip(byte + 1000))
    assert findings(crashed.database)[0] == (
        f"log: it is damaged at byte {byte}; {COMMITS} whole commits behind the damage cannot be checked"
    )


def test_a_torn_end_is_no_damage(crashed: Crashed) -> None:
    for length in range(0, len(crashed.content), 1009):
        assert crashed.altered(cut(length)) is None


def test_a_last_commit_of_which_any_frame_is_missing_is_no_damage(crashed: Crashed) -> None:
    for frame in (frame for frame in crashed.frames if frame > crashed.ends[-2]):
        for missing in (FRAME, 512):
            assert crashed.altered(cleared(frame, missing)) is None
        assert crashed.positions() == COMMITS - 1


def test_frames_of_an_earlier_round_are_no_damage(crashed: Crashed) -> None:
    stale = bytearray(crashed.content[HEADER:])
    for at in range(0, len(stale), FRAME):
        stale[at + 8] ^= 1
    assert crashed.altered(lambda content: content.extend(stale)) is None


@pytest.mark.parametrize("byte", [1, 13, 17, 21, 25, 30])
def test_a_damaged_header_is_reported(crashed: Crashed, byte: int) -> None:
    assert crashed.altered(flip(byte)) == Damage(0, COMMITS)

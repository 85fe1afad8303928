"""F3, F4: the power goes, on a real ext4; and the end of the write-ahead log is torn or flipped."""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import shutil
import signal
import sqlite3
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from seatkeeper.storage.sqlite.file.wal import find_damage
from tests import suite
from tests.service import Service
from tests.torture.rig.ledger import Ledger, complaint_of_verify, recovered
from tests.torture.rig.load import Load, World
from tests.torture.rig.machinery import Mounts, eventually, need, planted
from tests.torture.rig.oracle import read_only
from tests.torture.rig.trial import Trial

EXT4_SHUTDOWN, WITHOUT_FLUSHING_THE_LOG = 0x8004587D, 2


class Disk:
    """An ext4 in a file, mounted where only we see it, whose power can be cut."""

    def __init__(self, mounts: Mounts, folder: Path) -> None:
        self._mounts = mounts
        self._image, self.folder = folder / "disk.img", folder / "disk"
        self.folder.mkdir()
        mounts.run("truncate", "--size=96M", str(self._image))
        mounts.run("mkfs.ext4", "-q", str(self._image))
        self._mount()

    def _mount(self) -> None:
        # The default would write everything out every 5 s, and a power cut does not wait for that.
        self._mounts.mount("-o", "loop,commit=600", str(self._image), str(self.folder))

    def cut(self) -> None:
        """Cut the power: what was not synced is gone."""
        root = os.open(self._mounts.path_from_here(self.folder), os.O_RDONLY)
        try:
            fcntl.ioctl(root, EXT4_SHUTDOWN, struct.pack("I", WITHOUT_FLUSHING_THE_LOG))
        finally:
            os.close(root)

    def power_on(self) -> None:
        """Mount it again, which lets ext4 recover."""
        self._mounts.run("umount", str(self.folder))
        self._mount()

    def copy(self, name: str, destination: Path) -> None:
        """Copy a database out, with its log."""
        for suffix in ("", "-wal"):
            source = self._mounts.path_from_here(self.folder / (name + suffix))
            if source.exists():
                shutil.copyfile(source, destination.with_name(destination.name + suffix))


@contextmanager
def a_disk(folder: Path) -> Iterator[tuple[Mounts, Disk]]:
    need("mkfs.ext4", "losetup", root=True)
    folder.mkdir()
    with Mounts() as mounts:
        yield mounts, Disk(mounts, folder)


async def power_cut(folder: Path, ledger: Ledger, world: World, plants: Sequence[str] = ()) -> None:
    """Run the service under load on a disk of its own, cut its power, and leave what is left where the ledger looks."""
    with a_disk(folder) as (mounts, disk):
        arguments = ("--database", str(disk.folder / "seatkeeper.db"), "--port", "0", "--starter-plans")
        service = Service(ledger.database, arguments=arguments, program=mounts.program(plants))
        service.start()
        try:
            async with Load(service.port, ledger, world) as load:
                await load.answers(world.random.randrange(100, 600))
                stop(service.pid)
                await asyncio.to_thread(disk.cut)
                service.kill()
        finally:
            service.kill()
        disk.power_on()
        disk.copy("seatkeeper.db", ledger.database)


def stop(pid: int) -> None:
    """Stop the process: the cut fails what waits for the disk, or reports a success to it.

    A real one reports nothing. Threads that wait for the disk (D) stop before they come back from there.
    """
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: all(state(thread) in "TD" for thread in Path(f"/proc/{pid}/task").iterdir()), 10, "stopped")


def state(thread: Path) -> str:
    """The state of a thread, a letter."""
    return (thread / "stat").read_text("utf-8").rpartition(") ")[2][0]


async def test_f3_nothing_acknowledged_is_lost_in_a_power_cut(trial: Trial) -> None:
    trial.fault = "F3"
    for number in range(suite.pick(short=1, middle=5, long=50)):
        ledger = trial.ledger(trial.folder / f"after-{number}.db")
        await power_cut(trial.folder / f"{number}", ledger, World(trial.seed + number))
        await recovered(trial.service(ledger.database), ledger)
        ledger.finish()
        ledger.assert_well()
        trial.rounds += 1


async def test_f3_with_synchronous_normal_a_power_cut_loses_what_was_acknowledged(tmp_path: Path) -> None:
    """Or the test above would be blind."""
    ledger = Ledger(tmp_path / "after.db")
    await power_cut(tmp_path / "0", ledger, World(0), ["synchronous-normal"])
    if has_tables(ledger.database):  # sometimes not even those are left
        ledger.recovered()
        assert ledger.findings.counts["lost"] > 0


def has_tables(database: Path) -> bool:
    with closing(sqlite3.connect(database)) as connection:
        return bool(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])


def torn(log: bytes, chance: random.Random) -> bytes:
    """Cut off somewhere."""
    return log[: chance.randrange(len(log))]


def flipped(log: bytes, chance: random.Random) -> bytes:
    """One bit is another."""
    place = chance.randrange(len(log))
    return log[:place] + bytes([log[place] ^ 1 << chance.randrange(8)]) + log[place + 1 :]


def lengthened(log: bytes, chance: random.Random) -> bytes:
    """Something stands behind it."""
    return log + chance.randbytes(chance.randrange(1, 20_000))


DAMAGES: Mapping[str, Callable[[bytes, random.Random], bytes]] = {
    "torn": torn,
    "flipped": flipped,
    "lengthened": lengthened,
}


@pytest.fixture
async def frozen(trial: Trial) -> tuple[Path, Ledger]:
    """A database as it lay there at one moment under load, and the ledger of that moment."""
    ledger = trial.begin("F4")
    service = trial.service(program=planted("no-checkpoints")).start()
    async with Load(service.port, ledger, trial.world()) as load:
        await load.answers(suite.pick(short=120, middle=400, long=1_000))
        os.kill(service.pid, signal.SIGSTOP)
        copy = trial.folder / "frozen.db"
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{trial.database}{suffix}", f"{copy}{suffix}")
        last = max(
            int(r.answer.headers["seatkeeper-position"]) for r in load.records if r.outcome == "done" and r.answer
        )
        os.kill(service.pid, signal.SIGCONT)
        service.kill()
    await recovered(service, ledger)
    assert rows_of(copy)[last - 1 :]
    return copy, ledger


def rows_of(database: Path) -> list[tuple[object, ...]]:
    with closing(read_only(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return connection.execute("SELECT * FROM events ORDER BY position").fetchall()


def rows_before_the_last_commit(trial: Trial, copy: Path) -> int:
    """Tear one byte off the log: damage in the last commit looks like a crash in it."""
    torn_one = trial.folder / "torn.db"
    shutil.copyfile(copy, torn_one)
    torn_one.with_name("torn.db-wal").write_bytes(Path(f"{copy}-wal").read_bytes()[:-1])
    return len(rows_of(torn_one))


@suite.thorough
def test_f4_a_damaged_log_opens_to_a_clean_prefix_and_is_found(trial: Trial, frozen: tuple[Path, Ledger]) -> None:
    copy, ledger = frozen
    chance, everything = random.Random(trial.seed), rows_of(copy)
    log = Path(f"{copy}-wal").read_bytes()
    but_the_last = rows_before_the_last_commit(trial, copy)
    for number in range(suite.pick(short=6, middle=15, long=1_000)):
        damage = DAMAGES[sorted(DAMAGES)[number % len(DAMAGES)]]
        victim = trial.folder / "victim.db"
        shutil.copyfile(copy, victim)
        victim.with_name("victim.db-shm").unlink(missing_ok=True)
        victim.with_name("victim.db-wal").write_bytes(damage(log, chance))
        damage_found = find_damage(victim.with_name("victim.db-wal"))
        rows = rows_of(victim)
        assert rows == everything[: len(rows)], f"no prefix after {damage.__name__}"
        assert damage_found is None if damage is not flipped else damage_found or len(rows) >= but_the_last, (
            "lost unnoticed"
        )
        if damage is lengthened:
            assert rows == everything
        if number < 3 or number % 100 == 0:
            complaint = complaint_of_verify(victim)
            assert complaint == "" if damage_found is None else complaint.startswith("exit 1: log: it is damaged")
        trial.rounds += 1
    ledger.finish()
    ledger.assert_well()


@pytest.fixture
async def checkpointed(trial: Trial) -> Ledger:
    """The ledger of a killed service, whose log had been copied into the file again and again."""
    ledger = trial.begin("F4 checkpointed")
    service = trial.service(program=planted("frequent-checkpoints")).start()
    async with Load(service.port, ledger, trial.world()) as load:
        await load.answers(suite.pick(short=120, middle=400, long=800))
        service.kill()
    return ledger


def test_f4_of_a_log_that_was_copied_in_part_verify_misses_what_is_torn_off(trial: Trial, checkpointed: Ledger) -> None:
    chance = random.Random(trial.seed)
    log = Path(f"{checkpointed.database}-wal").read_bytes()
    victim = trial.folder / "victim.db"
    for _ in range(suite.pick(short=4, middle=15, long=200)):
        shutil.copyfile(checkpointed.database, victim)
        victim.with_name("victim.db-shm").unlink(missing_ok=True)
        victim.with_name("victim.db-wal").write_bytes(torn(log, chance))
        assert is_whole(victim) or complaint_of_verify(victim)
        trial.rounds += 1
    checkpointed.finish()
    checkpointed.assert_well()


def is_whole(database: Path) -> bool:
    """What SQLite itself says of the file."""
    with closing(read_only(database)) as connection:
        try:
            return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))
        except sqlite3.DatabaseError:
            return False

"""F8, F10, F11, F12: what the service starts on, beside what, and by which clock."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests import suite
from tests.service import Ended, Service, run_to_its_end
from tests.torture.rig.ledger import recovered
from tests.torture.rig.load import Load
from tests.torture.rig.machinery import Mounts
from tests.torture.rig.oracle import read_only
from tests.torture.rig.trial import Trial

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


def served(database: Path) -> Ended:
    """What becomes of a service that is not meant to start."""
    return run_to_its_end("serve", "--database", str(database), "--port", "0", "--starter-plans")


def refuses(ended: Ended, *words: str) -> None:
    """Expect the end, with a message in one line that has these words, and no traceback."""
    assert ended.status == 1
    assert ended.output == ""
    message = ended.errors.strip().splitlines()[-1]
    assert message.startswith("seatkeeper: "), ended.errors
    assert all(word in message for word in words), message
    assert "Traceback" not in ended.errors


def prints(folder: Path) -> dict[str, str]:
    """Every file of a folder, by the hash of what is in it; the lock is empty and says nothing."""
    files = (path for path in folder.iterdir() if path.suffix not in {".lock", ".stderr"})
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def used(trial: Trial) -> Trial:
    """A trial whose database has been used and closed."""
    with Service(trial.database) as service:
        assert service.get("/v1/plans").status_code == 200
    return trial


def test_f8_a_missing_folder_is_named(trial: Trial) -> None:
    trial.fault, trial.rounds = "F8", 1
    refuses(served(trial.folder / "missing" / "seatkeeper.db"), "missing")


def test_f8_a_folder_in_the_place_of_the_file_is_refused(trial: Trial) -> None:
    trial.fault, trial.rounds = "F8", 1
    trial.database.mkdir()
    refuses(served(trial.database), str(trial.database))


@pytest.mark.parametrize("exists", [True, False])
def test_f8_a_read_only_disk_is_refused_and_left_alone(used: Trial, exists: bool) -> None:  # noqa: FBT001 - a case
    used.fault, used.rounds = "F8", 1
    if not exists:
        used.database.unlink()
    before = prints(used.folder)
    with Mounts() as mounts:
        mounts.mount("--bind", str(used.folder), str(used.folder))
        mounts.mount("-o", "remount,ro,bind", str(used.folder))
        service = Service(used.database, program=mounts.program())
        with pytest.raises(RuntimeError, match="ended with 1"):
            service.start()
    assert "Read-only file system" in service.errors() or "readonly" in service.errors(), service.errors()
    assert "Traceback" not in service.errors()
    assert prints(used.folder) == before


@suite.thorough
async def test_f11_a_second_service_on_the_file_ends_and_the_first_does_not_notice(trial: Trial) -> None:
    ledger = trial.begin("F11")
    with Service(trial.database) as first:
        async with Load(first.port, ledger, trial.world()) as load:
            await load.answers(100)
            refuses(served(trial.database), "in use")
            await load.answers(100)
        assert ledger.unknown == []
        assert first.get("/readyz").status_code == 200
        ledger.recovered()
        await ledger.resolve(first.port)
        ledger.finish()
    trial.rounds = 1
    ledger.assert_well()


async def test_f11_the_lock_of_a_killed_service_is_no_lock(trial: Trial) -> None:
    ledger, world = trial.begin("F11"), trial.world()
    service = trial.service().start()
    async with Load(service.port, ledger, world) as load:
        await load.answers(100)
        service.kill()
    assert trial.database.with_name("seatkeeper.db.lock").exists()
    await recovered(service, ledger)
    trial.rounds = 1


def alter(database: Path, sql: str) -> None:
    """Change a file that nobody serves."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(sql)
        connection.commit()


def test_f12_a_database_of_the_future_is_refused_and_left_alone(used: Trial) -> None:
    used.fault, used.rounds = "F12", 1
    alter(used.database, "PRAGMA user_version = 999")
    before = prints(used.folder)
    refuses(served(used.database), "999", "version")
    assert prints(used.folder) == before


def test_f12_an_unknown_event_is_refused_and_left_alone(used: Trial) -> None:
    used.fault, used.rounds = "F12", 1
    alter(
        used.database,
        "INSERT INTO events SELECT max(position) + 1, 'account-x', 1, 'seat.auctioned', '', '{}', 0, NULL FROM events",
    )
    before = prints(used.folder)
    refuses(served(used.database), "seat.auctioned")
    assert prints(used.folder) == before


class Clock:
    """A clock that can be moved under a running service, by libfaketime."""

    def __init__(self, folder: Path) -> None:
        if FAKETIME is None:
            pytest.skip("needs libfaketime")
        self._file = folder / "offset"
        self.set(0)
        self.environment = {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds: int) -> None:
        """Let it be so many seconds later than it is, or earlier."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}s", "utf-8")
        fresh.rename(self._file)


@suite.thorough
async def test_f10_the_clock_jumps_an_hour_both_ways_and_the_order_stays(trial: Trial) -> None:
    ledger, world = trial.begin("F10"), trial.world()
    clock = Clock(trial.folder)
    service = trial.service()
    service.environment.update(clock.environment)
    service.start()
    for jump in (3_600, -3_600, 0):
        clock.set(jump)
        async with Load(service.port, ledger, world) as load:
            await load.answers(150)
        assert service.get("/readyz").status_code == 200
        trial.rounds += 1
    service.kill()
    clock.set(-7_200)
    await recovered(service, ledger)
    ledger.finish()
    ledger.assert_well()
    times = recorded(trial.database)
    assert times == sorted(times)
    assert hours_ahead(times) == {0, 1}
    assert listed(trial.database) == opened(trial.database)


def recorded(database: Path) -> list[str]:
    """When the events say that they were recorded, in their order: no time is before the last one."""
    with closing(read_only(database)) as connection:
        return [at for (at,) in connection.execute("SELECT recorded_at FROM events ORDER BY position")]


def hours_ahead(times: Sequence[str]) -> set[int]:
    """How many hours from now times are."""
    return {round((datetime.fromisoformat(at) - datetime.now(UTC)) / timedelta(hours=1)) for at in times}


def listed(database: Path) -> list[str]:
    """The accounts in the order of the view."""
    with closing(read_only(database)) as connection:
        return [f"account-{row[0]}" for row in connection.execute("SELECT account_id FROM accounts ORDER BY number")]


def opened(database: Path) -> list[str]:
    """The accounts in the order in which they were opened."""
    query = "SELECT stream_id FROM events WHERE type = 'account.opened' ORDER BY position"
    with closing(read_only(database)) as connection:
        return [row[0] for row in connection.execute(query)]

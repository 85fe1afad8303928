"""F5, F6, F7, F9: the disk fails, fails although it has stored the commit, is full, is slow."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests import suite
from tests.service import Service
from tests.torture.rig.ledger import Ledger, recovered
from tests.torture.rig.load import Load, warmed_up
from tests.torture.rig.machinery import Mounts, Strace, at_rest, eventually, gauge, is_back, need
from tests.torture.rig.trial import Trial

TEAM = "00000000-0000-7000-8000-000000000002"
INDEXED = 4062
"""Pages of the log that the first 32 KiB of its index have room for."""

FAILING = ("fdatasync", "pwrite64")

PATIENCE = 90.0
"""Seconds for what a disk that fails delays: each opening is tried again after a pause, on a machine that is busy."""


def was_answered(load: Load, slug: str) -> bool:
    """Whether a command under this load got this problem."""
    return any(record.answer is not None and record.answer.slug == slug for record in load.records)


async def until_answered(load: Load, *slugs: str) -> None:
    """Wait until a command gets one of these problems."""
    async with asyncio.timeout(PATIENCE):
        while not any(was_answered(load, slug) for slug in slugs):
            await load.answers(1)


async def until_done(load: Load) -> None:
    """Wait until something is done again."""
    load.records.clear()
    async with asyncio.timeout(PATIENCE):
        while not any(record.outcome == "done" for record in load.records):
            await load.answers(1)


async def until_it_fails(load: Load, strace: Strace) -> bool:
    """Wait for the error; return whether a commit failed by it: the failure of a checkpoint has no effect."""
    async with asyncio.timeout(PATIENCE):
        while not strace.injections():
            await load.answers(1)
        strace.detach()
        for _ in range(20):
            if not was_answered(load, "outcome-unknown"):
                await load.answers(1)
    return was_answered(load, "outcome-unknown")


@pytest.mark.parametrize("call", FAILING)
async def test_f5_an_error_of_the_disk_is_an_unknown_outcome_and_work_goes_on(trial: Trial, call: str) -> None:
    need("strace", root=True)
    ledger, world = trial.begin(f"F5 {call}"), trial.world()
    with Service(trial.database) as service:
        await warmed_up(service, ledger, world)
        base, bites = at_rest(service), 0
        for step in range(1, suite.pick(short=3, middle=5, long=100)):
            async with Load(service.port, ledger, world) as load:
                with Strace(service, f"{call}:error=EIO:when={step}") as strace:
                    bites += await until_it_fails(load, strace)
                await until_done(load)
            assert service.get("/readyz").status_code == 200
            ledger.recovered()
            await ledger.resolve(service.port)
            ledger.assert_well()
            trial.rounds += 1
        assert bites > 0
        is_back(service, base)
        ledger.finish()
    ledger.assert_well()


async def test_f5_a_disk_that_goes_on_failing_makes_the_service_unready_or_end(trial: Trial) -> None:
    need("strace", root=True)
    ledger = trial.begin("F5 for good")
    with Service(trial.database) as service:
        async with Load(service.port, ledger, trial.world(), clients=4) as load:
            with Strace(service, "fdatasync,pwrite64:error=EIO:when=1+"):
                # The search index may be the first to write, and then no command was in what failed.
                await until_answered(load, "outcome-unknown", "storage-down")
                await asyncio.to_thread(eventually, lambda: not is_ready(service), 60, "unready, or the end")
        if not service.running:
            assert service.wait() > 0
            assert "opened again" in service.errors()
            service.start()
        eventually(lambda: is_ready(service), 60, "ready again")
        ledger.recovered()
        await ledger.resolve(service.port)
        ledger.finish()
    trial.rounds = 1
    ledger.assert_well()


def is_ready(service: Service) -> bool:
    """Whether it runs and says that it serves writes."""
    try:
        return service.running and service.get("/readyz").status_code == 200
    except OSError:
        return False


@suite.thorough
async def test_f6_what_failed_and_is_there_all_the_same_is_not_done_twice(trial: Trial) -> None:
    need("strace", root=True)
    ledger, world = trial.begin("F6"), trial.world()
    service, bites = trial.service(), 0
    for step in range(1, suite.pick(short=3, middle=5, long=100)):
        service.start()
        async with Load(service.port, ledger, world) as load:
            with Strace(service, f"fdatasync:error=EIO:when={step}") as strace:
                bites += await until_it_fails(load, strace)
                service.kill()
        await recovered(service, ledger)
        trial.rounds += 1
    assert bites > 0
    ledger.finish()
    ledger.assert_well()


class SmallDisk:
    """A file system of a few MiB, and a ballast that fills it."""

    def __init__(self, mounts: Mounts, folder: Path, size: str = "12m") -> None:
        self.folder = folder / "small"
        self.folder.mkdir()
        mounts.mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(self.folder))
        self.path = mounts.path_from_here(self.folder)

    def fill(self, leave: int = 0) -> None:
        """Take the space that is left, all but so many bytes."""
        with (self.path / "ballast").open("wb", buffering=0) as ballast:
            try:
                while ballast.write(bytes(4096)):
                    pass
            except OSError:
                pass
        with (self.path / "ballast").open("r+b") as ballast:
            ballast.truncate(ballast.seek(0, 2) - leave)

    def free(self) -> None:
        """Give it back."""
        (self.path / "ballast").unlink()

    def copy(self, destination: Path) -> None:
        """Copy the database out, with its log."""
        for suffix in ("", "-wal"):
            source = self.path / f"seatkeeper.db{suffix}"
            if source.exists():
                shutil.copyfile(source, destination.with_name(destination.name + suffix))


async def test_f7_a_full_disk_refuses_writes_until_there_is_space(trial: Trial) -> None:
    ledger, world = trial.begin("F7"), trial.world()
    with Mounts() as mounts:
        disk = SmallDisk(mounts, trial.folder)
        arguments = ("--database", str(disk.folder / "seatkeeper.db"), "--port", "0", "--starter-plans")
        service = Service(trial.database, arguments=arguments, program=mounts.program())
        with service:
            for _ in range(suite.pick(short=1, middle=3, long=20)):
                await full_and_free_again(service, disk, ledger, Load(service.port, ledger, world, clients=4))
                trial.rounds += 1
        assert "Traceback" not in service.errors()
        disk.copy(trial.database)
    await recovered(trial.service(), ledger)
    ledger.finish()
    ledger.assert_well()


def signed_up(service: Service, name: str) -> requests.Response:
    """Sign up, with names as long as they may be."""
    return service.post("/v1/signups", {"account_name": name * 40, "user_name": "Ada" * 60, "plan_id": TEAM})


READ = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN")
connection.execute("SELECT count(*) FROM events").fetchall()
print("reads", flush=True)
sys.stdin.read()
"""
"""A program that reads until its standard input ends, as a backup may: meanwhile the log can only grow."""


@contextmanager
def read_meanwhile(mounts: Mounts, database: Path) -> Iterator[None]:
    """Hold the log of a database."""
    command = [*mounts.prefix, sys.executable, "-c", READ, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"reads\n"
        try:
            yield
        finally:
            process.communicate(timeout=20)


def test_f7_a_log_whose_index_has_no_space_to_grow_is_a_full_disk_too(tmp_path: Path) -> None:
    with Mounts() as mounts:
        disk = SmallDisk(mounts, tmp_path, "32m")
        database = disk.folder / "seatkeeper.db"
        arguments = ("--database", str(database), "--port", "0", "--starter-plans")
        with Service(tmp_path / "seatkeeper.db", arguments=arguments, program=mounts.program()) as service:
            with read_meanwhile(mounts, database):
                log = disk.path / "seatkeeper.db-wal"
                while log.stat().st_size < (INDEXED - 24) * 4120:
                    assert signed_up(service, "Acme ").status_code == 201
                disk.fill(leave=110_000)
                assert {signed_up(service, "Full ").status_code for _ in range(20)} == {201, 503}
                assert service.get("/readyz").json()["detail"] == "The last commit was refused: the disk is full."
                newest = service.get("/v1/accounts", limit=1).json()["items"]
            service.kill()
            disk.free()
            service.start()
            assert service.get("/v1/accounts", limit=1).json()["items"] == newest
            assert signed_up(service, "Acme ").status_code == 201
            assert "outcome is unknown" not in service.errors()


async def full_and_free_again(service: Service, disk: SmallDisk, ledger: Ledger, load: Load) -> None:
    """Fill the disk under load, see what is served, and make room."""
    async with load:
        await load.answers(50)
        disk.fill()
        await until_answered(load, "storage-full")
        assert service.get("/v1/plans").status_code == 200
        await asyncio.to_thread(eventually, lambda: not is_ready(service), 15, "unready")
        disk.free()
        await until_done(load)
    assert [record for record in ledger.unknown if record in load.records] == []
    eventually(lambda: is_ready(service), 15, "ready again")


@suite.thorough
async def test_f9_a_slow_disk_makes_answers_late_and_no_queue_endless(trial: Trial) -> None:
    need("strace", root=True)
    ledger, world = trial.begin("F9"), trial.world()
    with Service(trial.database, "--in-flight", "40") as service:
        await warmed_up(service, ledger, world)
        base = at_rest(service)
        await a_measured_load(service, Load(service.port, ledger, world, clients=20))
        with Strace(service, f"fdatasync:delay_enter={100_000 * suite.pick(short=1, middle=2, long=3)}"):
            load = Load(service.port, ledger, world, clients=120)
            slow = await a_measured_load(service, load, commits=5)
        assert was_answered(load, "overloaded")
        assert slow > 0.09  # nothing is answered before its commit, which takes 0.1 s at least
        await a_measured_load(service, Load(service.port, ledger, world, clients=20))
        ledger.recovered()
        await ledger.resolve(service.port)
        is_back(service, base)
        ledger.finish()
    trial.rounds = 1
    ledger.assert_well()


async def a_measured_load(service: Service, load: Load, commits: int = 15) -> float:
    """Let so many commits happen under this load; the seconds that the median of the successes took."""
    first = gauge(service, "seatkeeper_commit_seconds_count")
    async with load:
        async with asyncio.timeout(60):
            while gauge(service, "seatkeeper_commit_seconds_count") < first + commits:
                await load.answers(1)
                assert gauge(service, "seatkeeper_journal_waiting") <= 40
                assert gauge(service, "seatkeeper_requests_in_flight") <= 41 + 120
    return statistics.median(load.seconds)

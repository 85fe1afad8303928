"""The checker itself: each kind of wrong, planted in a sound file, is found and named."""

from __future__ import annotations

import asyncio
import copy
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.service import Service
from tests.torture.rig.ledger import Ledger
from tests.torture.rig.load import Load, World

BEHIND = "(SELECT max(position) FROM events)"


async def used(ledger: Ledger) -> None:
    """Work on the file of a ledger, until everything is in order."""
    with Service(ledger.database) as service:
        async with Load(service.port, ledger, World(7), clients=4) as load:
            await load.answers(150)
        ledger.recovered()
        await ledger.resolve(service.port)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """A ledger in order, of a service that has stopped."""
    ledger = Ledger(tmp_path_factory.mktemp("sound") / "seatkeeper.db")
    asyncio.run(used(ledger))
    return ledger


@pytest.fixture
def sound(template: Ledger, tmp_path: Path) -> Ledger:
    """A copy of it, and of its file."""
    ledger = copy.deepcopy(template)
    ledger.database = shutil.copyfile(template.database, tmp_path / "seatkeeper.db")
    return ledger


PLANTS = {
    "lost": "UPDATE events SET data = replace(data, 'mark-', 'mork-') WHERE type = 'credit.adjusted.2'",
    "doubled": f"INSERT INTO events SELECT {BEHIND} + 1, stream_id, version + 1000, type, recorded_at, data, checksum,"
    " context"
    " FROM events WHERE type = 'account.opened' ORDER BY position DESC LIMIT 1",
    "gap": "DELETE FROM events WHERE position = 50",
    "misplaced": "UPDATE events SET version = -version WHERE type = 'member.added'",
    "broken": "UPDATE events SET data = json_set(data, '$.user_limit', 0) WHERE type = 'account.opened'",
    "view": "UPDATE accounts SET summary = json_set(summary, '$.credit.amount', 7)",
    "changed answer": "UPDATE receipts SET body = body || ' '",
    "verify": "UPDATE receipts SET checksum = checksum + 1",
}


def test_a_lost_receipt_is_found(sound: Ledger) -> None:
    with closing(sqlite3.connect(sound.database)) as connection:
        connection.execute("DELETE FROM receipts WHERE number = (SELECT max(number) FROM receipts)")
        connection.commit()
    sound.finish()
    assert sound.findings.counts["lost"] == 1, sound.findings


@pytest.mark.parametrize("kind", PLANTS)
def test_what_is_wrong_is_found(sound: Ledger, kind: str) -> None:
    with closing(sqlite3.connect(sound.database)) as connection:
        assert connection.execute(PLANTS[kind]).rowcount > 0
        connection.commit()
    sound.finish()
    assert sound.findings.counts[kind] > 0, sound.findings
    with pytest.raises(AssertionError, match=kind):
        sound.assert_well()


def test_a_sound_file_has_no_findings(sound: Ledger) -> None:
    sound.finish()
    sound.assert_well()
    assert sound.outcomes["done"] > 100


async def test_another_answer_to_the_same_key_is_found(sound: Ledger) -> None:
    with closing(sqlite3.connect(sound.database)) as connection:
        connection.execute("DELETE FROM receipts")
        connection.commit()
    with Service(sound.database) as service:
        async with Load(service.port, sound, World(8), clients=1) as load:
            await load.answers(1)
        with closing(sqlite3.connect(sound.database)) as connection:
            connection.execute("DELETE FROM receipts")
            connection.commit()
        await sound.resolve(service.port)
    assert sound.findings.counts["changed answer"] + sound.findings.counts["doubled"] > 0

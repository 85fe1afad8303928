"""F13: rows that are not what was written. The stream is refused, the rest works, and `verify` names the row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from tests.contract.given import Customer, a_customer
from tests.contract.shapes import problem
from tests.service import Ended, Service, run_to_its_end
from tests.torture.trial import Trial

MANY = 130
"""Events enough for a snapshot."""


@dataclass
class Scene:
    """A service that is down, with a damaged account and a sound one."""

    service: Service
    damaged: Customer
    sound: Customer

    def alter(self, sql: str, *parameters: str) -> None:
        """Change the file behind the back of the service."""
        with closing(sqlite3.connect(self.service.database)) as connection:
            assert connection.execute(sql, parameters).rowcount == 1
            connection.commit()

    def verify(self, *options: str) -> Ended:
        """What `verify` says."""
        return run_to_its_end("verify", "--database", str(self.service.database), *options)


@pytest.fixture
def scene(trial: Trial) -> Iterator[Scene]:
    trial.fault, trial.rounds = "F13", 1
    with Service(trial.database) as service:
        damaged, sound = a_customer(service, users=10), a_customer(service)
        for number in range(MANY):
            assert damaged.credit(number + 1).status_code == 200
        damaged.add("Bob")
        service.stop()
        yield Scene(service, damaged, sound)


EVENTS = {
    "a flipped byte": "UPDATE events SET data = replace(data, 'Ada', 'Bda') WHERE stream_id = ? AND version = 2",
    "no JSON any more": "UPDATE events SET data = substr(data, 3) WHERE stream_id = ? AND version = 1",
    "another checksum": "UPDATE events SET checksum = checksum + 1 WHERE stream_id = ? AND version = 2",
    "a gap": "DELETE FROM events WHERE stream_id = ? AND version = 1",
}


@pytest.mark.parametrize("damage", EVENTS.values(), ids=EVENTS)
def test_f13_a_damaged_event_stops_its_account_alone(scene: Scene, damage: str) -> None:
    stream_id = f"account-{scene.sound.account_id}"  # it has no snapshot that would hide the damage
    scene.alter(damage, stream_id)
    scene.service.start()
    for _ in range(2):
        refused = problem(scene.sound.post("/members", {"name": "Eve"}), 500)
        assert refused.type == "/problems/stream-damaged"
    scene.damaged.add("Eve")
    assert scene.service.get("/readyz").status_code == 200
    found = scene.verify()
    assert found.status == 1
    assert stream_id in found.output, found


SNAPSHOTS = {
    "a flipped byte": "UPDATE snapshots SET state = replace(state, 'Ada', 'Bda') WHERE stream_id = ?",
    "another checksum": "UPDATE snapshots SET checksum = checksum + 1 WHERE stream_id = ?",
    "no JSON any more": "UPDATE snapshots SET state = substr(state, 3) WHERE stream_id = ?",
}


@pytest.mark.parametrize("damage", SNAPSHOTS.values(), ids=SNAPSHOTS)
def test_f13_a_damaged_snapshot_is_named_ignored_and_replaced(scene: Scene, damage: str) -> None:
    stream_id = f"account-{scene.damaged.account_id}"
    scene.alter(damage, stream_id)
    found = scene.verify()
    assert found.status == 1
    assert stream_id in found.output, found
    scene.service.start()
    assert scene.damaged.credit(-1).json()["credit"]["amount"] == sum(range(MANY + 1)) - 1
    assert "snapshot" in scene.service.errors()
    for _ in range(MANY):
        scene.damaged.credit(1)
    scene.service.stop()
    assert scene.verify().status == 0, scene.verify()


VIEWS = {
    "accounts": "UPDATE accounts SET summary = replace(summary, '\"taken\":0', '\"taken\":1') WHERE account_id = ?",
    "members": "DELETE FROM members WHERE account_id = ?",
}


@pytest.mark.parametrize("damage", VIEWS.values(), ids=VIEWS)
def test_f13_a_damaged_view_is_named_and_rebuilt(scene: Scene, damage: str) -> None:
    scene.alter(damage, scene.sound.account_id)
    found = scene.verify()
    assert found.status == 1
    assert scene.sound.account_id in found.output, found
    assert scene.verify("--rebuild").status == 0, scene.verify()
    scene.service.start()
    assert scene.sound.account().seats.taken == 0
    assert [member.name for member in scene.sound.members()] == ["Ada"]

"""F13: rows that are not what was written. The stream is refused, the rest works, and `verify` names the row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from tests import suite
from tests.contract.crowd import Call, outcomes
from tests.contract.given import Customer, a_customer
from tests.contract.shapes import problem
from tests.service import Ended, Service, run_to_its_end
from tests.torture.rig.trial import Trial

MANY = 130
"""Events enough for a snapshot."""


@dataclass
class Scene:
    """A service that is down, with an account to be damaged for each kind of damage, and a sound one."""

    service: Service
    damaged: dict[str, Customer]
    sound: Customer

    def alter(self, sql: str, *parameters: str) -> None:
        """Change the file behind the back of the service."""
        with closing(sqlite3.connect(self.service.database)) as connection:
            assert connection.execute(sql, parameters).rowcount == 1
            connection.commit()

    def verify(self, *options: str) -> Ended:
        """What `verify` says."""
        return run_to_its_end("verify", "--database", str(self.service.database), *options)


def pay(customer: Customer, amount: int, times: int) -> None:
    """Pay so often, all at once."""
    body = {"amount": {"amount": amount, "currency": "EUR"}, "reason": "a gift"}
    paid = outcomes(customer.service, [Call("POST", f"{customer.path}/credit", body)] * times)
    assert paid == ["200"] * times


@contextmanager
def scene(trial: Trial, damages: Iterable[str]) -> Iterator[Scene]:
    """Set it up, running."""
    trial.fault = "F13"
    with Service(trial.database) as service:
        yield Scene(service, {damage: a_customer(service, users=10) for damage in damages}, a_customer(service))
        trial.rounds += 1


def stream_of(customer: Customer) -> str:
    """The name of an account's stream."""
    return f"account-{customer.account_id}"


EVENTS = {
    "a flipped byte": "UPDATE events SET data = replace(data, 'Ada', 'Bda') WHERE stream_id = ? AND version = 2",
    "no JSON any more": "UPDATE events SET data = substr(data, 3) WHERE stream_id = ? AND version = 1",
    "another checksum": "UPDATE events SET checksum = checksum + 1 WHERE stream_id = ? AND version = 2",
    "a gap": "DELETE FROM events WHERE stream_id = ? AND version = 1",
}


@suite.thorough
def test_f13_a_damaged_event_stops_its_account_alone(trial: Trial) -> None:
    with scene(trial, EVENTS) as there:
        there.service.stop()
        for damage, customer in there.damaged.items():
            there.alter(EVENTS[damage], stream_of(customer))
        there.service.start()
        for customer in [*there.damaged.values()] * 2:
            assert problem(customer.post("/members", {"name": "Eve"}), 500).type == "/problems/stream-damaged"
        there.sound.add("Eve")
        assert there.service.get("/readyz").status_code == 200
        found = there.verify()
        assert found.status == 1
        assert [damage for damage, customer in there.damaged.items() if stream_of(customer) not in found.output] == []
        assert stream_of(there.sound) not in found.output


SNAPSHOTS = {
    "a flipped byte": "UPDATE snapshots SET state = replace(state, 'Ada', 'Bda') WHERE stream_id = ?",
    "another checksum": "UPDATE snapshots SET checksum = checksum + 1 WHERE stream_id = ?",
    "no JSON any more": "UPDATE snapshots SET state = substr(state, 3) WHERE stream_id = ?",
}


@suite.thorough
def test_f13_a_damaged_snapshot_is_named_ignored_and_replaced(trial: Trial) -> None:
    with scene(trial, SNAPSHOTS) as there:
        for customer in there.damaged.values():
            pay(customer, 100, MANY)
        there.service.stop()
        for damage, customer in there.damaged.items():
            there.alter(SNAPSHOTS[damage], stream_of(customer))
        found = there.verify()
        assert found.status == 1
        assert [damage for damage, customer in there.damaged.items() if stream_of(customer) not in found.output] == []
        there.service.start()
        for customer in there.damaged.values():
            assert customer.credit(-1).json()["credit"]["amount"] == 100 * MANY - 1
            assert stream_of(customer) in there.service.errors()
            pay(customer, 1, MANY)
        there.service.stop()
        assert there.verify().status == 0, there.verify()


VIEWS = {
    "account": "UPDATE accounts SET summary = replace(summary, '\"taken\":0', '\"taken\":1') WHERE account_id = ?",
    "member": "DELETE FROM members WHERE account_id = ?",
}


@suite.thorough
def test_f13_a_damaged_view_is_named_and_rebuilt(trial: Trial) -> None:
    with scene(trial, VIEWS) as there:
        there.service.stop()
        for damage, customer in there.damaged.items():
            there.alter(VIEWS[damage], customer.account_id)
        found = there.verify()
        assert found.status == 1
        assert [customer for customer in there.damaged.values() if customer.account_id not in found.output] == []
        assert there.verify("--rebuild").status == 0, there.verify()
        there.service.start()
        for customer in there.damaged.values():
            assert customer.account().seats.taken == 0
            assert [member.name for member in customer.members()] == ["Ada"]

"""A command whose outcome does not come in time: its client gets an unknown outcome."""

from __future__ import annotations

import pytest

from seatkeeper.actors.aggregates.messages import Accepted
from seatkeeper.http.server import server
from tests.server.serving import LIMITS, command, serving
from tests.wire import until


@pytest.fixture(autouse=True)
def _frequent_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SWEEP_EVERY", 0.01)


async def test_a_command_without_an_outcome_in_time_gets_an_unknown_one() -> None:
    async with serving(LIMITS._replace(command_deadline=0.05)) as running:
        client = await running.connect(command("hold"))
        answer = await client.receive()
        assert (answer.status, answer.slug, answer.headers["retry-after"]) == (503, "outcome-unknown", "1")
        running.handlers.replies[0].set(Accepted("hold", 1, 1))  # too late for the client, and no failure
        assert (await client.write(command("next")).receive()).body == b'"next"'
        assert running.server.in_flight == 0


async def test_a_command_within_its_deadline_is_waited_for() -> None:
    async with serving(LIMITS._replace(command_deadline=60.0)) as running:
        client = await running.connect(command("hold"))
        await until(lambda: running.handlers.words == ["hold"])
        running.release()
        assert (await client.receive()).body == b'"hold"'


async def test_a_key_is_not_free_while_its_command_runs() -> None:
    async with serving(LIMITS._replace(command_deadline=0.05)) as running:
        client = await running.connect()
        for _ in range(2):
            answer = await client.write(command("hold", Idempotency_Key="key")).receive()
            assert answer.slug == "outcome-unknown"
        assert running.handlers.words == ["hold"]


async def test_a_key_is_free_when_the_command_that_was_given_up_has_ended() -> None:
    async with serving(LIMITS._replace(command_deadline=0.05)) as running:
        client = await running.connect()
        await client.write(command("hold", Idempotency_Key="key")).receive()
        running.handlers.replies[0].set(Accepted("hold", 1, 1))
        client.write(command("hold", Idempotency_Key="key"))
        await until(lambda: running.handlers.words == ["hold", "hold"])
        running.release()
        assert (await client.receive()).body == b'"hold"'

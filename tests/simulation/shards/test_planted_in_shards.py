"""The simulation of several shards bites: it finds bugs that are planted, each within a few seeds."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.http.cluster.lane import Lane
from seatkeeper.http.cluster.lane import Sent as Waiting
from seatkeeper.storage.sqlite import batch
from tests.simulation.shards.run import drawn, run_shards
from tests.simulation.shards.server import Server
from tests.simulation.world import Broken

SEEDS = range(101, 141)


def first_broken() -> Broken:
    """Run seeds until one breaks an invariant."""
    for seed in SEEDS:
        broken = run_shards(drawn(seed)).broken
        if broken is not None:
            return broken
    pytest.fail(f"nothing was found in {len(SEEDS)} seeds")


def test_a_fence_that_nobody_looks_at_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "store", Server.place)
    assert first_broken().invariant == "I9"


def test_a_repeated_message_that_no_receipt_stops_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    head, tail = batch._RECEIPTS
    monkeypatch.setattr(batch, "_RECEIPTS", batch.Table(head.replace("INSERT", "INSERT OR IGNORE"), tail))
    assert first_broken().invariant in {"I1", "I2"}


def test_a_lane_that_sends_again_what_may_have_been_carried_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    lose, running = Lane._lose, set()

    def send_again(lane: Lane, some: list[Waiting], error: Exception) -> None:
        lose(lane, [sent for sent in some if sent.command.key is not None], error)
        again = [sent for sent in some if sent.command.key is None]

        async def call() -> None:
            await asyncio.sleep(0.5)
            await lane._call(again)

        running.add(asyncio.ensure_future(call()))

    monkeypatch.setattr(Lane, "_lose", send_again)
    assert first_broken().invariant in {"I1", "I2"}

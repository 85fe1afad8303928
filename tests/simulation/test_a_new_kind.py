"""One more kind is simulated and checked by its registration and its commands."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from seatkeeper.actors.aggregates.messages import NOTHING, Command, Decision
from seatkeeper.storage.kinds import Kind, Kinds
from seatkeeper.storage.registry import KINDS
from tests.simulation.repertoire import Repertoire
from tests.simulation.run import run
from tests.simulation.toys import WITH_TOYS
from tests.simulation.world import Broken, Script
from tests.storage.toy_context import TOYS, PaintToy, Toy, ToyActor, ToyPainted
from tests.suite import pick

SEEDS = pick(short=12, middle=30, long=300)


def first_broken(repertoire: Repertoire) -> Broken:
    """Run seeds until one breaks an invariant."""
    for seed in range(1, SEEDS + 1):
        broken = run(Script.drawn(seed, repertoire)).broken
        if broken is not None:
            return broken
    pytest.fail(f"nothing was found in {SEEDS} seeds")


def test_runs_with_it_break_no_invariant() -> None:
    tally: Counter[str] = Counter()
    for seed in range(1, SEEDS + 1):
        result = run(Script.drawn(seed, WITH_TOYS))
        assert result.broken is None, f"seed {seed} with toys"
        tally += result.tally
    assert tally["events of toy"] > 10 * SEEDS
    assert tally["events of account"] > 15 * SEEDS


def test_a_rule_of_it_that_is_broken_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def paint_without_end(toy: Toy | None, command: Command, /) -> Decision:
        if toy is not None and isinstance(command, PaintToy):
            return [ToyPainted(command.colour)] if command.colour not in toy.colours[-1:] else NOTHING
        return decide(toy, command)

    decide = ToyActor.decide
    monkeypatch.setattr(ToyActor, "decide", staticmethod(paint_without_end))
    broken = first_broken(WITH_TOYS)
    assert (broken.invariant, "4 coats of 3" in str(broken)) == ("I4", True)


def test_a_view_of_it_that_is_not_kept_up_to_date_is_found() -> None:
    stale = replace(TOYS, changes=lambda toy, version, _: TOYS.rows(toy, version) if version == 1 else [])
    kinds = Kinds(*KINDS, Kind(ToyActor, views=(stale,)))
    broken = first_broken(WITH_TOYS._replace(kinds=kinds))
    assert (broken.invariant, "the toys of toy-" in str(broken)) == ("I3", True)

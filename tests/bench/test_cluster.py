"""A cluster beside a single process: whose CPU time is whose, the writers' head row, and what more cores would give."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from bench import machine, processes
from bench.__main__ import command_line, run_of
from bench.failure import BenchFailure
from bench.measures import heads
from bench.measures.cluster import CLUSTER, EDGES, POSTGRESQL, RAY, SHARDS, SINGLE, SUPERVISOR, Clusters, by_role
from bench.measures.heads import Heads, rate
from bench.postgresql import Postgresql
from bench.processes import Process
from bench.report import readme
from bench.report.cluster import scaling
from bench.report.marks import marks
from bench.report.table import report
from bench.results import Results
from bench.saturation import HEAD, Costs, costs, in_use, saturation
from bench.setting import Amounts, Setting
from bench.sides import Rounds, Side, in_turn
from bench.timeline import Timeline
from bench.writer import Written
from tests.bench.examples import CORES, MACHINE, RecordingSetting, made, server
from tests.postgresql.server import Server

COSTS = Costs(edge=200.0, shard=100.0, postgresql=50.0, head=20.0, large=10.0, single=250.0, beside=0.1)
HEADS = Heads(4, 64, [70.0, 90.0], [100.0, 100.0], {64: [40.0, 50.0], 256: [20.0, 20.0]}, {64: [1.28], 256: [2.56]})


def measured(cluster: float, rate: float = 1_000.0) -> Rounds:
    """Rounds of 1,000 sign-ups each, of which the single process needs 0.2 s, and the cluster so many."""
    parts = {EDGES: [0.2], SHARDS: [0.1], SUPERVISOR: [0.02], RAY: [0.03], POSTGRESQL: [0.05]}
    return Rounds(
        {side: [made(rate, acknowledged=1_000)] for side in (SINGLE, CLUSTER)},
        {SINGLE: [0.2], CLUSTER: [cluster]},
        {SINGLE: {POSTGRESQL: [0.04]}, CLUSTER: parts},
    )


def results(many: float) -> Results:
    clusters = Clusters(2, {64: measured(0.6), 256: measured(many)})
    return Results(MACHINE, CORES, Amounts(), clusters=clusters, heads=HEADS)


def process(pid: int, parent: int, command: str, cpu: float = 1.0) -> Process:
    return Process(pid, parent, command, cpu, 0.0)


def test_a_process_and_all_that_it_has_started_are_found_by_their_ids() -> None:
    some = [process(9, 8, "d"), process(5, 1, "other"), process(7, 1, "a"), process(8, 7, "c"), process(6, 5, "e")]
    assert [one.pid for one in processes.descended(7, some)] == [7, 8, 9]


def test_this_process_is_the_first_of_its_family() -> None:
    (first, *_) = processes.family(os.getpid())
    assert (first.pid, first.parent) == (os.getpid(), os.getppid())


def test_a_process_that_is_gone_is_none() -> None:
    assert processes.read(2**22 + 1) is None


def test_what_is_none_of_ours_in_a_cluster_is_rays() -> None:
    family = [
        process(7, 1, "python seatkeeper cluster --database x", 1.0),
        process(8, 7, "/ray/core/src/ray/raylet/raylet", 2.0),
        process(9, 8, "ray::Shard", 4.0),
        process(10, 8, "ray::Shard.commands", 8.0),
        process(11, 8, "ray::IDLE", 16.0),
        process(12, 7, "python -m seatkeeper.http.cli cluster edge --port 0", 32.0),
    ]
    assert by_role(7, family) == {SUPERVISOR: 1.0, RAY: 18.0, SHARDS: 12.0, EDGES: 32.0}


def test_the_parts_of_a_side_are_measured_around_each_of_its_rounds() -> None:
    setting = RecordingSetting(Amounts(), {1: 1.0})
    ticks = iter([1.0, 1.5, 5.0, 5.25])
    side = Side("a", server(1), setting.new_sign_ups, parts=lambda: {"part": next(ticks)})
    assert in_turn(setting, "work", [side], rounds=2).parts == {"a": {"part": [0.5, 0.25]}}


def test_a_setting_with_other_connections_makes_sign_ups_with_names_of_their_own() -> None:
    setting = RecordingSetting(Amounts(), {})
    other = setting.with_connections(256)
    assert (setting.amounts.connections, other.amounts.connections) == (64, 256)
    assert setting.new_sign_ups() != other.new_sign_ups()


@pytest.mark.parametrize(("many", "reached"), [(0.34, True), (0.36, False)])
def test_the_mark_is_the_cpu_time_with_the_most_connections(many: float, *, reached: bool) -> None:
    (of_cluster, of_heads) = marks(results(many))
    assert of_cluster.reached is reached
    assert (of_heads.measured, of_heads.reached) == ("0.80 (0.70 to 0.90)", True)


def test_the_rate_of_writers_counts_until_the_first_has_no_more_to_do() -> None:
    assert rate(10.0, [Written([11.0, 12.0]), Written([11.5, 12.0, 13.0, 14.0])]) == 2.0


def test_the_costs_are_those_with_the_most_connections() -> None:
    found = results(0.3)
    assert found.clusters is not None
    assert costs(found.clusters, HEADS) == pytest.approx((200.0, 100.0, 50.0, 20.0, 10.0, 200.0, 0.05))


def test_few_cores_are_divided_so_that_the_weakest_part_carries_most() -> None:
    found = saturation(COSTS, 4)
    assert (found.edges, found.shards, found.first) == (2, 1, EDGES)
    assert found.rate == pytest.approx(10_000.0)
    assert found.could[POSTGRESQL] == pytest.approx(18_000.0)


def test_with_many_cores_the_head_row_is_the_limit_and_no_more_processes_are_taken_than_it_feeds() -> None:
    found = saturation(COSTS, 64)
    assert (found.edges, found.shards, found.first) == (10, 5, HEAD)
    assert in_use(COSTS, found.rate) == pytest.approx(17.6)


def test_three_cores_are_too_few_where_ray_needs_a_part_of_one() -> None:
    assert saturation(COSTS, 3).shards == 1
    with pytest.raises(ValueError, match="too few"):
        saturation(COSTS, 2)


def test_the_report_shows_the_parts_of_a_sign_up() -> None:
    line = next(line for line in report(results(0.3)).splitlines() if "256 connections: cluster" in line)
    cells = [cell.strip() for cell in line.split("|")[2:-1]]
    assert cells == ["1,000", "300 µs", "1.50 (1.50 to 1.50)", "200 µs", "100 µs", "20 µs", "30 µs", "50 µs"]


def test_the_document_says_that_the_rates_on_more_cores_are_computed() -> None:
    text = scaling(results(0.3))
    assert "**Computed, and not measured:**" in text
    assert "e = 200 µs are an edge's, s = 100 µs a shard's, p = 50 µs" in text
    assert text in readme.replaced(readme.SCALING.read_text("utf-8"), "bench-cluster", text)


def test_a_run_without_its_measures_writes_no_document() -> None:
    with pytest.raises(ValueError, match="has not measured"):
        scaling(Results(MACHINE, CORES, Amounts()))


def test_a_run_of_a_cluster_takes_nothing_else() -> None:
    run = run_of(command_line().parse_args(["--cluster", "postgresql://127.0.0.1/x"]))
    assert [measure.name for measure in run.measures] == ["cluster", "head row"]


def test_the_figures_of_a_run_are_read_back_as_they_were_written() -> None:
    found = results(0.3)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Results) == found


@pytest.mark.parametrize("own_heads", [False, True])
def test_writers_store_what_they_say(database: str, postgresql: Server, tmp_path: Path, *, own_heads: bool) -> None:
    setting = Setting(Amounts(commits=3), machine.two_cores(), tmp_path, Timeline(1.0))
    _, written = heads.write(setting, Postgresql(postgresql.url(database)), 2, 4, own_heads=own_heads)
    assert [len(one.ends) for one in written] == [48, 48]


def test_one_writer_says_for_how_long_it_has_the_head_locked(database: str, postgresql: Server, tmp_path: Path) -> None:
    setting = Setting(Amounts(commits=3), machine.two_cores(), tmp_path, Timeline(1.0))
    began, (written,) = heads.write(setting, Postgresql(postgresql.url(database)), 1)
    assert written.locked is not None
    assert 0 < written.locked < 1e3 * (written.ends[-1] - began)


def test_the_cpu_time_of_the_server_is_that_of_all_its_processes(database: str, postgresql: Server) -> None:
    found = Postgresql(postgresql.url(database))
    before = found.cpu_seconds()
    found.rows("SELECT count(*) FROM generate_series(1, 2000000)")
    assert found.cpu_seconds() > before


def test_an_address_that_has_a_schema_already_ends_the_benchmark(database_url: str) -> None:
    with pytest.raises(BenchFailure, match="without options="):
        Postgresql(database_url)


def test_a_server_that_is_not_there_ends_the_benchmark() -> None:
    with pytest.raises(BenchFailure, match="cannot be used"):
        Postgresql("postgresql://owner@127.0.0.1:9/postgres")

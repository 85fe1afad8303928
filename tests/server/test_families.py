"""Metrics of several processes in one text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client.parser import text_string_to_metric_families

from seatkeeper.http.observability.families import Family, labelled, text
from seatkeeper.http.observability.metrics import Metrics


def counted(refusals: int) -> Metrics:
    metrics = Metrics()
    for _ in range(refusals):
        metrics.refusal("no-seat-left")
    metrics.commit(2, 0.01)
    return metrics


def read(written: bytes) -> Mapping[str, Mapping[str, float]]:
    """Read the refusals by the label of their process, and the figure of each; and check that no family comes twice."""
    names = [line.split()[2] for line in written.decode().splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names))
    return {
        family.name: {sample.labels.get("shard", ""): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(written.decode())
    }


def test_families_of_one_name_become_one_with_the_samples_of_all_processes() -> None:
    shards = [*labelled(counted(1).families(), "shard", "0"), *labelled(counted(2).families(), "shard", "1")]
    assert read(text([*counted(3).families(), *shards]))["seatkeeper_refusals"] == {"": 3, "0": 1, "1": 2}


def test_what_a_process_tells_of_itself_is_written_as_it_writes_it_itself() -> None:
    metrics = counted(1)
    assert text(metrics.families()) == metrics.text()


async def test_metrics_show_what_comes_from_elsewhere_too() -> None:
    metrics = counted(1)

    async def elsewhere() -> Iterable[Family]:
        return labelled(counted(5).families(), "shard", "0")

    metrics.elsewhere(elsewhere)
    assert read(await metrics.whole())["seatkeeper_refusals"] == {"": 1, "0": 5}

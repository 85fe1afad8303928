"""Metrics of several processes in one text: each family once, with the samples of all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """A figure of a family."""

    name: str
    labels: dict[str, str]
    value: float


class Family(msgspec.Struct, frozen=True, array_like=True):
    """What is counted or measured under one name."""

    name: str
    description: str
    kind: str
    samples: list[Sample]


def families(collected: Iterable[Metric]) -> list[Family]:
    """Read what a registry has collected."""
    return [
        Family(
            metric.name,
            metric.documentation,
            metric.type,
            [Sample(sample.name, dict(sample.labels), sample.value) for sample in metric.samples],
        )
        for metric in collected
    ]


def labelled(found: Iterable[Family], label: str, value: str) -> Iterator[Family]:
    """Give all samples one more label: the process that they are of."""
    for family in found:
        samples = [Sample(sample.name, {**sample.labels, label: value}, sample.value) for sample in family.samples]
        yield Family(family.name, family.description, family.kind, samples)


def text(found: Iterable[Family]) -> bytes:
    """Write families down as Prometheus reads them; those of the same name become one."""
    merged: dict[str, Metric] = {}
    for family in found:
        metric = merged.setdefault(family.name, Metric(family.name, family.description, family.kind))
        for sample in family.samples:
            metric.add_sample(sample.name, sample.labels, sample.value)
    registry = CollectorRegistry()
    registry.register(_Merged(merged))
    return generate_latest(registry)


class _Merged:
    def __init__(self, merged: dict[str, Metric]) -> None:
        self._merged = merged

    def collect(self) -> Iterator[Metric]:
        yield from self._merged.values()

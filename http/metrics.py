"""Metrics, as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_EVENTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """What is counted while it happens; what can be read at any time is read when somebody asks."""

    def __init__(self) -> None:
        """Begin at nothing, in a registry of its own."""
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "seatkeeper_http_request_seconds",
            "Requests by route and status, and the time they took.",
            ["method", "route", "status"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._refusals = Counter(
            "seatkeeper_refusals", "Commands that were refused, by the rule.", ["rule"], registry=self._registry
        )
        self._commits = Histogram(
            "seatkeeper_commit_seconds", "Commits, and the time they took.", buckets=_SECONDS, registry=self._registry
        )
        self._batches = Histogram(
            "seatkeeper_commit_batch_events",
            "Events that were committed together.",
            buckets=_EVENTS,
            registry=self._registry,
        )
        self._children: dict[tuple[str, str, int], Histogram] = {}

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        key = (method, route, status)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._requests.labels(method, route, status)
        child.observe(seconds)

    def refusal(self, rule: str) -> None:
        """Count a refusal."""
        self._refusals.labels(rule).inc()

    def commit(self, events: int, seconds: float) -> None:
        """Count a commit."""
        self._commits.observe(seconds)
        self._batches.observe(events)

    def watch(self, name: str, said: str, read: Callable[[], int], *, counter: bool = False) -> None:
        """Show, whenever the metrics are read, what this function returns then."""
        self._registry.register(_Watched(name, said, read, counter=counter))

    def text(self) -> bytes:
        """Write everything down."""
        return generate_latest(self._registry)


class _Watched:
    def __init__(self, name: str, said: str, read: Callable[[], int], *, counter: bool) -> None:
        self._name, self._said, self._read, self._counter = name, said, read, counter

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily if self._counter else GaugeMetricFamily
        yield family(self._name, self._said, value=self._read())

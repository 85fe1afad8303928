"""Metrics, as Prometheus reads them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_EVENTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Tally:
    """Counts values by size. The library's own histogram locks twice a value: 4 us more a request."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        """Count values up to each bound, and those beyond the last."""
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def buckets(self) -> list[tuple[str, float]]:
        """Return how many values there were up to each bound."""
        return list(zip([*map(str, self.bounds), "+Inf"], accumulate(self.counts), strict=True))


class Metrics:
    """What is counted while it happens; what can be read at any time is read when somebody asks."""

    def __init__(self) -> None:
        """Begin at nothing, in a registry of its own."""
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._requests: dict[tuple[str, str, int], Tally] = {}
        self._refusals: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        self._commits = Tally(_SECONDS)
        self._batches = Tally(_EVENTS)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        tally = self._requests.get((method, route, status))
        if tally is None:
            tally = self._requests[method, route, status] = Tally(_SECONDS)
        tally.add(seconds)

    def refusal(self, rule: str) -> None:
        """Count a refusal."""
        self._refusals[rule] += 1

    def fault(self, kind: str) -> None:
        """Count a request that was answered with a fault: no rule of the domain, but a limit, a failure, bad form."""
        self._faults[kind] += 1

    def commit(self, events: int, seconds: float) -> None:
        """Count a commit."""
        self._commits.add(seconds)
        self._batches.add(events)

    def watch(self, name: str, said: str, read: Callable[[], int], *, counter: bool = False) -> None:
        """Show, whenever the metrics are read, what this function returns then."""
        self._registry.register(_Watched(name, said, read, counter=counter))

    def text(self) -> bytes:
        """Write everything down."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Show what was counted, for the library."""
        said = "Requests by method, route and status, and the seconds they took."
        requests = HistogramMetricFamily("seatkeeper_http_request_seconds", said, labels=["method", "route", "status"])
        for (method, route, status), tally in self._requests.items():
            requests.add_metric([method, route, str(status)], tally.buckets(), tally.total)
        yield requests
        yield _labelled("seatkeeper_refusals", "Commands that were refused, by the rule.", "rule", self._refusals)
        yield _labelled("seatkeeper_faults", "Requests answered with a fault, by its type.", "type", self._faults)
        for name, said, tally in (
            ("seatkeeper_commit_seconds", "Commits, and the seconds they took.", self._commits),
            ("seatkeeper_commit_batch_events", "Commits, and the number of events in each.", self._batches),
        ):
            yield HistogramMetricFamily(name, said, buckets=tally.buckets(), sum_value=tally.total)


def _labelled(name: str, said: str, label: str, counts: Counter[str]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, said, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


class _Watched:
    def __init__(self, name: str, said: str, read: Callable[[], int], *, counter: bool) -> None:
        self._name, self._said, self._read, self._counter = name, said, read, counter

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily if self._counter else GaugeMetricFamily
        yield family(self._name, self._said, value=self._read())

"""Metrics, as Prometheus reads them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain
from typing import NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from seatkeeper.http.observability.families import Family, families, text

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Up to how many seconds requests and commits are counted together."""

_EVENTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_KEYS = 1_000


class Histogram:
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


class Counted(NamedTuple):
    """What was counted so far: requests without their times, and commits by theirs, up to each of SECONDS."""

    requests: Mapping[tuple[str, str, int], int]
    refusals: Mapping[str, int]
    commits: Sequence[int]


class Metrics:
    """What is counted while it happens; what can be read at any time is read when somebody asks."""

    def __init__(self) -> None:
        """Begin at nothing, in a registry of its own."""
        self.registry = CollectorRegistry()
        """What is collected; the library's own collectors can be added."""
        self.registry.register(self)
        self._requests: dict[tuple[str, str, int], Histogram] = {}
        self._refusals: Counter[str] = Counter()
        self._problems: Counter[str] = Counter()
        self._unauthenticated = 0
        self._rate_limited: Counter[str] = Counter()
        self._commits = Histogram(SECONDS)
        self._batches = Histogram(_EVENTS)
        self._elsewhere: Callable[[], Awaitable[Iterable[Family]]] | None = None
        self._gauges: dict[str, Callable[[], float]] = {}

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        histogram = self._requests.get((method, route, status))
        if histogram is None:
            histogram = self._requests[method, route, status] = Histogram(SECONDS)
        histogram.add(seconds)

    def refusal(self, rule: str) -> None:
        """Count a refusal."""
        self._refusals[rule] += 1

    def problem(self, kind: str) -> None:
        """Count a request that was answered with a fault: no rule of the domain, but a limit, a failure, bad form."""
        self._problems[kind] += 1

    def unauthenticated(self) -> None:
        """Count a request without a key that works."""
        self._unauthenticated += 1

    def rate_limited(self, key_id: str) -> None:
        """Count a request beyond the rate of its key; of more than a thousand keys, the others count as one."""
        known = key_id in self._rate_limited or len(self._rate_limited) < _KEYS
        self._rate_limited[key_id if known else "other"] += 1

    def commit(self, events: int, seconds: float) -> None:
        """Count a commit."""
        self._commits.add(seconds)
        self._batches.add(events)

    def counted(self) -> Counted:
        """Read what was counted: 50 us, where writing all down takes some milliseconds."""
        requests = {which: sum(histogram.counts) for which, histogram in self._requests.items()}
        return Counted(requests, dict(self._refusals), list(self._commits.counts))

    def value(self, name: str) -> int | None:
        """Read one gauge, None if this process has none of this name."""
        read = self._gauges.get(name)
        return None if read is None else int(read())

    def gauge(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Show what this function returns whenever the metrics are read."""
        self._gauges[name] = read
        self.registry.register(_Read(GaugeMetricFamily, name, description, read))

    def info(self, name: str, description: str, labels: Mapping[str, str]) -> None:
        """Show a 1 with these labels, which never change."""
        family = GaugeMetricFamily(name, description, labels=list(labels))
        family.add_metric(list(labels.values()), 1)
        self.registry.register(_Fixed(family))

    def counter(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Show what this function has counted whenever the metrics are read."""
        self.registry.register(_Read(CounterMetricFamily, name, description, read))

    def gauges(self, name: str, description: str, label: str, read: Callable[[], Mapping[str, int]]) -> None:
        """Show what this function returns for each value of a label; there may only be few."""
        self.registry.register(_ReadAll(GaugeMetricFamily, name, description, label, read))

    def counters(self, name: str, description: str, label: str, read: Callable[[], Mapping[str, int]]) -> None:
        """Show what this function has counted for each value of a label; there may only be few."""
        self.registry.register(_ReadAll(CounterMetricFamily, name, description, label, read))

    def elsewhere(self, read: Callable[[], Awaitable[Iterable[Family]]]) -> None:
        """Show in `whole` also what this function brings from other processes."""
        self._elsewhere = read

    def text(self) -> bytes:
        """Write down what is of this process."""
        return generate_latest(self.registry)

    def families(self) -> list[Family]:
        """Read what is of this process."""
        return families(self.registry.collect())

    async def whole(self) -> bytes:
        """Write everything down, also what is of other processes."""
        return self.text() if self._elsewhere is None else text(chain(self.families(), await self._elsewhere()))

    def collect(self) -> Iterator[Metric]:
        """Show what was counted, for the library."""
        description = "Requests by method, route and status, and the seconds they took."
        requests = HistogramMetricFamily(
            "seatkeeper_http_request_seconds", description, labels=["method", "route", "status"]
        )
        for (method, route, status), histogram in self._requests.items():
            requests.add_metric([method, route, str(status)], histogram.buckets(), histogram.total)
        yield requests
        yield _labelled("seatkeeper_refusals", "Commands that were refused, by the rule.", "rule", self._refusals)
        yield _labelled("seatkeeper_faults", "Requests answered with a fault, by its type.", "type", self._problems)
        description = "Requests beyond the rate of their key, by its id."
        yield _labelled("seatkeeper_rate_limited", description, "key", self._rate_limited)
        description = "Requests without a key that works."
        yield CounterMetricFamily("seatkeeper_unauthenticated", description, value=self._unauthenticated)
        for name, description, histogram in (
            ("seatkeeper_commit_seconds", "Commits, and the seconds they took.", self._commits),
            ("seatkeeper_commit_batch_events", "Commits, and the number of events in each.", self._batches),
        ):
            yield HistogramMetricFamily(name, description, buckets=histogram.buckets(), sum_value=histogram.total)


def _labelled(name: str, description: str, label: str, counts: Counter[str]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, description, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


class _Fixed:
    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def collect(self) -> Iterator[Metric]:
        yield self._metric


class _Read:
    def __init__(
        self,
        family: type[GaugeMetricFamily | CounterMetricFamily],
        name: str,
        description: str,
        read: Callable[[], float],
    ) -> None:
        self._family, self._name, self._description, self._read = family, name, description, read

    def collect(self) -> Iterator[Metric]:
        yield self._family(self._name, self._description, value=self._read())


class _ReadAll:
    def __init__(
        self,
        family: type[GaugeMetricFamily | CounterMetricFamily],
        name: str,
        description: str,
        label: str,
        read: Callable[[], Mapping[str, int]],
    ) -> None:
        self._family, self._name, self._description, self._label, self._read = family, name, description, label, read

    def collect(self) -> Iterator[Metric]:
        family = self._family(self._name, self._description, labels=[self._label])
        for value, number in self._read().items():
            family.add_metric([value], number)
        yield family

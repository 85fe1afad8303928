"""The history has a sample for each five seconds of the last half an hour, and its figures add up."""

from __future__ import annotations

import tracemalloc

import pytest

from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.console.figures import milliseconds, points, summary
from seatkeeper.http.console.history import EVERY, KEPT, History, Reader, Sample
from seatkeeper.http.observability.metrics import SECONDS, Metrics

NONE = [0] * (len(SECONDS) + 1)


class Ticking:
    """Metrics, a clock, and a history of both."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.now = 1_000.0
        self.reader = Reader(self.metrics, ROUTES, lambda: self.reason)
        self.reason: str | None = None
        self.history = History(self.reader, clock=lambda: self.now, timer=lambda: self.now)
        self.history.take()

    def tick(self, times: int = 1) -> Sample:
        """Let five seconds go by, so many times."""
        for _ in range(times):
            self.now += EVERY
            self.history.take()
        return self.history.samples[-1]


@pytest.fixture
def ticking() -> Ticking:
    return Ticking()


def test_the_first_look_only_says_where_the_counting_begins() -> None:
    metrics = Metrics()
    metrics.refusal("no-seat-left")
    history = History(Reader(metrics, ROUTES, lambda: None))
    history.take()
    assert history.samples == ()


def test_a_sample_has_what_was_counted_since_the_one_before(ticking: Ticking) -> None:
    ticking.metrics.request("POST", "/v1/signups", 201, 0.001)
    ticking.tick()
    for _ in range(3):
        ticking.metrics.request("POST", "/v1/signups", 201, 0.001)
    ticking.metrics.refusal("no-seat-left")
    ticking.metrics.commit(4, 0.003)
    ticking.reader.follow(7)
    ticking.reason = "It is stopping."
    commits = [*NONE]
    commits[2] = 1
    assert ticking.tick() == Sample(
        1_010.0, EVERY, {"sign_up": 3}, {"no-seat-left": 1}, commits, None, position=7, ready=False
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/plans", 200),
        ("POST", "/v1/signups", 200),  # a dry run
        ("POST", "/v1/signups", 404),
        ("OTHER", "unmatched", 200),
    ],
)
def test_what_is_no_command_that_was_carried_out_is_none(ticking: Ticking, method: str, path: str, status: int) -> None:
    ticking.metrics.request(method, path, status, 0.001)
    assert ticking.tick().commands == {}


def test_live_actors_are_read_where_there_are_some(ticking: Ticking) -> None:
    assert ticking.tick().live_actors is None
    ticking.metrics.gauge("seatkeeper_live_actors", "Aggregates in memory.", lambda: 12)
    assert ticking.tick().live_actors == 12


def test_samples_of_half_an_hour_are_kept(ticking: Ticking) -> None:
    ticking.tick(KEPT + 10)
    times = [sample.at for sample in ticking.history.samples]
    assert (len(times), times[-1] - times[0]) == (360, 1795.0)


def test_a_busy_half_hour_takes_less_than_ten_megabytes(ticking: Ticking) -> None:
    tracemalloc.start()
    try:
        for _ in range(30):
            for route in ROUTES:
                ticking.metrics.request(route.method, route.path, route.status, 0.001)
                for refusal in route.refusals:
                    ticking.metrics.refusal(refusal.slug())
            ticking.tick()
        assert tracemalloc.get_traced_memory()[0] / 30 * KEPT < 10_000_000
    finally:
        tracemalloc.stop()


async def test_a_failure_to_read_is_told_and_leaves_a_gap(
    ticking: Ticking, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[BaseException] = [OSError("it hangs"), KeyboardInterrupt()]
    monkeypatch.setattr("seatkeeper.http.console.history.EVERY", 0.0)

    def read() -> None:
        raise failures.pop(0)

    monkeypatch.setattr(ticking.history, "take", read)
    with pytest.raises(KeyboardInterrupt):
        await ticking.history.run()
    assert "no sample could be taken" in caplog.text


def in_buckets(**counts: int) -> list[int]:
    found = [*NONE]
    for number, count in counts.items():
        found[int(number.removeprefix("at"))] = count
    return found


@pytest.mark.parametrize(
    ("counts", "share", "expected"),
    [
        (in_buckets(), 0.5, None),
        (in_buckets(at0=10), 0.5, 0.5),
        (in_buckets(at2=4), 0.5, 3.75),
        (in_buckets(at0=98, at4=2), 0.99, 17.5),
        (in_buckets(at13=3), 0.5, 10_000.0),
    ],
)
def test_a_time_is_estimated_between_two_bounds(counts: list[int], share: float, expected: float | None) -> None:
    assert milliseconds(counts, share) == expected


def sample(at: float, **counts: int) -> Sample:
    return Sample(at, EVERY, counts, {"no-seat-left": 1}, in_buckets(at0=1), 3, 10, ready=True)


def test_tables_add_up_what_lies_in_each_window() -> None:
    old, middle, new = sample(1_000, sign_up=1), sample(2_000, sign_up=2, add_member=9), sample(2_200, sign_up=4)
    found = summary([old, middle, new])
    lines = {line.name: line.values for line in (*found.counts, *found.times)}
    assert lines["Sign-ups"] == [4, 6, 7]
    assert lines["Commands carried out"] == [4, 15, 16]
    assert lines["Commands refused"] == [1, 2, 3]
    assert lines["Half of the commits took at most"] == [0.5, 0.5, 0.5]
    assert [line.name for line in found.commands] == ["Add member", "Sign up"]


def test_there_is_nothing_to_sum_up_before_the_first_sample() -> None:
    found = summary([])
    assert [line.values for line in found.counts] == [[0, 0, 0]] * 4
    assert [line.values for line in found.times] == [[None, None, None]] * 2


def test_points_are_those_after_a_time() -> None:
    found = points([sample(1.0), sample(2.0, sign_up=5)], after=1_000)
    assert [(point.at, point.commands, point.median) for point in found] == [(2_000, {"sign_up": 5}, 0.5)]

"""The load generator: what it sends, when it sends it, and which answers are right."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest

from bench.failure import BenchFailure
from bench.load import verified
from bench.load.__main__ import run
from bench.load.open_loop import schedule
from bench.load.orders import Keys, Order, Pace, Report, SignUps
from bench.load.work import keyed_sign_ups, sign_ups
from bench.shapes import SignedUp, SignUp
from tests.bench import fake
from tests.bench.fake import Reply

SECOND = 1_000_000_000


def closed(port: int, requests: int = 20, connections: int = 1) -> Report:
    return run(Order(port, SignUps(1), connections, requests=requests))


def at_pace(port: int, rate: float, seconds: float) -> Report:
    return run(Order(port, SignUps(1), 1, seconds=seconds, pace=Pace(rate, even=True), slices=4))


def test_a_closed_loop_counts_every_right_answer() -> None:
    with fake.serving(fake.good) as port:
        report = closed(port, requests=50, connections=4)
    assert (report.acknowledged, report.refused, report.wrong) == (50, {}, {})


def test_an_open_loop_sends_at_its_rate() -> None:
    with fake.serving(fake.good) as port:
        report = at_pace(port, rate=500.0, seconds=0.4)
    assert report.acknowledged == 200
    assert sum(part.count for part in report.slices) == 200


def test_a_stall_is_seen_by_all_requests_that_were_due_in_it() -> None:
    with fake.serving(fake.late_once(0.2)) as port:
        report = at_pace(port, rate=500.0, seconds=0.4)
    assert sum(took > 50 for took in report.times) >= 50
    assert report.latency.longest >= 200


def test_a_request_that_finds_no_connection_in_time_counts_with_its_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.load.__main__.DRAIN", 0.4)
    with fake.serving(fake.late) as port:
        report = at_pace(port, rate=200.0, seconds=0.5)
    assert report.wrong == {}
    assert report.acknowledged + report.refused["never sent"] == 100
    assert report.acknowledged < 20
    assert report.rate < 40
    assert report.latency.longest > 600


def test_a_closed_loop_hides_a_stall() -> None:
    with fake.serving(fake.late_once(0.2)) as port:
        report = closed(port, requests=100)
    assert sum(took > 50 for took in report.times) == 1


def test_refusals_are_counted_by_kind() -> None:
    with fake.serving(fake.refused) as port:
        report = closed(port, requests=7)
    assert (report.acknowledged, report.refused) == (0, {"503 /problems/too-busy": 7})
    assert verified(report, refusals=True) is report
    with pytest.raises(BenchFailure, match="7 x 503 /problems/too-busy"):
        verified(report, refusals=False)


def about_another_account(number: int, sign_up: SignUp) -> Reply:
    return fake.good(number, msgspec.structs.replace(sign_up, account_name="Difference Engines"))


def without_a_member(number: int, sign_up: SignUp) -> Reply:
    account = msgspec.json.decode(fake.good(number, sign_up).body, type=SignedUp).account
    return Reply("201 Created", msgspec.json.encode({"account": account}))


def with_the_same_id(_number: int, sign_up: SignUp) -> Reply:
    return fake.good(1, sign_up)


@pytest.mark.parametrize(
    ("behaviour", "description"),
    [
        (about_another_account, "201 about something else"),
        (without_a_member, "another shape: Object missing required field `member`"),
        (with_the_same_id, "an id that was made before"),
    ],
)
def test_a_wrong_answer_is_no_answer(behaviour: fake.Behaviour, description: str) -> None:
    with fake.serving(behaviour) as port:
        report = closed(port)
    assert list(report.wrong) == [description]
    with pytest.raises(BenchFailure, match=description):
        verified(report, refusals=True)


def test_an_unreadable_answer_is_reported() -> None:
    with fake.serving(lambda _number, _sign_up: Reply("200 OK\r\nContent-Length: 2\r\n\r\nno\r\n", b"")) as port:
        report = closed(port)
    assert any("unreadable" in description for description in report.wrong)


def test_a_schedule_is_the_same_for_the_same_seed() -> None:
    first, again, other = (list(schedule(Pace(1000.0, seed=seed), 0, SECOND)) for seed in (1, 1, 2))
    assert first == again != other
    assert 850 < len(first) < 1150
    assert first == sorted(first)


def test_an_even_schedule_has_the_same_gap_everywhere() -> None:
    times = list(schedule(Pace(1000.0, even=True), 5, 5 + SECOND))
    assert times[0] == 5
    assert {after - before for before, after in pairwise(times)} == {1_000_000}


def test_each_request_has_a_name_of_its_own() -> None:
    plain = sign_ups(1)
    assert len({next(plain)[1] for _ in range(100)}) == 100


@pytest.mark.parametrize(("order", "rise"), [("random", False), ("rising", True)])
def test_each_request_has_a_key_of_its_own(order: Keys, *, rise: bool) -> None:
    keyed = keyed_sign_ups(1, order)
    keys = [next(keyed)[0].split(b"Idempotency-Key: ")[1][:16] for _ in range(100)]
    assert len(set(keys)) == 100
    assert (keys == sorted(keys)) == rise

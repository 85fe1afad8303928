"""Rates: a key with a limit is held to it, and all its answers say so."""

from __future__ import annotations

import pytest

from seatkeeper.http.access.limits import rates
from seatkeeper.http.access.limits.rates import Rates
from seatkeeper.http.observability.metrics import Metrics
from tests.access_control.doors import Door, bearer, told


async def test_a_key_may_ask_twice_its_rate_at_once_and_then_at_its_rate(door: Door) -> None:
    headers = bearer(door.keyring.make("admin", rate_limit=3))
    async with door.client() as client:
        statuses = []
        for moment in (0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1):
            door.seconds = moment
            async with client.get("/words/one", headers=headers) as response:
                statuses.append(response.status)
    assert statuses == [200] * 6 + [429] + [200] * 3 + [429]


async def test_a_request_too_many_is_told_when_to_come_back_and_does_nothing(door: Door) -> None:
    secret = door.keyring.make("admin", rate_limit=1)
    async with door.client() as client:
        for _ in range(2):
            async with client.post("/words", json={"word": "one"}, headers=bearer(secret)) as response:
                assert response.status == 200
        async with client.post("/words", json={"word": "two"}, headers=bearer(secret)) as response:
            assert await told(response) == (429, "too-many-requests")
            assert response.headers["Retry-After"] == "1"
    assert (door.words, door.limited) == (["one", "one"], [secret[3:39]])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/words/one", 200), ("POST", "/retire", 403), ("GET", "/words/raise", 500), ("POST", "/words", 415)],
)
async def test_every_answer_of_a_key_with_a_limit_announces_it(door: Door, method: str, path: str, status: int) -> None:
    headers = bearer(door.keyring.make("accounts:write", rate_limit=10))
    async with door.client() as client, client.request(method, path, headers=headers, data=b"x") as response:
        assert response.status == status
        assert response.headers["RateLimit-Policy"] == '"default";q=20;w=2'
        assert response.headers["RateLimit"] == '"default";r=19;t=1'


async def test_a_request_too_many_announces_that_nothing_is_left(door: Door) -> None:
    headers = bearer(door.keyring.make("admin", rate_limit=1))
    async with door.client() as client:
        for left in ("r=1;t=1", "r=0;t=2", "r=0;t=2"):
            async with client.get("/words/one", headers=headers) as response:
                assert response.headers["RateLimit"] == f'"default";{left}'


async def test_a_key_without_a_limit_announces_none(door: Door) -> None:
    headers = bearer(door.keyring.make("admin"))
    async with door.client() as client, client.get("/words/one", headers=headers) as response:
        assert response.headers.keys().isdisjoint({"RateLimit", "RateLimit-Policy"})


async def test_each_key_has_its_own_rate(door: Door) -> None:
    one, other = (bearer(door.keyring.make("admin", rate_limit=1)) for _ in range(2))
    async with door.client() as client:
        statuses = []
        for headers in (one, one, one, other):
            async with client.get("/words/one", headers=headers) as response:
                statuses.append(response.status)
    assert statuses == [200, 200, 429, 200]


def test_only_so_many_buckets_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "KEYS", 2)
    taken = Rates(lambda: 0.0)
    left = [taken.take(key_id, 1).wait for key_id in ("a", "a", "a", "b", "a", "c", "a")]
    assert left == [0, 0, 1, 0, 1, 0, 1]


def test_the_metrics_name_at_most_a_thousand_keys() -> None:
    metrics = Metrics()
    for number in range(1_500):
        metrics.rate_limited(f"key-{number}")
    metrics.rate_limited("key-1")
    lines = [line for line in metrics.text().decode().splitlines() if line.startswith("seatkeeper_rate_limited_total")]
    assert len(lines) == 1_001
    assert {
        'seatkeeper_rate_limited_total{key="key-1"} 2.0',
        'seatkeeper_rate_limited_total{key="other"} 500.0',
    } <= set(lines)

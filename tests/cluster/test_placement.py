"""Which shard owns a stream."""

from __future__ import annotations

from collections import Counter

from seatkeeper.http.cluster.placement import shard_of
from seatkeeper.http.system import IdSource


def test_a_stream_has_the_same_shard_for_ever() -> None:
    stream_id = "account-01a2228b-240f-7001-80cc-78dba8cbe77f"
    assert [shard_of(stream_id, count) for count in (1, 2, 4, 64)] == [0, 1, 3, 55]


def test_new_accounts_are_spread_evenly() -> None:
    new_id = IdSource()
    found = Counter(shard_of(f"account-{new_id()}", 4) for _ in range(4_000))
    assert all(850 < found[shard] < 1_150 for shard in range(4))


def test_all_webhooks_belong_to_the_shard_that_delivers() -> None:
    assert {shard_of(f"webhook-{number}", 64) for number in range(100)} == {0}

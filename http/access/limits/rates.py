"""Rates: how many requests a key may make, and how its answers say so.

The headers are those of draft-ietf-httpapi-ratelimit-headers-11: the policy has the quota `q` and its window `w` in
seconds, the other what remains of it, `r`, and in how many seconds it is whole again, `t`.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from seatkeeper.http.access.limits.buckets import Bucket

WINDOW = 2
"""Seconds for which a full bucket lasts at the rate of the key: the burst is twice the rate."""

KEYS = 10_000
"""Keys whose buckets are kept, at most. One that has not been used for two seconds is full, and may be forgotten."""


class Spent(NamedTuple):
    """What a request leaves of its key's quota; `wait` is 0, or the seconds until the next one is served."""

    policy: str
    left: str
    wait: int


class Rates:
    """The buckets of the keys that have a limit."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with full buckets."""
        self._now = now
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, key_id: str, rate: int) -> Spent:
        """Count a request of this key, which may make `rate` a second."""
        now, burst = self._now(), rate * WINDOW
        bucket = self._buckets.get(key_id)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[key_id] = Bucket(rate, burst, now)
            if len(self._buckets) > KEYS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key_id)
        wait = 0 if bucket.take(now) else max(1, bucket.seconds_to_one(now))
        left = f'"default";r={int(bucket.left(now))};t={bucket.seconds_to_full(now)}'
        return Spent(f'"default";q={burst};w={WINDOW}', left, wait)

"""Guesses: how many wrong credentials one address may present.

An address may be wrong `BURST` times at once and once a second after that; IPv6 addresses count by their /64, which
one customer of a provider has to himself. Beyond that nothing from there is looked at, except for what was right from
there before: so a stranger behind the same address cannot lock out a backend that works. Both memories are bounded;
only who has a key gets into that of the right ones.
"""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache

from seatkeeper.http.access.limits.buckets import Bucket

BURST = 20
"""Wrong credentials of an address at once."""

PER_SECOND = 1.0
"""Wrong credentials of an address each second, on the long run."""

ADDRESSES = 10_000
"""Addresses that are remembered, at most, and pairs of an address and what was right from there."""

TOLD_EVERY = 60.0
"""Seconds between two times that the log is told of the same address."""


class _Wrong(Bucket):
    __slots__ = ("told_at",)

    def __init__(self, now: float) -> None:
        super().__init__(PER_SECOND, BURST, now)
        self.told_at = now - TOLD_EVERY


class Guesses:
    """Counts the wrong credentials of each address, and remembers the right ones."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Remember nothing yet."""
        self._now = now
        self._wrong: OrderedDict[str, _Wrong] = OrderedDict()
        self._right: OrderedDict[tuple[str, bytes], None] = OrderedDict()

    def __len__(self) -> int:
        """Count the addresses that were wrong."""
        return len(self._wrong)

    def was_right(self, address: str, digest: bytes) -> bool:
        """Tell whether credentials with this digest were right from this address before."""
        pair = (address, digest)
        if pair not in self._right:
            return False
        self._right.move_to_end(pair)
        return True

    def right(self, address: str, digest: bytes) -> None:
        """Remember that these were right."""
        self._right[address, digest] = None
        if len(self._right) > ADDRESSES:
            self._right.popitem(last=False)

    def seconds_to_wait(self, address: str) -> int:
        """Return after how many seconds this address is listened to again, 0 for now."""
        bucket = self._wrong.get(group(address))
        return 0 if bucket is None else bucket.seconds_to_one(self._now())

    def wrong(self, address: str) -> bool:
        """Count wrong credentials; return whether the log should be told that no more are taken from there for now."""
        name, now = group(address), self._now()
        bucket = self._wrong.get(name)
        if bucket is None:
            bucket = self._wrong[name] = _Wrong(now)
            if len(self._wrong) > ADDRESSES:
                self._wrong.popitem(last=False)
        self._wrong.move_to_end(name)
        bucket.take(now)
        if bucket.left(now) >= 1 or now < bucket.told_at + TOLD_EVERY:
            return False
        bucket.told_at = now
        return True


@lru_cache(ADDRESSES)
def group(address: str) -> str:
    """Name the addresses that count as one: an IPv6 address by its /64."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address

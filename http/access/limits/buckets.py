"""Token buckets: so many at once, and so many more each second."""

from __future__ import annotations

import math


class Bucket:
    """A bucket that holds `burst` tokens and gains `rate` of them each second; times are those of one clock."""

    __slots__ = ("_at", "_burst", "_tokens", "rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        """Begin with a full one."""
        self.rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def left(self, now: float) -> float:
        """Return how many tokens there are now."""
        if now > self._at:
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self.rate)
            self._at = now
        return self._tokens

    def take(self, now: float) -> bool:
        """Take a token, if there is one."""
        if self.left(now) < 1:
            return False
        self._tokens -= 1
        return True

    def seconds_to_one(self, now: float) -> int:
        """Return the whole seconds until there is a token, 0 if there is one now."""
        return math.ceil(max(0.0, 1 - self.left(now)) / self.rate)

    def seconds_to_full(self, now: float) -> int:
        """Return the whole seconds until the bucket is full."""
        return math.ceil((self._burst - self.left(now)) / self.rate)

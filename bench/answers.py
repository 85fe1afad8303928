"""Reading answers from bytes, and keeping count of them."""

from __future__ import annotations

import re
from array import array
from typing import Final

import msgspec

from bench.orders import Latency

HEAD_END: Final = b"\r\n\r\n"
CREATED: Final = b"HTTP/1.1 201"
LENGTH: Final = re.compile(rb"\r\nContent-Length: *(\d+)", re.IGNORECASE)
ACCOUNT_ID: Final = re.compile(rb'"account_id": ?"([0-9a-f-]{36})"')


class UnreadableAnswer(Exception):
    """An answer without a Content-Length, or with bytes behind its end."""


def is_whole(data: bytes) -> bool:
    """Tell whether `data` is one whole answer; more than that is an error, because each answer is waited for."""
    head = data.find(HEAD_END)
    if head < 0:
        return False
    length = LENGTH.search(data, 0, head)
    if length is None:
        raise UnreadableAnswer(data[:200])
    end = head + len(HEAD_END) + int(length[1])
    if len(data) > end:
        raise UnreadableAnswer(data[end : end + 200])
    return len(data) == end


class Tally:
    """Counts of answers, and the times of those that came in the measured part."""

    def __init__(self, sample_every: int) -> None:
        """Keep the account id of one right answer in `sample_every`; 0 keeps none."""
        self.acknowledged = 0
        self.others: dict[str, int] = {}
        self.measuring = False
        self.sampled: list[str] = []
        self._sample_every = sample_every
        self._nanoseconds = array("q")

    @property
    def measured(self) -> int:
        """The number of right answers in the measured part."""
        return len(self._nanoseconds)

    def count(self, answer: bytes, name: bytes, nanoseconds: int) -> None:
        """Verify an answer and take its time."""
        if not answer.startswith(CREATED) or name not in answer:
            self.count_other(kind_of(answer))
            return
        self.acknowledged += 1
        if self.measuring:
            self._nanoseconds.append(nanoseconds)
        if self._sample_every and self.acknowledged % self._sample_every == 0:
            self._sample(answer)

    def count_other(self, kind: str) -> None:
        """Count what was not a right answer."""
        self.others[kind] = self.others.get(kind, 0) + 1

    def milliseconds(self) -> list[float]:
        """Give the times of the measured part, in the order in which the answers came."""
        return [nanoseconds / 1e6 for nanoseconds in self._nanoseconds]

    def _sample(self, answer: bytes) -> None:
        found = ACCOUNT_ID.search(answer)
        if found:
            self.sampled.append(found[1].decode())


def percentiles(milliseconds: list[float]) -> Latency:
    """Take the percentiles of some times, by nearest rank."""
    times = sorted(milliseconds) or [0.0]

    def at(share: float) -> float:
        return times[min(len(times) - 1, int(share * len(times)))]

    return Latency(p50=at(0.5), p90=at(0.9), p99=at(0.99), p999=at(0.999), longest=at(1.0))


def kind_of(answer: bytes) -> str:
    """Name an answer that is not the right one: its status, and the problem's type when it has one."""
    if answer.startswith(CREATED):
        return "201 about another name"
    status = answer[9:12].decode("latin-1")
    body = answer[answer.find(HEAD_END) + len(HEAD_END) :]
    try:
        return f"{status} {msgspec.json.decode(body, type=Problem).type}"
    except msgspec.DecodeError:
        return status


class Problem(msgspec.Struct):
    """The part of a problem document that says which one it is."""

    type: str

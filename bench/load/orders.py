"""The order for the process that makes a load, and its report; each is one JSON document."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Keys: TypeAlias = Literal["random", "rising"]
"""Idempotency keys in random order, like UUIDs of version 4, or in rising order, like those of version 7."""


class SignUps(msgspec.Struct, frozen=True, tag="sign-ups"):
    """Sign-ups with names that no other run of this benchmark uses, and perhaps an Idempotency-Key each."""

    run: int
    keys: Keys | None = None


class NewMembers(msgspec.Struct, frozen=True, tag="new-members"):
    """One new member for each of these accounts, in this order; an account may appear more than once."""

    accounts: list[str]


class Crowd(msgspec.Struct, frozen=True, tag="crowd"):
    """So many new members for one account."""

    account: str
    members: int


class ComingsAndGoings(msgspec.Struct, frozen=True, tag="comings-and-goings"):
    """Members of one account, each of which is removed soon after it was added."""

    account: str


class Accounts(msgspec.Struct, frozen=True, tag="accounts"):
    """Reads of these accounts, over and over."""

    accounts: list[str]


class Pages(msgspec.Struct, frozen=True, tag="pages"):
    """Reads of a page with the first members of one account."""

    account: str
    size: int = 50


Work = SignUps | NewMembers | Crowd | ComingsAndGoings | Accounts | Pages


class Pace(msgspec.Struct, frozen=True):
    """An open loop: so many requests a second.

    The gaps between them are random like those of independent clients (a Poisson process), or equal when `even`.
    """

    rate: float
    even: bool = False
    seed: int = 1


class Order(msgspec.Struct, frozen=True):
    """A load: its port, its work and its end. Without a pace it is a closed loop.

    It ends after `requests`, or after `warm_up` and `seconds`, whichever comes first, and waits for each answer.
    Answers of the warm-up are verified and counted, but not measured. With `unique`, each id must be new; the bare
    service has only one. The measured part is cut into so many `slices`.
    """

    port: int
    work: Work
    connections: int
    requests: int | None = None
    warm_up: float = 0.0
    seconds: float | None = None
    pace: Pace | None = None
    unique: bool = True
    samples: int = 0
    slices: int = 0


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds, by nearest rank."""

    p50: float
    p90: float
    p99: float
    p999: float
    longest: float


class Slice(msgspec.Struct, frozen=True, array_like=True):
    """A part of the measured time: its middle in seconds, its number of requests, and milliseconds."""

    at: float
    count: int
    p50: float
    p99: float
    longest: float


class Report(msgspec.Struct, frozen=True):
    """The answers to a load.

    `acknowledged` counts the right answers of the whole run, `refused` the problems by status and type, `wrong` every
    other answer by its description. `rate` (right answers a second) and `latency` are of the measured part, which began
    at `began` of the machine's monotonic clock (s) and took `seconds`. Latency runs from sending a request, or in an
    open loop from the time at which it was due, to its complete answer. `late` is the delay of the generator itself
    when a connection was free. `busy` is the share of its core that it used; in an open loop it spins and uses all.
    `sampled` holds ids of accounts, spread over the run. `times` are the milliseconds of each answer in the order of
    the requests; it is empty with more than one connection.
    """

    acknowledged: int
    refused: dict[str, int]
    wrong: dict[str, int]
    rate: float
    latency: Latency
    late: Latency
    busy: float
    began: float
    seconds: float
    sampled: list[str]
    times: list[float]
    slices: list[Slice]

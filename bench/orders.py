"""What the process that makes the load is told, and what it reports; both travel as one JSON document."""

from __future__ import annotations

import msgspec


class SignUps(msgspec.Struct, frozen=True, tag="sign-ups"):
    """Sign-ups with names that no other run of this benchmark uses; `keyed` ones have an Idempotency-Key each."""

    run: int
    keyed: bool = False


class NewMembers(msgspec.Struct, frozen=True, tag="new-members"):
    """One new member for each of these accounts, in this order; an account may come more than once."""

    accounts: list[str]


class Order(msgspec.Struct, frozen=True):
    """A load: on whom, what, and until when.

    It ends after `requests`, or after `warm_up` and then `seconds`, whichever is set; each request
    that was sent is waited for. Answers that come in the warm-up are verified and counted, but not measured.
    """

    port: int
    work: SignUps | NewMembers
    connections: int
    requests: int | None = None
    warm_up: float = 0.0
    seconds: float | None = None
    samples: int = 0


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds from sending a request to having its whole answer."""

    p50: float
    p90: float
    p99: float
    p999: float
    longest: float


class Report(msgspec.Struct, frozen=True):
    """What came back.

    `acknowledged` counts the right answers of the whole run (201, and about the name that was sent), `others`
    every other answer by what it was. `rate` (a second) and `latency` are of the measured part; `busy` is the share
    of one core that the load generator itself used. `sampled` holds ids of accounts, spread over the run. `times` are
    the milliseconds of each answer in the order of the requests, when there was only one connection.
    """

    acknowledged: int
    others: dict[str, int]
    rate: float
    latency: Latency
    busy: float
    sampled: list[str]
    times: list[float]

"""Durable sign-ups a second, beside the bare service, in turn."""

from __future__ import annotations

import statistics
from contextlib import ExitStack
from typing import TYPE_CHECKING

import msgspec

from bench import servers
from bench.orders import Report
from bench.stored import verify, verify_accounts

if TYPE_CHECKING:
    from bench.servers import Server
    from bench.setting import Setting


class Throughput(msgspec.Struct, frozen=True):
    """The rounds of both sides, in the order in which they ran, and the accounts that were found on disk."""

    bare: list[Report]
    seatkeeper: list[Report]
    keyed: list[Report]
    """Seatkeeper again, with a fresh Idempotency-Key on each request."""
    accounts_stored: int

    def ratios(self) -> list[float]:
        """Give the ratio of each round to the bare round just before it."""
        return [ours.rate / ceiling.rate for ours, ceiling in zip(self.seatkeeper, self.bare, strict=True)]

    def keyed_ratios(self) -> list[float]:
        """Give the ratio of each round with keys to the one without just before it."""
        return [keyed.rate / ours.rate for keyed, ours in zip(self.keyed, self.seatkeeper, strict=True)]

    def tails(self) -> list[float]:
        """Give p99 over p50 of each round."""
        return [report.latency.p99 / report.latency.p50 for report in self.seatkeeper]


def rate(reports: list[Report]) -> float:
    """Give the median of the rounds, in right answers a second."""
    return statistics.median(report.rate for report in reports)


def p50(reports: list[Report]) -> float:
    """Give the median of the rounds' p50, in ms."""
    return statistics.median(report.latency.p50 for report in reports)


def p99(reports: list[Report]) -> float:
    """Give the median of the rounds' p99, in ms."""
    return statistics.median(report.latency.p99 for report in reports)


def measure(setting: Setting) -> Throughput:
    """Run both services on the same core all the time, and load them in turn; then count what is on disk."""
    database = setting.directory / "throughput.db"
    core = setting.cores.server
    with ExitStack() as stack:
        ceiling = stack.enter_context(servers.running(servers.bare(), core, setting.directory / "bare.log"))
        log = setting.directory / "rounds.log"
        ours = stack.enter_context(servers.running(servers.seatkeeper(database), core, log))
        bare, seatkeeper, keyed = in_turn(setting, ceiling, ours)
    stored = verify_accounts(database, sum(report.acknowledged for report in (*seatkeeper, *keyed)))
    setting.timeline.tell(f"verifying {stored:,} accounts")
    verify(database)
    return Throughput(bare, seatkeeper, keyed, stored)


def in_turn(setting: Setting, ceiling: Server, ours: Server) -> tuple[list[Report], list[Report], list[Report]]:
    """Load the one, then the other, without keys and with them, as often as there are rounds."""
    bare: list[Report] = []
    seatkeeper: list[Report] = []
    keyed: list[Report] = []
    for number in range(1, setting.amounts.rounds + 1):
        for name, server, reports in (("bare", ceiling, bare), ("seatkeeper", ours, seatkeeper), ("keys", ours, keyed)):
            setting.timeline.tell(f"sign-ups, round {number} of {setting.amounts.rounds}: {name}")
            reports.append(setting.sign_up_for_seconds(server, keyed=reports is keyed))
    return bare, seatkeeper, keyed

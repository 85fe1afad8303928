"""The marks that the service should reach, and whether a run reached them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from bench.measures.cluster import CLUSTER, SINGLE
from bench.report.words import megabytes, milliseconds, rate, ratio, seconds
from bench.sides import spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.measures.beside import Beside
    from bench.measures.cluster import Clusters
    from bench.measures.console import Console
    from bench.measures.crowd import Crowds
    from bench.measures.deliveries import Deliveries
    from bench.measures.event_stream import EventStream
    from bench.measures.finding import Finding
    from bench.measures.growth import Filled, Growth
    from bench.measures.heads import Heads
    from bench.measures.importing import Importing
    from bench.measures.pace import Paced
    from bench.measures.peers import Peers
    from bench.measures.restarts import Restarts
    from bench.measures.sign_ups import SignUpRounds
    from bench.measures.stored import Stored
    from bench.measures.timers import TimersDue
    from bench.results import Results

MEMORY: Final = 300_000_000
"""Bytes that the service may hold with 100,000 live accounts."""

TIMES: Final = {"fastify": 5.0, "fastapi": 30.0}
"""How many times the rate of a peer the service should reach, by the beginning of the peer's name."""

DELIVERIES: Final = 2_000
"""Webhook messages a second that one endpoint should get from a journal that runs ahead."""

IMPORTED: Final = 1_000
"""Accounts a second that `seatkeeper import` should sign up, with their members."""

FIRST_PAGE: Final = 50.0
PAGE: Final = 100.0
"""Milliseconds within which the first page of any list should be there, at the p99."""

DUE: Final = 2.0
"""How many times the p99 of sign-ups may be what it is without timers that are due."""

COMMAND: Final = 1.7
"""How many times the CPU time of one process a command may take over edge and shard."""

LONG: Final = 600.0
"""Seconds of the open loop that the mark of stalls asks for."""


class Mark(NamedTuple):
    """The work, the mark, the measured value, and whether it reaches the mark."""

    work: str
    mark: str
    measured: str
    reached: bool


def at_least(work: str, bound: float, of: str, found: tuple[float, float, float], *, times: bool = False) -> Mark:
    """Compare a ratio with its lower bound."""
    return Mark(work, f"at least {bound:g} {'times' if times else 'of'} {of}", ratio(found), found[0] >= bound)


def marks(results: Results) -> list[Mark]:
    """Give the marks of everything that was measured."""
    return [
        *(of_sign_ups(results.sign_ups) if results.sign_ups else ()),
        *(of_peers(results.peers) if results.peers else ()),
        *(of_pace(results.paced) if results.paced else ()),
        *(of_beside(results.beside) if results.beside else ()),
        *(of_crowds(results.crowds) if results.crowds else ()),
        *(of_event_stream(results.event_stream) if results.event_stream else ()),
        *(of_deliveries(results.deliveries) if results.deliveries else ()),
        *(of_importing(results.importing) if results.importing else ()),
        *(of_finding(results.finding) if results.finding else ()),
        *(of_console(results.console) if results.console else ()),
        *(of_growth(results.filled) if results.filled else ()),
        *(of_restarts(results.restarts) if results.restarts else ()),
        *(of_touched(results.touched) if results.touched else ()),
        *(of_stored(results.stored) if results.stored else ()),
        *(of_timers(results.timers) if results.timers else ()),
        *(of_clusters(results.clusters) if results.clusters else ()),
        *(of_heads(results.heads) if results.heads else ()),
    ]


def of_sign_ups(sign_ups: SignUpRounds) -> Iterator[Mark]:
    """Rates beside the bare service."""
    rounds = sign_ups.rounds
    ours = rounds.ratio("seatkeeper", "bare")
    work = "durable sign-ups, closed loop"
    for bound in (0.35, 0.5, 0.6):
        yield at_least(work, bound, "bare", ours)
    yield at_least("the same with a fresh idempotency key on each", 0.5, "bare", rounds.ratio("keyed", "bare"))
    tail = rounds.p99("seatkeeper") / rounds.p50("seatkeeper")
    yield Mark("p99 over p50 of a sign-up, closed loop", "at most 4", f"{tail:.2f}", tail <= 4)


def of_peers(peers: Peers) -> Iterator[Mark]:
    """Rates beside the peers."""
    for side in peers.rounds.sides:
        bound = next((times for name, times in TIMES.items() if side.startswith(name)), None)
        if bound is not None:
            found = peers.rounds.ratio("seatkeeper", side)
            yield at_least("durable sign-ups, closed loop", bound, side, found, times=True)


def of_pace(paced: Paced) -> Iterator[Mark]:
    """Latency in the open loop, with that of the bare service at the same share of its own rate."""
    marked = paced.marked()
    latency, bare, seconds = marked.seatkeeper.latency, marked.bare.latency, marked.seatkeeper.seconds
    work = f"open loop at {marked.share:.0%} of the closed loop's rate, {seconds:.0f} s"
    p99, p999 = (
        f"{milliseconds(ours)} (bare {milliseconds(beside)})"
        for ours, beside in ((latency.p99, bare.p99), (latency.p999, bare.p999))
    )
    yield Mark(f"p99, {work}", "at most 5 ms", p99, latency.p99 <= 5)
    yield Mark(f"p99.9, {work}", "at most 20 ms", p999, latency.p999 <= 20)
    mark = "none above 50 ms" + ("" if seconds >= LONG else " (in ten minutes: make bench-long)")
    longest = f"{paced.stalls()} times 0.1 s; the longest wait was {milliseconds(latency.longest)}"
    yield Mark(f"stalls, {work}", mark, longest, paced.stalls() == 0)


def of_beside(beside: Beside) -> Iterator[Mark]:
    """One hot account, and reads."""
    members = "one hot account: members added and removed, 64 connections"
    yield at_least(members, 0.3, "bare", beside.hot_account.ratio("seatkeeper", "bare"))
    yield at_least("GET of an account", 0.5, "bare", beside.account.ratio("seatkeeper", "bare"))
    yield at_least("GET of a page of 50 members", 0.3, "bare", beside.page.ratio("seatkeeper", "bare"))


def of_crowds(crowds: Crowds) -> Iterator[Mark]:
    """A large account."""
    work = f"members added and removed in an account of {crowds.many:,}"
    yield at_least(work, 0.9, f"one of {crowds.few}", crowds.rounds.ratio("many", "few"))


def of_event_stream(stream: EventStream) -> Iterator[Mark]:
    """One reader, and a thousand."""
    median, lowest, highest = spread(stream.caught_up)
    found = f"{rate(median)} ({rate(lowest)} to {rate(highest)})"
    yield Mark("events a second to one reader of the stream", "at least 50,000", found, median >= 50_000)
    work = f"readers that were cut while {stream.readers:,} followed {rate(stream.followed)} sign-ups a second"
    yield Mark(work, "none", f"{stream.cut:,}", stream.cut == 0)


def of_deliveries(deliveries: Deliveries) -> Iterator[Mark]:
    """Webhooks."""
    found = deliveries.rate()
    yield Mark("webhook deliveries to one endpoint", "at least 2,000 a second", rate(found), found >= DELIVERIES)


def of_importing(importing: Importing) -> Iterator[Mark]:
    """Accounts from a file."""
    found = importing.rate()
    work = f"import of {importing.accounts:,} accounts with {importing.members:,} members"
    yield Mark(work, "at least 1,000 accounts a second", rate(found), found >= IMPORTED)


def of_finding(finding: Finding) -> Iterator[Mark]:
    """Lists, filters and searches: the slowest of them."""
    worst = finding.worst()
    work = f"first page of each of {len(finding.found)} lists and searches, {finding.accounts:,} accounts stored"
    found = f"{milliseconds(worst.p99)} ({worst.question})"
    yield Mark(work, "within 50 ms at the p99", found, worst.p99 <= FIRST_PAGE)


def of_console(console: Console) -> Iterator[Mark]:
    """The pages for operators: the slowest of them."""
    worst = console.worst()
    work = f"each of {len(console.opened)} pages of the console, {console.accounts:,} accounts stored"
    yield Mark(work, "within 100 ms at the p99", f"{milliseconds(worst.p99)} ({worst.page})", worst.p99 <= PAGE)


def of_growth(filled: Filled) -> Iterator[Mark]:
    """Memory."""
    last = filled.growth.points[-1]
    work = f"resident memory with {last.accounts:,} live actors"
    yield Mark(work, "at most 300 MB", megabytes(last.resident), last.resident <= MEMORY)
    beside = filled.actor_bytes
    yield Mark("an actor beside its state", "at most 2,048 B", f"{beside:,} B", beside <= 2_048)


def of_restarts(restarts: Restarts) -> Iterator[Mark]:
    """The start, and the first command to a cold account."""
    accounts = f"{restarts.accounts:,} accounts stored"
    longest = max(restarts.full)
    yield Mark(f"start to ready, {accounts}", "at most 2 s", f"{seconds(longest)} (the longest)", longest <= 2)
    p99 = restarts.cold.p99
    yield Mark(f"p99 of the first command to a cold account, {accounts}", "at most 5 ms", milliseconds(p99), p99 <= 5)


def of_touched(touched: Growth) -> Iterator[Mark]:
    """Memory under its bound."""
    highest = max(point.resident for point in touched.points)
    work = f"resident memory, {touched.points[-1].accounts:,} accounts touched, 100,000 live"
    yield Mark(work, "at most 300 MB", megabytes(highest), highest <= MEMORY)


def of_stored(stored: Stored) -> Iterator[Mark]:
    """What depends on the accounts that are stored."""
    for size, bound in zip(stored.sizes, (0.9, 0.8), strict=False):
        yield at_least(f"sign-ups with {size:,} accounts stored", bound, "an empty file", stored.ratio(size))
    yield from of_restarts(stored.restarts)


def of_timers(timers: TimersDue) -> Iterator[Mark]:
    """Timers that fall due all at once."""
    found = timers.ratio()
    work = f"p99 of sign-ups while {timers.timers:,} timers are due"
    yield Mark(work, "at most 2 times that without", f"{found:.2f}", found <= DUE)


def of_clusters(clusters: Clusters) -> Iterator[Mark]:
    """The CPU time of a command in a cluster; with few connections it has no mark, and the table shows it."""
    connections = max(clusters.rounds)
    found = clusters.rounds[connections].cpu_ratio(CLUSTER, SINGLE)
    work = f"CPU time of a sign-up over edge and shard, {connections} connections"
    yield Mark(work, f"at most {COMMAND:g} of one process", ratio(found), found.median <= COMMAND)


def of_heads(heads: Heads) -> Iterator[Mark]:
    """Commits of several writers."""
    yield at_least(
        f"commits of {heads.writers} shards with the global position", 0.6, "those without it", heads.ratio()
    )

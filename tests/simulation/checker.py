"""The invariants: what is on the disk against everything that was ever sent and answered.

Each stream is walked from its first event on. Every event must be what the pure decisions make of one command that
somebody sent, at the state where it stands; every answer must be what they say at its version.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.events import AccountOpened, PlanChanged
from seatkeeper.actors.journal import Receipt, StreamDamaged
from seatkeeper.actors.subscriptions.events import Package, PackageRevised, PlanDefined
from seatkeeper.actors.subscriptions.plan import Plan
from seatkeeper.http.receipts import again
from seatkeeper.http.routes import Answer
from seatkeeper.storage.compare import snapshot_finding
from seatkeeper.storage.receipts import ReceiptRow, read_receipt
from seatkeeper.storage.records import EventRow, SnapshotRow, read_event
from seatkeeper.storage.views import ViewRow, account_row, member_row, project
from tests.simulation.commands import Sent
from tests.simulation.states import replayed
from tests.simulation.walk import Answered, Packages, Stream, Walk
from tests.simulation.world import Broken, World, shown


def check(world: World) -> None:
    """Raise Broken where an invariant does not hold."""
    streams = _streams(world)
    told = _Told(world, _receipts(world))
    packages = _packages(streams)
    explained: set[Sent] = set()
    for stream_id in dict.fromkeys([*streams, *told.accepted, *told.refused]):
        stream = streams.get(stream_id) or Stream(stream_id, [], [])
        walk = Walk(stream, told.accepted[stream_id], told.refused[stream_id], told.loose, packages)
        for version, state in walk.states():
            _compare_reads(world, stream_id, version, state)
        explained |= walk.justified
        _compare_rows(world, stream, walk.state)
    for sent, answer in (pair for pairs in told.refused.values() for pair in pairs):
        if sent not in explained:
            since = f"from versions {sent.since} to position {sent.until}"
            raise Broken("I3", f"{sent.name} was answered {shown(answer)}, and no state says so {since}")
    _compare_feed(world)


class _Told:
    """What was told of each command, by its answer or by its receipt: they must not differ."""

    def __init__(self, world: World, receipts: dict[str, Receipt]) -> None:
        self.accepted: dict[str, dict[int, list[Answered]]] = defaultdict(lambda: defaultdict(list))
        self.refused: dict[str, list[Answered]] = defaultdict(list)
        self.loose: dict[str, Sent] = {}
        for sent in world.sent:
            answer = _answer(sent, receipts.pop(sent.key, None) if sent.key is not None else None)
            if answer is not None:
                self._file(sent, answer)
            elif sent.key is None and sent.in_doubt:
                self.loose[sent.name.partition(" ")[0]] = sent
        for key in receipts:
            raise Broken("I2", f"nobody has sent anything under {key!r}, whose receipt is there")

    def _file(self, sent: Sent, answer: Answer) -> None:
        if answer.status < 400:
            self.accepted[sent.stream(answer)][answer.version or 0].append((sent, answer))
            return
        for stream_id in sent.since:
            self.refused[stream_id].append((sent, answer))


def _streams(world: World) -> Mapping[str, Stream]:
    streams: dict[str, Stream] = {}
    for count, row in enumerate(
        map(EventRow._make, world.disk.rows.execute("SELECT * FROM events ORDER BY position")), 1
    ):
        stream = streams.setdefault(row.stream_id, Stream(row.stream_id, [], []))
        if (row.position, row.version) != (count, len(stream.events) + 1):
            raise Broken("I3", f"event {row.position} of {row.stream_id} at version {row.version} has a gap before it")
        try:
            stream.events.append(read_event(row))
        except StreamDamaged as error:
            raise Broken("I3", str(error)) from error
        stream.positions.append(row.position)
    return streams


def _receipts(world: World) -> dict[str, Receipt]:
    columns = ", ".join(ReceiptRow._fields)
    rows = world.disk.rows.execute(f"SELECT {columns} FROM receipts ORDER BY number")
    try:
        return {row[0]: read_receipt(ReceiptRow(*row)) for row in rows}
    except StreamDamaged as error:
        raise Broken("I3", str(error)) from error


def _answer(sent: Sent, receipt: Receipt | None) -> Answer | None:
    """Find what became of a command: what its client heard and what its receipt says must be the same."""
    if receipt is None:
        if sent.key is not None and sent.answer is not None:
            raise Broken("I1", f"{sent.name} was answered {shown(sent.answer)}, and its receipt is lost")
        if sent.receipt_seen:
            raise Broken("I1", f"the receipt of {sent.name} was told, and is lost")
        return sent.answer
    stored = again(receipt)
    if sent.answer is not None and sent.answer != stored:
        raise Broken("I2", f"{sent.name} was answered {shown(sent.answer)}, and its receipt says {shown(stored)}")
    if sent.answer is None and not sent.in_doubt:
        raise Broken("I2", f"{sent.name} was told that nothing was changed, and its receipt says {shown(stored)}")
    return stored


def _packages(streams: Mapping[str, Stream]) -> Packages:
    """Collect what each revision of each plan sells, and the position from which on it does."""
    sold: dict[str, dict[int, tuple[Package, int]]] = {}
    for stream in streams.values():
        for position, event in zip(stream.positions, stream.events, strict=True):
            if isinstance(event, PlanDefined):
                sold[event.plan_id] = {1: (event.package, position)}
            elif isinstance(event, PackageRevised):
                sold[stream.identity][event.revision] = (event.package, position)
    for stream in streams.values():
        for position, event in zip(stream.positions, stream.events, strict=True):
            if isinstance(event, AccountOpened | PlanChanged):
                package, since = sold.get(event.plan_id, {}).get(event.revision, (None, 0))
                if package != Package(event.total_seats, event.user_limit) or since > position:
                    raise Broken("I3", f"event {position} buys what was not for sale: {event}")
    return sold


def _compare_reads(world: World, stream_id: str, version: int, state: Account | Plan) -> None:
    wanted = [read for read in world.reads_of(stream_id) if read.version == version]
    if wanted:
        body = summary(state, version)
        for read in wanted:
            if read.body != body:
                raise Broken("I3", f"a read of {stream_id} got {read.body!r} at version {version}, which was {body!r}")


def summary(state: Account | Plan, version: int) -> bytes:
    """Write what a query shows of a state."""
    row = account_row(state, version) if isinstance(state, Account) else project(state, version, ())[0]
    return (getattr(row, "summary", None) or "").encode()


def _compare_rows(world: World, stream: Stream, state: Account | Plan | None) -> None:
    """Compare the views and the snapshot of a stream with its replay."""
    rows = world.disk.rows
    found: list[tuple[object, ...]]
    if stream.kind == "account":
        columns = "account_id, plan_id, status, name, version, summary"
        found = rows.execute(f"SELECT {columns} FROM accounts WHERE account_id = ?", (stream.identity,)).fetchall()
        found += rows.execute("SELECT * FROM members WHERE account_id = ? ORDER BY member_id", (stream.identity,))
    else:
        sql = "SELECT plan_id, status, version, summary FROM plans WHERE plan_id = ?"
        found = rows.execute(sql, (stream.identity,)).fetchall()
    expected: list[ViewRow] = []
    if isinstance(state, Account):
        expected = [account_row(state, len(stream.events)), *(member_row(state, m) for m in sorted(state.members))]
    elif state is not None:
        expected = project(state, len(stream.events), ())
    if found != [tuple(row) for row in expected]:
        raise Broken("I3", f"the views of {stream.id} are {found}, and its replay says {expected}")
    for row in rows.execute("SELECT * FROM snapshots WHERE stream_id = ?", (stream.id,)):
        snapshot = SnapshotRow(*row)
        if snapshot.version > len(stream.events):
            raise Broken("I3", f"a snapshot of {stream.id} at version {snapshot.version} of {len(stream.events)}")
        state = replayed(stream.events[: snapshot.version])
        finding = None if state is None else snapshot_finding(snapshot, state)
        if finding is not None:
            raise Broken("I3", finding)


def _compare_feed(world: World) -> None:
    sql = "SELECT position, stream_id, version FROM events ORDER BY position LIMIT ?"
    rows = world.disk.rows.execute(sql, (len(world.feed),)).fetchall()
    if [entry[:3] for entry in world.feed] != rows:
        raise Broken("I3", "the feed has shown what is not in the journal")

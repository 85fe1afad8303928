"""The invariants: what is on the disk, compared with everything that was sent and answered.

Each stream is walked from its first event on. Every event must be what the pure decisions make of one command that
was sent, at the state before it; every answer must be what they give at its version.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from operator import itemgetter

import msgspec

from seatkeeper.actors.accounts.profile.events import AccountOpened
from seatkeeper.actors.accounts.terms.events import PlanChanged
from seatkeeper.actors.accounts.values import Terms
from seatkeeper.actors.aggregates.journal import Receipt, StreamDamaged
from seatkeeper.actors.aggregates.messages import Context, DryRun, Refusal
from seatkeeper.actors.processes.offers import terms_of
from seatkeeper.actors.subscriptions.events import Package, PackageRevised, PlanDefined, PlanId
from seatkeeper.actors.subscriptions.plan import Offer
from seatkeeper.http.server.idempotency import stored_answer
from seatkeeper.http.server.routes import Answer
from seatkeeper.storage.receipts import ReceiptRow, read_receipt
from seatkeeper.storage.records import EventRow, SnapshotRow, read_event
from seatkeeper.storage.verify.compare import snapshot_finding
from tests.simulation.names import Names
from tests.simulation.sending import Sent, asked, terms_in
from tests.simulation.walk import Answered, Answers, Facts, Packages, Stream, Walk
from tests.simulation.world import Broken, World, shown


def check(world: World) -> None:
    """Raise Broken where an invariant does not hold."""
    streams = _streams(world)
    all_answers = _AllAnswers(world, _receipts(world))
    tried = [(sent, tried) for sent in world.sent for tried in sent.tries]
    facts = Facts(_packages(streams), _names(streams), world.disk.clock, tried)
    _check_dry_runs(world, all_answers.by_request)
    explained: set[Sent] = set()
    for stream_id in dict.fromkeys([*streams, *all_answers.accepted, *all_answers.refused]):
        stream = streams.get(stream_id) or Stream(stream_id)
        accepted, refused = all_answers.accepted[stream_id], all_answers.refused[stream_id]
        answers = Answers(accepted, refused, all_answers.by_request, all_answers.explained, all_answers.foretold)
        walk = Walk(world.states, stream, answers, facts)
        for version, state in walk.states():
            _compare_reads(world, stream_id, version, state)
        explained |= walk.justified
        _compare_rows(world, stream, walk.state)
    for sent, answer in (pair for pairs in all_answers.refused.values() for pair in pairs):
        if sent not in explained:
            since = f"from versions {sent.since} to position {sent.until}"
            raise Broken("I3", f"{sent.name} was answered {shown(answer)}, and no state says so {since}")
    for sent, dry in tried:
        if sent.since and not sent.type.makes and dry.request_id not in all_answers.foretold:
            raise Broken("I3", f"a dry run of {sent.name} told {dry.outcome}, and no state says so")
    _compare_feed(world)


class _AllAnswers:
    """The answer of each command, from its client or from its receipt: they must not differ."""

    def __init__(self, world: World, receipts: dict[str, Receipt]) -> None:
        self.accepted: dict[str, dict[int, list[Answered]]] = defaultdict(lambda: defaultdict(list))
        self.refused: dict[str, list[Answered]] = defaultdict(list)
        self.by_request = {request_id: sent for sent in world.sent for request_id in sent.times}
        self.explained: set[Sent] = set()
        self.foretold: set[str] = set()
        for sent in world.sent:
            answer = _answer(sent, receipts.pop(sent.key, None) if sent.key is not None else None)
            if answer is not None:
                self._file(sent, answer)
        for key in receipts:
            raise Broken("I2", f"{key!r} has a receipt, and no command was sent under it")

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
        stream = streams.setdefault(row.stream_id, Stream(row.stream_id))
        if (row.position, row.version) != (count, len(stream.events) + 1):
            raise Broken("I3", f"event {row.position} of {row.stream_id} at version {row.version} has a gap before it")
        try:
            stream.events.append(read_event(row, world.states.kinds))
        except StreamDamaged as error:
            raise Broken("I3", str(error)) from error
        stream.positions.append(row.position)
        stream.contexts.append(msgspec.json.decode(row.context or "{}", type=Context))
        stream.times.append(row.recorded_at)
    return streams


def _receipts(world: World) -> dict[str, Receipt]:
    columns = ", ".join(ReceiptRow._fields)
    rows = world.disk.rows.execute(f"SELECT {columns} FROM receipts ORDER BY number")
    try:
        return {row[0]: read_receipt(ReceiptRow(*row)) for row in rows}
    except StreamDamaged as error:
        raise Broken("I3", str(error)) from error


def _answer(sent: Sent, receipt: Receipt | None) -> Answer | None:
    """Return the answer of a command; its client and its receipt must have the same one."""
    if receipt is None:
        if sent.key is not None and sent.answer is not None:
            raise Broken("I1", f"{sent.name} was answered {shown(sent.answer)}, and its receipt is lost")
        if sent.receipt_seen:
            raise Broken("I1", f"the receipt of {sent.name} was read, and is lost")
        return sent.answer
    stored = stored_answer(receipt)
    if sent.answer is not None and sent.answer != stored:
        raise Broken("I2", f"{sent.name} was answered {shown(sent.answer)}, and its receipt says {shown(stored)}")
    if sent.answer is None and not sent.outcome_unknown:
        raise Broken("I2", f"{sent.name} was answered that nothing was changed, and its receipt says {shown(stored)}")
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
                if package is None or since > position or _terms(event, package) != terms_in(event):
                    raise Broken("I3", f"event {position} buys what was not for sale: {event}")
    return sold


def _terms(event: AccountOpened | PlanChanged, package: Package) -> Terms:
    return terms_of(Offer(PlanId(event.plan_id), event.revision, package))


def _check_dry_runs(world: World, by_request: Mapping[str, Sent]) -> None:
    """Nothing is stored of a dry run, and one that makes something new follows from nothing."""
    for sent in world.sent:
        for tried in sent.tries:
            told = tried.outcome
            if tried.request_id in by_request:
                raise Broken("I2", f"a dry run of {sent.name} was carried out")
            if sent.type.makes and isinstance(told, DryRun) and told.version == len(told.events):
                decision = world.states.decide(None, asked(sent, None, told.events, tried.at))
                if isinstance(decision, Refusal) or list(decision) != list(told.events):
                    raise Broken("I3", f"a dry run of {sent.name} told {told.events}, which do not follow")


def _names(streams: Mapping[str, Stream]) -> Names:
    """Follow the external ids of all streams in the order of the commits."""
    events = [
        (position, stream.id, event)
        for stream in streams.values()
        for position, event in zip(stream.positions, stream.events, strict=True)
    ]
    return Names(sorted(events, key=itemgetter(0)))


def _compare_reads(world: World, stream_id: str, version: int, state: object) -> None:
    wanted = [read for read in world.reads_of(stream_id) if read.version == version]
    if wanted:
        body = summary(world, stream_id, version, state)
        for read in wanted:
            if read.body != body:
                raise Broken("I3", f"a read of {stream_id} got {read.body!r} at version {version}, which was {body!r}")


def summary(world: World, stream_id: str, version: int, state: object) -> bytes:
    """Return the answer of a query for a state: the summary in the first view of its kind."""
    view = world.states.kinds.of_stream(stream_id).views[0]
    (row,) = view.rows(state, version)
    return str(row[view.columns.index("summary")]).encode()


def _compare_rows(world: World, stream: Stream, state: object) -> None:
    """Compare the views and the snapshot of a stream with its replay."""
    rows, version = world.disk.rows, len(stream.events)
    for view in world.states.kinds.of_stream(stream.id).views:
        sql = f"SELECT {', '.join(view.columns)} FROM {view.table} WHERE {view.columns[0]} = ?"
        found = sorted(rows.execute(sql, (stream.identity,)).fetchall())
        expected = [] if state is None else sorted(tuple(row) for row in view.rows(state, version))
        if found != expected:
            raise Broken("I3", f"the {view.table} of {stream.id} are {found}, and its replay says {expected}")
    for row in rows.execute("SELECT * FROM snapshots WHERE stream_id = ?", (stream.id,)):
        snapshot = SnapshotRow(*row)
        if snapshot.version > version:
            raise Broken("I3", f"a snapshot of {stream.id} at version {snapshot.version} of {version}")
        then = world.states.replayed(stream.events[: snapshot.version])
        finding = None if then is None else snapshot_finding(snapshot, then, world.states.kinds)
        if finding is not None:
            raise Broken("I3", finding)


def _compare_feed(world: World) -> None:
    sql = "SELECT position, stream_id, version FROM events ORDER BY position LIMIT ?"
    rows = world.disk.rows.execute(sql, (len(world.feed),)).fetchall()
    if [entry[:3] for entry in world.feed] != rows:
        raise Broken("I3", "the feed has shown what is not in the journal")

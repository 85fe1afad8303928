"""The page of a form: it is filled in, tried, and only then done."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
from aiohttp import hdrs, web

from seatkeeper.http.console.calls import Answered
from seatkeeper.http.console.forms.fields import MOST_ROWS, Field, fields_of
from seatkeeper.http.console.forms.outcome import DryRun, Outcome, did, would
from seatkeeper.http.console.forms.reading import read_body, rows_of
from seatkeeper.http.console.forms.subject import Subject, subject_of
from seatkeeper.http.console.names import tell
from seatkeeper.http.console.page import Fields, Page, Visit
from seatkeeper.http.headers import IDEMPOTENCY_KEY
from seatkeeper.http.server.routes import Route

WITHOUT_FORM: Mapping[str, str] = {}
"""Writes that have no form, by name, each with the reason."""

MORE_ROWS = 10

MOST_SAID = 20
"""Events of a dry run that are told, at most; the others are counted."""

_PROBLEM = 400
_OTHER_VERSION = 412
_SERVER_ERROR = 500


@dataclass(frozen=True)
class Filled:
    """A form as it was sent, or as it is at first."""

    route: Route
    ids: Fields
    values: Mapping[str, Sequence[str]]
    version: str
    key: str
    """The Idempotency-Key with which it is done."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of its body."""
        return () if self.route.body is None else fields_of(self.route.body)

    @property
    def body(self) -> bytes:
        """The body that the API takes."""
        return b"" if self.route.body is None else msgspec.json.encode(read_body(self.fields, self.values))

    @property
    def complete(self) -> bool:
        """Whether all ids of its path are known."""
        return all(self.ids.get(name) for name in self.route.ids)

    @property
    def digest(self) -> str:
        """Tells whether it is what was tried."""
        return hashlib.blake2b(msgspec.json.encode((self.ids, self.version)) + self.body, digest_size=16).hexdigest()


def _route(visit: Visit) -> Route:
    """Find the write that a form is for; raise HTTPNotFound."""
    name = visit.ids["name"]
    route = visit.calls.route(name)
    if route is None or not route.writes or name in WITHOUT_FORM:
        raise web.HTTPNotFound
    return route


async def show_form(visit: Visit) -> web.Response:
    """Show an empty form; one that has nothing to fill in is tried at once."""
    route = _route(visit)
    ids = visit.given(*route.ids)
    subject = await subject_of(visit, route, ids)
    values = {f"/{name}": [value] for name, value in visit.query.items() if name not in route.ids}
    filled = Filled(route, ids, {**_begin(route, subject), **values}, subject.version, visit.inside.new_id())
    outcome = None
    if filled.complete and not filled.fields:
        outcome = await _try(visit, filled, subject)
    return await _page(visit, filled, subject, outcome)


def _begin(route: Route, subject: Subject) -> dict[str, list[str]]:
    """Fill in what has to be there with what it is now."""
    found: dict[str, list[str]] = {}
    for one in () if route.body is None else fields_of(route.body):
        name = one.name[1:]
        now = subject.now.get(name)
        if now is None and route.method == "PUT":
            part = subject.now.get(route.path.rpartition("/")[2])
            now = part.get(name) if isinstance(part, Mapping) else None
        if one.required and isinstance(now, (str, int)):
            found[one.name] = [str(now)]
    return found


async def send_form(visit: Visit) -> web.Response:
    """Try a form, do it, or give it more rows."""
    route = _route(visit)
    ids = {name: visit.field(f"id:{name}").strip() for name in route.ids}
    subject = await subject_of(visit, route, ids)
    version = visit.field("version") or subject.version
    filled = Filled(route, ids, visit.form, version, visit.field("once") or visit.inside.new_id())
    step = visit.field("step")
    if step == "more":
        return await _page(visit, _with_rows(filled), subject, None)
    if step != "do" or visit.field("tried") != filled.digest:
        outcome = await _try(visit, filled, subject)
        return await _page(visit, _current(filled, subject, outcome), subject, outcome, changed=step == "do")
    return await _do(visit, filled, subject)


def _with_rows(filled: Filled) -> Filled:
    """Add empty rows to each list of a form."""
    more = {
        f"{one.name}/{rows_of(one, filled.values) + MORE_ROWS - 1}/": [""]
        for one in filled.fields
        if one.kind == "rows"
    }
    return Filled(filled.route, filled.ids, {**filled.values, **more}, filled.version, filled.key)


async def _try(visit: Visit, filled: Filled, subject: Subject) -> Outcome:
    """Have the API say what would come of it."""
    outcome = await _ask(visit, filled, dry_run=True)
    if isinstance(outcome, Outcome):
        return outcome
    run = msgspec.json.decode(outcome.body, type=DryRun)
    events = await tell(visit, run.events[:MOST_SAID], filled.ids.get("account_id", ""))
    more = len(run.events) - len(events)
    says = [*(str(event["says"]) for event in events), *([f"And {more} more events."] if more else [])]
    return would(run, subject.now, says)


async def _do(visit: Visit, filled: Filled, subject: Subject) -> web.Response:
    """Do what was tried."""
    answered = await _ask(visit, filled, dry_run=False)
    if isinstance(answered, Outcome):
        if _status(answered) < _SERVER_ERROR:  # that answer is final: whatever is sent next is another request
            filled = replace(filled, key=visit.inside.new_id())
        return await _page(visit, _current(filled, subject, answered), subject, answered)
    outcome = did(answered.body, subject.now, once=filled.route.once, replayed=answered.replayed)
    names = await visit.plan_names()
    return visit.show("done.html", route=filled.route, ids=filled.ids, outcome=outcome, plan_names=names)


def _current(filled: Filled, subject: Subject, outcome: Outcome) -> Filled:
    """Return a form as it is sent next: after somebody else's change, it is about what the page shows now."""
    return replace(filled, version=subject.version) if _status(outcome) == _OTHER_VERSION else filled


async def _ask(visit: Visit, filled: Filled, *, dry_run: bool) -> Answered | Outcome:
    """Make the call of a form; an Outcome is why it was refused."""
    route, headers = filled.route, dict[str, str]()
    if filled.version:
        headers[hdrs.IF_MATCH] = filled.version
    if not dry_run:
        headers[IDEMPOTENCY_KEY] = filled.key
    query = {"dry_run": "true"} if dry_run else None
    try:
        answered = await visit.calls.ask(
            visit.request, visit.caller, route.name, ids=filled.ids, query=query, headers=headers, body=filled.body
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told beside what was filled in
        body = visit.inside.problem(visit.request, error).body
        answered = Answered(_SERVER_ERROR, body if isinstance(body, bytes) else b"{}", None, replayed=False)
    if answered.status < _PROBLEM:
        return answered
    problem = msgspec.json.decode(answered.body, type=dict[str, object])
    return Outcome(accepted=False, done=not dry_run, problem=problem, replayed=answered.replayed)


def _status(outcome: Outcome) -> int:
    status = (outcome.problem or {}).get("status")
    return status if isinstance(status, int) else 0


async def _page(
    visit: Visit, filled: Filled, subject: Subject, outcome: Outcome | None, *, changed: bool = False
) -> web.Response:
    """Show a form, and what came of it so far."""
    errors = errors_of(filled.fields, outcome)
    refused = outcome is not None and not outcome.accepted
    return visit.show(
        "form.html",
        status=_status(outcome) if refused and outcome is not None and outcome.done else 200,
        filled=filled,
        route=filled.route,
        subject=subject,
        outcome=outcome,
        changed=changed,
        errors=errors,
        options=await options_of(visit, filled.fields),
        tried=filled.digest if outcome is not None and outcome.accepted else "",
        rows_of=rows_of,
        most_rows=MOST_ROWS,
    )


def errors_of(fields: Sequence[Field], outcome: Outcome | None) -> Mapping[str, str]:
    """Say what is wrong with each field; what belongs to none is under the empty name."""
    problem = {} if outcome is None else outcome.problem or {}
    listed = problem.get("errors")
    found: dict[str, str] = {}
    for error in listed if isinstance(listed, list) else []:
        pointer, detail = str(error["pointer"]), str(error["detail"])
        known = [field.name for field in fields if f"{pointer}/".startswith(f"{field.name}/")]
        inside = any(one.kind in {"group", "rows", "either"} for one in fields if one.name in known)
        name = pointer if inside else (known or [""])[0]
        found[name] = detail if name else f"{pointer}: {detail}"
    return found


async def options_of(visit: Visit, fields: Sequence[Field]) -> Mapping[str, list[tuple[str, str]]]:
    """List the things whose ids a form can choose from, where they are few."""
    if "plan" not in set(_named(fields)) or not visit.may("list_plans"):
        return {}
    plans = await visit.read_list("list_plans", query={"status": "active", "limit": "200"})
    if plans.next_cursor is not None:
        return {}
    return {"plan": [(str(plan["plan_id"]), f"{plan['name']} ({plan['type']})") for plan in plans.items]}


def _named(fields: Sequence[Field]) -> Iterator[str]:
    """Name the kinds of things whose ids the fields hold."""
    for one in fields:
        yield one.names
        yield from _named(one.parts)


async def list_forms(visit: Visit) -> web.Response:
    """List all that the visitor may do."""
    return visit.show("actions.html", actions=visit.actions_by_kind())


PAGES = (
    Page("/do", list_forms, title="Actions"),
    Page("/do/{name}", show_form, ("{name}",)),
    Page("/do/{name}", send_form, ("{name}",), methods=frozenset({"POST"})),
)

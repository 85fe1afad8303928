"""Who had which external id, and from which position to which: of one kind, no two may have the same at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seatkeeper.actors.accounts.profile.events import AccountExternalIdChanged, AccountOpened
from seatkeeper.actors.aggregates.external import ExternalIdTaken
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.actors.subscriptions.events import PlanDefined, PlanExternalIdChanged
from seatkeeper.http.server.problems import refusal_body
from seatkeeper.http.server.routes import Answer
from tests.simulation.sending import Sent
from tests.simulation.world import Broken

_MADE = (AccountOpened, PlanDefined)
_CHANGED = (AccountExternalIdChanged, PlanExternalIdChanged)
_EVER = 2**63

Name = tuple[str, str]
"""The kind of an aggregate, and its external id."""


class Names:
    """The external ids of accounts and plans over a whole journal."""

    def __init__(self, events: Iterable[tuple[int, str, Event]]) -> None:
        """Follow the events in the order of their positions; raise Broken where two have the same."""
        self._held: dict[Name, list[tuple[int, int, str]]] = {}
        holders: dict[Name, tuple[str, int]] = {}
        names: dict[str, Name] = {}
        for position, stream_id, event in events:
            if not isinstance(event, _MADE + _CHANGED):
                continue
            given_up = names.pop(stream_id, None)
            if given_up is not None:
                _, since = holders.pop(given_up)
                self._held.setdefault(given_up, []).append((since, position, stream_id))
            if event.external_id:
                name = (stream_id.partition("-")[0], event.external_id)
                if name in holders:
                    raise Broken("I4", f"{stream_id} has {name} at position {position}, and {holders[name]} had it")
                holders[name], names[stream_id] = (stream_id, position), name
        for name, (stream_id, since) in holders.items():
            self._held.setdefault(name, []).append((since, _EVER, stream_id))

    def refuse(self, sent: Sent, answer: Answer, problem: Mapping[str, object]) -> bool:
        """Return whether another one had the external id at some time between the command and its answer."""
        resource, external_id = str(problem["resource"]), str(sent.body.get("external_id"))
        refusal = ExternalIdTaken("plan" if resource == "plan" else "account", external_id)
        until = _EVER if sent.until is None else sent.until
        return refusal_body(refusal, sent.path, str(problem["request_id"])) == answer.body and any(
            stream_id not in sent.since and max(start, sent.began) <= min(end - 1, until)
            for start, end, stream_id in self._held.get((resource, external_id), ())
        )

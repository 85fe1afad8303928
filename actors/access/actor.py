"""The actor class of API keys: it binds the pure functions of this context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, get_args

from seatkeeper.actors.access import api_key, summaries
from seatkeeper.actors.access.api_key import ApiKey
from seatkeeper.actors.access.events import KeyEvent
from seatkeeper.actors.aggregates.aggregate import AggregateActor
from seatkeeper.actors.aggregates.messages import Event


class ApiKeyActor(AggregateActor[ApiKey]):
    """The actor of one API key."""

    kind: ClassVar[str] = "apikey"
    state_type: ClassVar[type[ApiKey]] = ApiKey
    event_types: ClassVar[Sequence[type[Event]]] = get_args(KeyEvent)

    decide = staticmethod(api_key.decide)
    evolve = staticmethod(api_key.evolve)
    answer = staticmethod(summaries.answer)
    stored_answer = staticmethod(summaries.stored_answer)
    identity = staticmethod(api_key.identity)

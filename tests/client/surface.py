"""What the client can be asked, as it was written: each method with what it would send."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import NamedTuple, get_args, get_type_hints
from urllib.parse import unquote

from seatkeeper.http.client import Seatkeeper
from seatkeeper.http.client.calls import Call, Listing, Subscription
from seatkeeper.http.client.methods import Method, Resource
from seatkeeper.http.client.sending.connection import Connection

STREAM: Call[str] = Call("GET", "/v1/events/stream", str)


class Asked(NamedTuple):
    """A method of a resource, the call that it makes when every parameter is given, and their types."""

    name: str
    call: Call[object]
    types: dict[str, object]
    optional: set[str]

    @property
    def route(self) -> tuple[str, str]:
        """Name the row of the route table that it goes to."""
        return self.call.method, unquote(self.call.path)


def methods() -> Iterator[Asked]:
    """List every method of every resource."""
    for attribute, resource in vars(Seatkeeper("http://127.0.0.1")).items():
        if isinstance(resource, Resource):
            for name, method in vars(type(resource)).items():
                if isinstance(method, Method):
                    yield _asked(f"{attribute}.{name}", method, resource)


def _asked(name: str, method: Method[object, object], resource: Resource[Connection]) -> Asked:
    hints = get_type_hints(method.make)
    parameters = dict(list(inspect.signature(method.make).parameters.items())[1:])
    options = parameters.pop("options")
    (allowed,) = get_args(hints["options"])
    paging = {"limit", "cursor"} & set(get_type_hints(allowed))
    values: dict[str, object] = {one: f"{{{one}}}" for one in parameters}
    made = method.make(resource, **values, **dict.fromkeys(paging, "1"))
    call = _call_of(made)
    keywords = [one for one in parameters.values() if one.kind is inspect.Parameter.KEYWORD_ONLY]
    assert options.kind is inspect.Parameter.VAR_KEYWORD
    return Asked(
        name,
        call,
        {one.name: hints[one.name] for one in keywords},
        {one.name for one in keywords if one.default is not inspect.Parameter.empty},
    )


def _call_of(made: object) -> Call[object]:
    if isinstance(made, Subscription):
        query = {**made.query, "after": made.after, "journal_id": made.journal_id}
        return Call("GET", STREAM.path, object, query)
    call = made.call if isinstance(made, Listing) else made
    assert isinstance(call, Call)
    return call

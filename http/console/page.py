"""Pages: what one is, and the visit in which it is made."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias, TypeVar

import msgspec
from aiohttp import web

from seatkeeper.actors.access.scopes import includes
from seatkeeper.http.api.accounts.accounts import takes
from seatkeeper.http.console.calls import Calls
from seatkeeper.http.console.mount import ROOT, Inside
from seatkeeper.http.console.rendering import Templates
from seatkeeper.http.server.routes import ANY_KEY, Caller, Route

T = TypeVar("T")

Fields: TypeAlias = Mapping[str, str]
"""The fields of a form or a query that were filled in."""


class Listing(msgspec.Struct, frozen=True):
    """A page of a list of the API."""

    items: list[dict[str, object]]
    next_cursor: str | None = None


class Feed(msgspec.Struct, frozen=True):
    """A part of the journal."""

    items: list[dict[str, object]]
    last_position: int


PLACES = (
    ("account_id", "accounts", "account"),
    ("plan_id", "plans", "plan"),
    ("webhook_id", "webhooks", "webhook"),
    ("key_id", "keys", "key"),
)
"""Where what has such an id is shown, and what it is called."""


@dataclass(frozen=True)
class Visit:
    """One request to a page: who asks for what, and what it may be answered with."""

    request: web.Request
    caller: Caller
    calls: Calls
    templates: Templates
    ids: Mapping[str, str]
    """What the pattern of the page's path has found."""
    token: str
    """What the forms of this visitor carry, so that no other page can send them."""
    inside: Inside
    signed_in: bool = False
    """Whether there is a session to sign out of."""
    form: dict[str, Sequence[str]] = field(default_factory=dict)
    """The fields of the form that was sent, if one was."""

    @cached_property
    def query(self) -> Fields:
        """The parameters that were filled in."""
        return {name: value.strip() for name, value in self.request.query.items() if value.strip()}

    def field(self, name: str) -> str:
        """Return a field of the form that was sent, empty if it has none of this name."""
        return self.form.get(name, [""])[0]

    def may(self, name: str) -> bool:
        """Tell whether the visitor may make the call with this name."""
        return name in self._allowed

    @cached_property
    def _allowed(self) -> frozenset[str]:
        """The names of the calls that the visitor may make: a page asks for each of its rows."""
        return frozenset(route.name for route in self.calls.routes if self.allows(route))

    def allows(self, route: Route) -> bool:
        """Tell whether the visitor may make this call, and the service has what it is about."""
        if route.sandbox and not self.inside.sandbox:
            return False
        return route.scope in {None, ANY_KEY} or includes(self.caller.scopes, str(route.scope))

    async def read(self, name: str, kind: type[T], ids: Fields | None = None, query: Fields | None = None) -> T:
        """Read what a call of the API answers; raise what it is refused with."""
        answer = await self.calls.ask(self.request, self.caller, name, ids=ids or {}, query=query)
        return msgspec.json.decode(answer.body, type=kind)

    async def read_list(self, name: str, ids: Fields | None = None, query: Fields | None = None) -> Listing:
        """Read a page of a list."""
        return await self.read(name, Listing, ids, query)

    async def read_list_if_allowed(
        self, name: str, ids: Fields | None = None, query: Fields | None = None
    ) -> Listing | None:
        """Read a page of a list that only some keys may read."""
        return await self.read_list(name, ids, query) if self.may(name) else None

    async def plan_names(self) -> dict[str, str]:
        """Name the plans by their ids, as far as the visitor may read them: the first of many."""
        plans = await self.read_list_if_allowed("list_plans", query={"limit": "200"})
        return {} if plans is None else {str(plan["plan_id"]): str(plan["name"]) for plan in plans.items}

    def given(self, *names: str) -> dict[str, str]:
        """Return those of these parameters that were filled in."""
        return {name: self.query[name] for name in names if name in self.query}

    def actions(self, *ids: str, status: str = "") -> Sequence[Route]:
        """List the writes that the visitor may make to what these ids name; without any, those that make new things.

        With the status of an account, what it refuses in that status is left out.
        """
        return [
            route
            for route in self.calls.routes
            if route.writes and set(route.ids) == set(ids) and self.allows(route) and takes(route, status)
        ]

    def actions_named(self, *names: str, status: str = "") -> Sequence[Route]:
        """List those of these writes that the visitor may make, and an account in this status does not refuse."""
        found = (self.calls.route(name) for name in names)
        return [route for route in found if route is not None and self.allows(route) and takes(route, status)]

    def actions_by_kind(self) -> Mapping[str, Sequence[Route]]:
        """List all writes that the visitor may make, by what they are about."""
        found: dict[str, list[Route]] = {}
        for route in self.calls.routes:
            if route.writes and self.allows(route):
                found.setdefault(route.path.split("/")[2], []).append(route)
        return found

    def sees(self, page: Page) -> bool:
        """Tell whether a page is shown to the visitor."""
        return self.caller.scopes != frozenset() and all(map(self.may, page.needs))

    def places(self, ids: Fields, answer: object) -> list[tuple[str, str]]:
        """List the pages of what a form was about, and of what it has made."""
        found = dict(ids)
        for part in (answer, *answer.values()) if isinstance(answer, dict) else ():
            if isinstance(part, dict):
                found |= {name: str(value) for name, value in part.items() if name.endswith("_id")}
        return [
            (f"{ROOT}/{folder}/{found[name]}", f"To the {what}")
            for name, folder, what in PLACES
            if name in found and self.may(f"get_{name.removesuffix('_id')}".replace("get_key", "get_api_key"))
        ]

    def show(self, template: str, *, status: int = 200, **context: object) -> web.Response:
        """Answer with a page."""
        return self.show_all(template, context, status=status)

    def show_all(self, template: str, context: Mapping[str, object], *, status: int = 200) -> web.Response:
        """Answer with a page, of what was gathered in a mapping."""
        text = self.templates.render(template, visit=self, **context)
        return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")


Make: TypeAlias = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Page:
    """A page: its path below /console with `{ids}`, what makes it, and the calls that its visitor has to be allowed.

    `needs` are the names of calls of the API, or `{ids}` of the path that are. One with a `title` stands in the
    navigation, for who may see it.
    """

    path: str
    make: Make
    needs: tuple[str, ...] = ()
    title: str = ""
    methods: frozenset[str] = frozenset({"GET"})
    open: bool = False
    """Whether it needs no session."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Match the path of a request, below /console."""
        return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path))

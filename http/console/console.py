"""The console: finds who visits, finds the page, and answers, also when something is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

import msgspec
from aiohttp import hdrs, web

from seatkeeper.http.assets import Assets
from seatkeeper.http.console.book import PAGES
from seatkeeper.http.console.calls import Calls
from seatkeeper.http.console.mount import ROOT, Inside
from seatkeeper.http.console.page import Page, Visit
from seatkeeper.http.console.rendering import Templates
from seatkeeper.http.console.security import (
    SESSION,
    TOKEN,
    VISIT,
    check_token,
    end_cookie,
    is_visit,
    new_visit,
    protect,
    set_cookie,
    token_for,
)
from seatkeeper.http.server.problems import MEDIA_TYPE, ProblemError
from seatkeeper.http.server.requests import receive
from seatkeeper.http.server.responses import SERVER
from seatkeeper.http.server.routes import OPEN, Caller

SIGN_IN = f"{ROOT}/sign-in"

STATIC = f"{ROOT}/static"

_FOLDER = Path(__file__).parent / "static"

FORM_LIMIT = 1024 * 1024
"""Bytes of a form: reading so many escapes takes 0.3 s."""

OPEN_FORM_LIMIT = 64 * 1024
"""Bytes of a form that needs no session: anybody may send it."""

MOST_FIELDS = 10_000
"""Fields of a form."""

NOBODY = Caller("nobody", None, frozenset())
"""Who has not signed in."""


class Visitor(NamedTuple):
    """Who visits, and the cookie that their forms belong to."""

    caller: Caller
    cookie: str
    signed_in: bool
    new: bool = False
    """Whether the cookie has yet to be set."""


class Console:
    """Answers the requests of the console."""

    def __init__(self, inside: Inside) -> None:
        """Read the files, and compile the templates."""
        self._inside = inside
        self._calls = Calls(inside.endpoints, inside.count)
        self._assets = Assets(_FOLDER, STATIC)
        self._templates = Templates(self._assets, pages=[page for page in PAGES if page.title])

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, whatever happens."""
        visitor: Visitor | None = None
        try:
            if request.path.startswith(f"{STATIC}/"):
                response: web.StreamResponse = self._assets.answer(request, request.path.removeprefix(f"{STATIC}/"))
            else:
                visitor = self._visitor(request)
                response = await self._answer(request, visitor)
        except Exception as error:  # noqa: BLE001 - whatever it is, the visitor gets a page that says so
            response = self._refuse(request, visitor, error)
        if not response.prepared:
            response.headers[hdrs.SERVER] = SERVER
            protect(response)
        if visitor is not None and visitor.new and not response.prepared:
            set_cookie(response, VISIT, visitor.cookie, secure=self._inside.access.is_secure(request))
        return response

    def _visitor(self, request: web.Request) -> Visitor:
        """Find who visits; raise ProblemError for what is none of the console's own pages, and for a visit too many."""
        inside, cookies = self._inside, request.cookies
        if not inside.authenticator.is_open:
            found = inside.sessions.find(cookies.get(SESSION, ""))
            if found is not None:
                inside.access.admit_signed_in(request, found[0])
                return Visitor(found[1], cookies[SESSION], signed_in=True)
            inside.access.check_own_page(request)
        caller = OPEN if inside.authenticator.is_open else NOBODY
        known = is_visit(cookies.get(VISIT, ""))
        return Visitor(caller, known[0] if known else new_visit(), signed_in=False, new=not known)

    async def _answer(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        page, ids = self._find(request)
        visit = self._visit(request, visitor, ids)
        if visitor.caller is NOBODY and not page.open:
            return self._lead_to_sign_in(request)
        for name in page.needs:
            self._calls.require(visitor.caller, name.format_map(ids))
        if request.method not in {"GET", "HEAD"}:
            visit.form.update(await self._read_form(request, OPEN_FORM_LIMIT if page.open else FORM_LIMIT))
            if not page.open and not self._inside.authenticator.still_valid(visitor.caller):
                return self._lead_to_sign_in(request)  # the form took seconds to come
            check_token(visit.field(TOKEN), visit.token)
        return await page.make(visit)

    def _visit(self, request: web.Request, visitor: Visitor, ids: Mapping[str, str]) -> Visit:
        return Visit(
            request=request,
            caller=visitor.caller,
            signed_in=visitor.signed_in,
            calls=self._calls,
            templates=self._templates,
            inside=self._inside,
            ids=ids,
            token=token_for(visitor.cookie),
        )

    def _find(self, request: web.Request) -> tuple[Page, Mapping[str, str]]:
        """Find the page of a request and the ids in its path; raise HTTPNotFound or HTTPMethodNotAllowed."""
        method = "GET" if request.method == "HEAD" else request.method
        path = request.path.removeprefix(ROOT).rstrip("/")
        found = [(page, match) for page in PAGES if (match := page.pattern.fullmatch(path))]
        for page, match in found:
            if method in page.methods:
                return page, match.groupdict()
        if found:
            raise web.HTTPMethodNotAllowed(request.method, {method for page, _ in found for method in page.methods})
        raise web.HTTPNotFound

    async def _read_form(self, request: web.Request, limit: int) -> Mapping[str, Sequence[str]]:
        """Read a form; raise ProblemError."""
        if request.content_type != "application/x-www-form-urlencoded":
            raise ProblemError(MEDIA_TYPE._replace(detail="Send the form as application/x-www-form-urlencoded."))
        raw = await receive(request.clone(), limit, self._inside.body_deadline)
        try:
            return parse_qs(raw.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError as error:
            raise web.HTTPBadRequest from error

    def _lead_to_sign_in(self, request: web.Request) -> web.Response:
        """Lead to the sign-in, and from there back to a page that was only to be read."""
        back = request.path_qs if request.method in {"GET", "HEAD"} and request.path != ROOT else ""
        address = f"{SIGN_IN}?{urlencode({'back': back})}" if back else SIGN_IN
        if "HX-Request" in request.headers:  # htmx would put the sign-in into the place of a part of the page
            return web.Response(status=204, headers={"HX-Redirect": SIGN_IN})
        response = web.Response(status=303, headers={hdrs.LOCATION: address})
        end_cookie(response, SESSION)
        return response

    def _refuse(self, request: web.Request, visitor: Visitor | None, error: Exception) -> web.Response:
        """Write a problem as a page."""
        response = self._inside.problem(request, error)
        body = response.body
        problem = msgspec.json.decode(body, type=dict[str, object]) if isinstance(body, bytes) else {}
        visit = self._visit(request, visitor or Visitor(NOBODY, "", signed_in=False), {})
        page = visit.show("problem.html", status=response.status, problem=problem)
        for name in (hdrs.RETRY_AFTER, hdrs.ALLOW):
            if name in response.headers:
                page.headers[name] = response.headers[name]
        if response.keep_alive is False:
            page.force_close()
        return page

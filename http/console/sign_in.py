"""Signing in with a key, and out."""

from __future__ import annotations

from aiohttp import hdrs, web
from multidict import CIMultiDict

from seatkeeper.http.access.credentials import read_credential
from seatkeeper.http.console.mount import ROOT
from seatkeeper.http.console.page import Page, Visit
from seatkeeper.http.console.security import SESSION, VISIT, end_cookie, set_cookie
from seatkeeper.http.server.problems import UNAUTHENTICATED, ProblemError
from seatkeeper.http.server.routes import ANY_KEY, Nothing, Route


async def show_sign_in(visit: Visit) -> web.Response:
    """Ask for a key; who needs none goes to the first page."""
    if visit.signed_in or visit.inside.authenticator.is_open:
        return web.Response(status=303, headers={hdrs.LOCATION: ROOT})
    return visit.show("sign_in.html", back=_back(visit.query.get("back", "")), wrong="")


async def sign_in(visit: Visit) -> web.StreamResponse:
    """Begin a session with a key; a wrong one counts as it does for a call of the API."""
    back = _back(visit.field("back"))
    headers = CIMultiDict(visit.request.headers)  # with what proxies say of the client, by whose address guesses count
    key = visit.field("key").strip()
    headers[hdrs.AUTHORIZATION] = f"Bearer {key}"
    presented = visit.request.clone(headers=headers)
    try:
        visit.inside.access.admit(presented, _SESSION)
    except ProblemError as error:
        if error.problem is not UNAUTHENTICATED:
            raise
        wrong = "This key does not work: it is not known, was revoked, or has expired."
        return visit.show("sign_in.html", status=401, back=back, wrong=wrong)
    response = web.Response(status=303, headers={hdrs.LOCATION: back or ROOT})
    credential = read_credential(key)
    if credential is not None and not visit.inside.authenticator.is_open:
        secure = visit.inside.access.is_secure(visit.request)
        set_cookie(response, SESSION, visit.inside.sessions.begin(credential), secure=secure)
    return response


async def sign_out(_visit: Visit) -> web.StreamResponse:
    """End the session in this browser."""
    response = web.Response(status=303, headers={hdrs.LOCATION: f"{ROOT}/sign-in"})
    end_cookie(response, SESSION)
    end_cookie(response, VISIT)
    return response


async def _nothing(*_arguments: object) -> None:
    """Stand for a handler."""


_SESSION = Route("POST", f"{ROOT}/sign-in", _nothing, None, body=Nothing, scope=ANY_KEY)
"""What is asked of a key to begin a session: that it works."""


def _back(path: str) -> str:
    """Return a page of the console to go back to, and nothing for any other address."""
    return path if path.startswith(f"{ROOT}/") and "\\" not in path and path.isprintable() else ""


PAGES = (
    Page("/sign-in", show_sign_in, open=True),
    Page("/sign-in", sign_in, methods=frozenset({"POST"}), open=True),
    Page("/sign-out", sign_out, methods=frozenset({"POST"})),
)

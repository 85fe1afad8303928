"""What protects the pages: cookies, the token of each form, and the headers of each answer."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from aiohttp import hdrs, web

from seatkeeper.http.access.sessions import HOURS
from seatkeeper.http.server.problems import ProblemError, ProblemType

SESSION = "seatkeeper-session"
VISIT = "seatkeeper-visit"
"""The cookie of who has no session: it ties the forms to the browser that has read them."""

TOKEN = "csrf"  # noqa: S105 - the name of a field
"""The field of each form that holds its token."""

FORM_NOT_YOURS = ProblemType(
    403, "form-not-allowed", "This form was not made for this session: open the page again, and send it from there."
)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "same-origin",  # with no-referrer, a browser would send a form without its Origin
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def protect(response: web.StreamResponse) -> None:
    """Add the headers that each answer of the console has."""
    response.headers.update(HEADERS)
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


def new_visit() -> str:
    """Make the value of a cookie for who has no session."""
    return secrets.token_urlsafe(32)


is_visit = re.compile(r"[A-Za-z0-9_-]{43}").fullmatch
"""Match what such a cookie may have as its value; anything else is none of ours, and gets a new one."""


def token_for(cookie: str) -> str:
    """Make the token of the forms of who has this cookie."""
    return hmac.new(cookie.encode(), b"form", hashlib.sha256).hexdigest()


def check_token(given: str, token: str) -> None:
    """Raise ProblemError for a form that was not made for this visitor."""
    if not hmac.compare_digest(given.encode(), token.encode()):
        raise ProblemError(FORM_NOT_YOURS)


def set_cookie(response: web.StreamResponse, name: str, value: str, *, secure: bool) -> None:
    """Set a cookie that no script reads, and that comes with no request of another site."""
    response.set_cookie(
        name, value, max_age=HOURS * 3600, path="/console", httponly=True, samesite="Strict", secure=secure
    )


def end_cookie(response: web.StreamResponse, name: str) -> None:
    """Have the browser forget a cookie."""
    response.del_cookie(name, path="/console", httponly=True, samesite="Strict")

"""Origins: by which names the service answers, and to the pages of whom.

An open service has no secret that a stranger lacks, but it is not open to the pages in the operator's browser. A page
whose name points to 127.0.0.1 sends that name as `Host`. Any page sends its `Origin`, or `Sec-Fetch-Site`, with what
may change something. So an open service answers to loopback's names and to its own pages only. A service with keys
answers to any page: without a key the page gets nothing, and a browser lets it read only where CORS says so.
"""

from __future__ import annotations

import ipaddress

from aiohttp import hdrs, web

from seatkeeper.http.access.compression import add_vary
from seatkeeper.http.headers import SEC_FETCH_SITE
from seatkeeper.http.server.problems import ORIGIN_NOT_ALLOWED, ProblemError

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_PAGES = frozenset({"same-origin", "none"})

HOSTS = 1_000
"""Names for which it is remembered that they are loopback's, at most: most are one of two, each with its port."""

MAX_AGE = 600
"""Seconds for which a browser may keep what it was told of a call."""

ALLOWED_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Seatkeeper-On-Behalf-Of,"
    " traceparent, tracestate, X-Request-Id"
)
EXPOSED_HEADERS = (
    "Allow, ETag, Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, Seatkeeper-Journal,"
    " Seatkeeper-Position, traceparent, X-Request-Id"
)


class Origins:
    """Checks the names of the service and the origins of pages, and writes what CORS asks for."""

    def __init__(self, *, allowed_hosts: frozenset[str], cors_origins: frozenset[str]) -> None:
        """With keys, answer to these hosts, all if there are none, and let pages of these origins read."""
        self._hosts = allowed_hosts
        self.cors = cors_origins
        """The origins whose pages may read answers."""
        self._loopback: set[str] = set()

    def check_open(self, request: web.Request) -> None:
        """Raise ProblemError for what an open service does not answer."""
        headers = request.headers
        host = headers.get(hdrs.HOST, "")
        if host not in self._loopback:
            self._check_loopback(host)
        if request.raw_path[:1] != "/" and not is_loopback(request.host):  # the address names a host too
            raise ProblemError(ORIGIN_NOT_ALLOWED)
        if hdrs.ORIGIN in headers and headers[hdrs.ORIGIN].lower() != f"http://{host.lower()}":
            raise ProblemError(ORIGIN_NOT_ALLOWED)
        if (
            SEC_FETCH_SITE in headers
            and request.method not in _READS
            and headers[SEC_FETCH_SITE].lower() not in _OWN_PAGES
        ):
            raise ProblemError(ORIGIN_NOT_ALLOWED)

    def _check_loopback(self, host: str) -> None:
        if not is_loopback(host):
            raise ProblemError(ORIGIN_NOT_ALLOWED)
        if len(self._loopback) >= HOSTS:
            self._loopback.clear()
        self._loopback.add(host)

    def check_host(self, request: web.Request) -> None:
        """Raise ProblemError for a host that the settings do not name, if they name any."""
        if self._hosts:
            named = request.headers.get(hdrs.HOST, "") if request.raw_path[:1] == "/" else request.host
            host = named.lower()
            if host not in self._hosts and _without_port(host) not in self._hosts:
                raise ProblemError(ORIGIN_NOT_ALLOWED)

    def check_own_page(self, request: web.Request) -> None:
        """Raise ProblemError for what the page of somebody else sends, where a browser adds what signs it in.

        A browser that says how the two sites are related knows best: a proxy may have put another name into `Host`.
        The scheme is not compared, as behind a proxy the service does not see that of the page.
        """
        headers = request.headers
        if request.method in _READS:
            return
        if SEC_FETCH_SITE in headers:
            own = headers[SEC_FETCH_SITE].lower() in _OWN_PAGES
        else:
            origin = headers.get(hdrs.ORIGIN)
            own = origin is None or origin.lower().partition("://")[2] == request.host.lower()
        if not own:
            raise ProblemError(ORIGIN_NOT_ALLOWED)

    def finish(self, request: web.Request, response: web.StreamResponse) -> None:
        """Tell a browser whose pages may read the answer, and what they may send."""
        add_vary(response, hdrs.ORIGIN)
        origin = request.headers.get(hdrs.ORIGIN, "")
        if origin.lower() not in self.cors:
            return
        headers = response.headers
        headers["Access-Control-Allow-Origin"] = origin
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            headers["Access-Control-Allow-Methods"] = headers.get(hdrs.ALLOW, "")
            headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
            headers["Access-Control-Max-Age"] = str(MAX_AGE)
        else:
            headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS


def is_loopback(host: str) -> bool:
    """Tell whether a Host header names the machine itself, with any port."""
    name = _without_port(host.lower())
    if name in {"localhost", "[::1]"}:
        return True
    try:
        return ipaddress.IPv4Address(name).is_loopback
    except ValueError:
        return False


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isascii() and port.isdigit() else host

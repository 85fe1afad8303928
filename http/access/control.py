"""Access control: what is asked of every request before its handler, and added to its answer."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from seatkeeper.actors.access.scopes import includes
from seatkeeper.http.access.addresses import ClientAddresses
from seatkeeper.http.access.authentication import Authenticator, Key
from seatkeeper.http.access.compression import compress
from seatkeeper.http.access.limits.rates import Rates, Spent
from seatkeeper.http.access.origins import Origins
from seatkeeper.http.headers import RATE_LIMIT, RATE_LIMIT_POLICY
from seatkeeper.http.server.problems import TOO_MANY_REQUESTS, UNAUTHENTICATED, InsufficientScope, ProblemError, Refused
from seatkeeper.http.server.requests import CALLER
from seatkeeper.http.server.routes import ANY_KEY, OPEN, Caller, Route

_SPENT = web.RequestKey("spent", Spent)


class AccessControl:
    """Lets a request in, or raises why not."""

    def __init__(
        self,
        *,
        authenticator: Authenticator,
        addresses: ClientAddresses,
        origins: Origins,
        rates: Rates,
        on_rate_limited: Callable[[str], None],
    ) -> None:
        """Ask these, each for its part; `on_rate_limited` is called with the id of a key that asks too often."""
        self._authenticator = authenticator
        self._origins = origins
        self._rates = rates
        self._on_rate_limited = on_rate_limited
        self.address_of = addresses.of
        self.is_secure = addresses.is_secure
        self.check_own_page = origins.check_own_page

    def admit(self, request: web.Request, route: Route | None) -> Caller:
        """Let a request of this route in, None for a path or a method without one; return who asks.

        Raise ProblemError or Refused. Nothing of the body has been read.
        """
        if self._authenticator.is_open:
            self._origins.check_open(request)
            return OPEN
        self._origins.check_host(request)
        if route is None or route.scope is None:
            return OPEN
        key, caller = self._authenticator.authenticate(request, self.address_of(request))
        if key.rate_limit is not None:
            self._count(request, key.key_id, key.rate_limit)
        require_scope(caller, route)
        return caller

    def admit_signed_in(self, request: web.Request, key: Key) -> None:
        """Let in who has signed in with this key, and not with each request; raise ProblemError."""
        self._origins.check_own_page(request)
        if key.rate_limit is not None:
            self._count(request, key.key_id, key.rate_limit)

    def admit_again(self, request: web.Request, route: Route) -> None:
        """Raise ProblemError for who was let in and would not be by now: a body may take seconds to come."""
        if route.scope is not None and not self._authenticator.still_valid(request[CALLER]):
            raise ProblemError(UNAUTHENTICATED)

    def _count(self, request: web.Request, key_id: str, limit: int) -> None:
        spent = request[_SPENT] = self._rates.take(key_id, limit)
        if spent.wait:
            self._on_rate_limited(key_id)
            raise ProblemError(TOO_MANY_REQUESTS._replace(retry_after=spent.wait))

    def finish(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add what belongs to the answer, before any of it is sent."""
        if not self._authenticator.is_open:
            self._finish_guarded(request, response)
        if isinstance(response, web.Response):
            compress(request, response)

    def _finish_guarded(self, request: web.Request, response: web.StreamResponse) -> None:
        spent = request.get(_SPENT)
        if spent is not None:
            response.headers[RATE_LIMIT_POLICY], response.headers[RATE_LIMIT] = spent.policy, spent.left
        if self._origins.cors:
            self._origins.finish(request, response)


def require_scope(caller: Caller, route: Route) -> None:
    """Raise Refused for who may not make this call."""
    if route.scope not in {None, ANY_KEY} and not includes(caller.scopes, str(route.scope)):
        raise Refused(InsufficientScope(str(route.scope)))

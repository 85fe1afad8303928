"""Every call to an account and to what it contains, once; and the routes that calls go to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from seatkeeper.http.api.routes import ROUTES


class AccountCall(NamedTuple):
    """A call; its path is relative to the account.

    In it are `{bob}`, who has a seat, `{eve}`, who has none, `{guest}`, who is invited, and a `{grant}`.
    """

    name: str
    method: str
    path: str
    body: object = None

    def path_of(self, ids: Mapping[str, str]) -> str:
        """Return the path for these ids."""
        return self.path.format_map(ids)


def _credit(amount: int) -> object:
    return {"amount": {"amount": amount, "currency": "EUR"}, "reason": "a gift"}


IDS = ("bob", "eve", "guest", "grant")
"""What the paths of the calls name."""

WRITES = [
    AccountCall("rename", "PATCH", "", {"account_name": "Difference Engines"}),
    AccountCall("add member", "POST", "/members", {"name": "Dan"}),
    AccountCall("change member", "PATCH", "/members/{bob}", {"name": "Robert"}),
    AccountCall("remove member", "DELETE", "/members/{bob}"),
    AccountCall("take seat", "PUT", "/members/{eve}/seat"),
    AccountCall("free seat", "DELETE", "/members/{bob}/seat"),
    AccountCall("add many", "POST", "/members/bulk", {"members": [{"name": "Dan"}]}),
    AccountCall("invite", "POST", "/invitations", {"email": "dan@example.com"}),
    AccountCall("revoke invitation", "POST", "/invitations/{guest}/revoke"),
    AccountCall("renew invitation", "POST", "/invitations/{guest}/renew"),
    AccountCall("grant", "POST", "/grants", {"members": 1, "reason": "a gift"}),
    AccountCall("withdraw grant", "DELETE", "/grants/{grant}"),
    AccountCall("change trial", "PUT", "/trial", {"ends_at": "2100-01-01T00:00:00Z"}),
    AccountCall("end trial", "DELETE", "/trial"),
    AccountCall("cancel change", "DELETE", "/scheduled-change"),
    AccountCall("change plan", "PUT", "/plan", {"plan_id": "00000000-0000-7000-8000-000000000002"}),
    AccountCall("add credit", "POST", "/credit", _credit(1)),
    AccountCall("charge credit", "POST", "/credit", _credit(-1)),
]
"""What only an active account allows. In a household (given.py), each changes something."""

STATUS_CHANGES = [
    AccountCall("suspend", "POST", "/suspend"),
    AccountCall("reactivate", "POST", "/reactivate"),
    AccountCall("close", "POST", "/close"),
]
"""What a suspended account allows too."""

READS = [
    AccountCall("read account", "GET", ""),
    AccountCall("list members", "GET", "/members"),
    AccountCall("read member", "GET", "/members/{bob}"),
    AccountCall("list invitations", "GET", "/invitations"),
    AccountCall("read invitation", "GET", "/invitations/{guest}"),
    AccountCall("list grants", "GET", "/grants"),
    AccountCall("read grant", "GET", "/grants/{grant}"),
    AccountCall("explain limits", "GET", "/limits"),
    AccountCall("read changes", "GET", "/diff?from=0"),
    AccountCall("list events", "GET", "/events"),
    AccountCall("list timers", "GET", "/timers"),
]


KEYS = "/v1/api-keys"
"""Where the calls begin that have services of their own in tests/contract/keys: the first key closes a service."""


CLOCK = "/v1/clock"
"""What only a sandbox has, which has tests of its own in tests/timers/sandbox."""


def route_of(method: str, path: str) -> str:
    """Name the route that a call goes to, as `names` does."""
    for route in ROUTES:
        if route.method == method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", route.path), path.partition("?")[0]):
            return f"{method} {route.path}"
    raise AssertionError(f"no route: {method} {path}")


def open_writes() -> set[str]:
    """Name the routes that write and leave an open service open."""
    return names(writes=True) - names(below=KEYS) - names(below=CLOCK)


def names(*, below: str = "/", writes: bool | None = None) -> set[str]:
    """Name the routes whose paths begin like this; with `writes`, only those that write, or that read."""
    return {
        f"{route.method} {route.path}"
        for route in ROUTES
        if route.path.startswith(below) and writes in {None, route.writes}
    }

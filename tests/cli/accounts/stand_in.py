"""A service that answers sign-ups as a test needs it: not yet, not to this key, or well."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tests.cli.accounts.commands import TEAM

if TYPE_CHECKING:
    from collections.abc import Iterator

PLANS = {
    "items": [{"plan_id": TEAM, "name": "team", "status": "active", "external_id": None}],
    "next_cursor": None,
}
SIGNED_UP = {"account": {"account_id": TEAM}, "member": {"member_id": TEAM}}
NOT_NOW = {"type": "/problems/overloaded", "detail": "Not now."}


class Refusal(NamedTuple):
    """A status, and when the client may come back."""

    status: int
    retry_after: str | None = None


class StandIn:
    """What it refuses first, one after the other, and the keys of the sign-ups that it was asked for."""

    def __init__(self, refusals: list[Refusal]) -> None:
        self.refusals = refusals
        self.keys: list[str] = []
        self.authorizations: set[str | None] = set()
        self.url = ""


@contextmanager
def standing_in(*refusals: Refusal) -> Iterator[StandIn]:
    """Run a stand-in."""
    stand_in = StandIn(list(refusals))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            stand_in.authorizations.add(self.headers["Authorization"])
            self._answer(200, PLANS)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            stand_in.keys.append(self.headers["Idempotency-Key"])
            if stand_in.refusals:
                self._answer(*stand_in.refusals.pop(0))
            else:
                self._answer(201, SIGNED_UP)

        def _answer(self, status: int, body: object = None) -> None:
            retry_after = body if isinstance(body, str) else None
            raw = msgspec.json.encode(body if isinstance(body, dict) else NOT_NOW)
            self.send_response(status)
            if retry_after is not None:
                self.send_header("Retry-After", retry_after)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stand_in.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield stand_in
        finally:
            server.shutdown()
            thread.join()

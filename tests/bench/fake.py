"""A server that answers sign-ups as a test needs it: well, late, or wrongly."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from bench import bare
from bench.shapes import SignedUp, SignUp


class Reply(NamedTuple):
    """A status line, and the body."""

    status: str
    body: bytes


Behaviour = Callable[[int, SignUp], Reply]


def good(number: int, sign_up: SignUp) -> Reply:
    """Answer with an id of its own."""
    account_id = f"00000000-0000-7000-8000-{number:012}"
    account = bare.account(account_id, sign_up.account_name, sign_up.plan_id, sign_up.currency)
    signed_up = SignedUp(account, bare.member(account_id, sign_up.user_name, sign_up.user_email))
    return Reply("201 Created", msgspec.json.encode(signed_up))


def refused(_number: int, _sign_up: SignUp) -> Reply:
    """Refuse."""
    return Reply("503 Service Unavailable", json.dumps({"type": "/problems/too-busy"}).encode())


def late(number: int, sign_up: SignUp) -> Reply:
    """Answer well, but each time only after 50 ms."""
    threading.Event().wait(0.05)
    return good(number, sign_up)


class late_once:  # noqa: N801 - stands where the other behaviours stand
    """Answer well, but the first one only after so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __call__(self, number: int, sign_up: SignUp) -> Reply:
        if number == 0:
            threading.Event().wait(self._seconds)
        return good(number, sign_up)


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[int]:
    """Serve on a free port; its number."""
    numbers = iter(range(1_000_000))

    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            while self.rfile.readline():
                length = 0
                while (line := self.rfile.readline().strip()) != b"":
                    if line.startswith(b"Content-Length:"):
                        length = int(line.split()[1])
                sign_up = msgspec.json.decode(self.rfile.read(length), type=SignUp)
                reply = behaviour(next(numbers), sign_up)
                head = f"HTTP/1.1 {reply.status}\r\nContent-Length: {len(reply.body)}\r\n\r\n"
                self.wfile.write(head.encode() + reply.body)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()

"""The requests of a load, as bytes that are ready to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from bench.orders import NewMembers, SignUps

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD_END: Final = b"\r\n\r\n"
SCRAMBLE: Final = 0x9E37_79B9_7F4A_7C15
"""An odd number: to multiply with it gives each 64-bit number another one, far from that of its neighbour."""

TEAM_PLAN: Final = "00000000-0000-7000-8000-000000000002"


class Request(msgspec.Struct, frozen=True, gc=False):
    """The bytes to send, and a name that nobody else sends and that the answer must repeat."""

    data: bytes
    name: bytes


def requests(work: SignUps | NewMembers) -> Iterator[Request]:
    """Give the requests of this work, one after the other: sign-ups have no end, members are one an account."""
    if isinstance(work, SignUps):
        return keyed_sign_ups(work.run) if work.keyed else sign_ups(work.run)
    return new_members(work)


def sign_ups(run: int) -> Iterator[Request]:
    """Sign up accounts of the `team` plan; the body has 145 bytes."""
    before = b'{"account_name":"'
    after = f'","user_name":"Ada Lovelace","user_email":"ada@example.com","plan_id":"{TEAM_PLAN}"}}'.encode()
    length = len(before) + len(name(run, 0)) + len(after)
    start = head("/v1/signups", length) + before
    number = 0
    while True:
        text = name(run, number)
        yield Request(start + text + after, text)
        number += 1


def keyed_sign_ups(run: int) -> Iterator[Request]:
    """Sign up the same accounts with an Idempotency-Key each, in no order, as the usual random keys are."""
    for number, request in enumerate(sign_ups(run)):
        key = (run * 1_000_000_007 + number) * SCRAMBLE % 2**64
        yield Request(request.data.replace(HEAD_END, b"\r\nIdempotency-Key: %016x" % key + HEAD_END, 1), request.name)


def new_members(work: NewMembers) -> Iterator[Request]:
    """Add a member to each account."""
    for number, account in enumerate(work.accounts):
        text = f"Grace {number:06}".encode()
        body = b'{"name":"%b"}' % text
        yield Request(head(f"/v1/accounts/{account}/members", len(body)) + body, text)


def name(run: int, number: int) -> bytes:
    """Name an account; every name has the same length."""
    return b"Bench %03d-%09d" % (run, number)


def head(path: str, length: int) -> bytes:
    """Write the request line and headers of a POST of so many bytes."""
    lines = (f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()

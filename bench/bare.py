"""The ceiling: aiohttp and msgspec take and give the JSON of a sign-up, and do nothing else.

No actor, no rule, no journal, no id: whatever Seatkeeper costs above this is its own.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from typing import Final

import msgspec
from aiohttp import web

MOMENT: Final = "2026-01-01T00:00:00.000Z"
SOME_ID: Final = "00000000-0000-7000-8000-00000000abcd"


class SignUp(msgspec.Struct, frozen=True, gc=False):
    """The body of `POST /v1/signups`."""

    account_name: str
    user_name: str
    plan_id: str
    user_email: str | None = None
    currency: str = "EUR"


class Plan(msgspec.Struct, frozen=True, gc=False):
    """Which revision of which plan an account bought."""

    plan_id: str
    revision: int


class Members(msgspec.Struct, frozen=True, gc=False):
    """Places in use, and how many there are."""

    count: int
    limit: int


class Seats(msgspec.Struct, frozen=True, gc=False):
    """Seats in use, and how many there are."""

    taken: int
    total: int


class Money(msgspec.Struct, frozen=True, gc=False):
    """Minor units of a currency."""

    amount: int
    currency: str


class Account(msgspec.Struct, frozen=True, gc=False):
    """An account, in the shape in which the service answers it."""

    account_id: str
    account_name: str
    status: str
    plan: Plan
    members: Members
    seats: Seats
    credit: Money
    version: int
    created_at: str


class Member(msgspec.Struct, frozen=True, gc=False):
    """A member, in the shape in which the service answers it."""

    member_id: str
    name: str
    email: str | None
    role: str
    seated: bool
    joined_at: str


class SignedUp(msgspec.Struct, frozen=True, gc=False):
    """The answer to a sign-up."""

    account: Account
    member: Member


DECODER: Final = msgspec.json.Decoder(SignUp)
ENCODER: Final = msgspec.json.Encoder()


def signed_up(body: SignUp) -> SignedUp:
    """Answer what was asked for, with ids and times that are always the same."""
    account = Account(
        account_id=SOME_ID,
        account_name=body.account_name,
        status="active",
        plan=Plan(body.plan_id, 1),
        members=Members(1, 25),
        seats=Seats(0, 10),
        credit=Money(0, body.currency),
        version=2,
        created_at=MOMENT,
    )
    return SignedUp(account, Member(SOME_ID, body.user_name, body.user_email, "admin", seated=False, joined_at=MOMENT))


async def sign_up(request: web.Request) -> web.Response:
    """Decode, build the answer, encode."""
    answer = signed_up(DECODER.decode(await request.read()))
    return web.Response(body=ENCODER.encode(answer), status=201, content_type="application/json")


async def serve(host: str, port: int) -> None:
    """Serve until SIGTERM, and print where, as `seatkeeper serve` does."""
    app = web.Application()
    app.router.add_post("/v1/signups", sign_up)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
        await web.TCPSite(runner, host, port).start()
        print(f"listening on http://{host}:{runner.addresses[0][1]}", flush=True)
        await stopped.wait()
    finally:
        await runner.cleanup()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m bench.bare", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(serve(options.host, options.port))


if __name__ == "__main__":
    main()

"""The bare service: an aiohttp application that takes and gives the JSON of the API, and does nothing else.

It has no actors, rules, journal or ids, so it shows what an aiohttp application can do on one core.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import signal
from typing import Final

import msgspec
import uvloop
from aiohttp import web

from bench.shapes import Account, Member, Members, Money, NewMember, Page, Plan, Seats, SignedUp, SignUp

MOMENT: Final = "2026-01-01T00:00:00.000Z"
SOME_ID: Final = "00000000-0000-7000-8000-00000000abcd"

SIGN_UP: Final = msgspec.json.Decoder(SignUp)
NEW_MEMBER: Final = msgspec.json.Decoder(NewMember)
ENCODER: Final = msgspec.json.Encoder()


def account(account_id: str, name: str, plan_id: str, currency: str) -> Account:
    """Make up an account."""
    return Account(
        account_id=account_id,
        account_name=name,
        status="active",
        plan=Plan(plan_id, 1),
        members=Members(1, 25),
        seats=Seats(0, 10),
        credit=Money(0, currency),
        version=2,
        created_at=MOMENT,
    )


def member(member_id: str, name: str, email: str | None) -> Member:
    """Make up a member."""
    return Member(member_id, name, email, "member", seated=False, joined_at=MOMENT)


def answer(body: msgspec.Struct, status: int = 200) -> web.Response:
    """Encode an answer."""
    return web.Response(body=ENCODER.encode(body), status=status, content_type="application/json")


async def sign_up(request: web.Request) -> web.Response:
    """Decode, build the answer, encode."""
    body = SIGN_UP.decode(await request.read())
    opened = account(SOME_ID, body.account_name, body.plan_id, body.currency)
    return answer(SignedUp(opened, member(SOME_ID, body.user_name, body.user_email)), 201)


@functools.cache
def stored_account(account_id: str) -> bytes:
    """Give the JSON of an account; it is encoded on the first read and stored from then on."""
    return ENCODER.encode(account(account_id, "Bench 000-000000000", SOME_ID, "EUR"))


async def read_account(request: web.Request) -> web.Response:
    """Answer the stored account with this id."""
    body = stored_account(request.match_info["account_id"])
    return web.Response(body=body, content_type="application/json")


async def read_members(request: web.Request) -> web.Response:
    """Answer so many members."""
    names = range(int(request.query["limit"]))
    return answer(Page([member(f"{SOME_ID[:-3]}{number:03}", "Grace 000000", None) for number in names], SOME_ID))


async def add_member(request: web.Request) -> web.Response:
    """Decode, build the answer, encode."""
    body = NEW_MEMBER.decode(await request.read())
    return answer(member(SOME_ID, body.name, body.email), 201)


async def remove_member(_: web.Request) -> web.Response:
    """Answer that it is done."""
    return web.Response(status=204)


def application() -> web.Application:
    """Make the application with the routes that the benchmark uses."""
    app = web.Application()
    app.router.add_post("/v1/signups", sign_up)
    app.router.add_get("/v1/accounts/{account_id}", read_account)
    app.router.add_get("/v1/accounts/{account_id}/members", read_members)
    app.router.add_post("/v1/accounts/{account_id}/members", add_member)
    app.router.add_delete("/v1/accounts/{account_id}/members/{member_id}", remove_member)
    return app


async def serve(host: str, port: int) -> None:
    """Serve until SIGTERM, and print the address as `seatkeeper serve` does."""
    runner = web.AppRunner(application(), access_log=None)
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
    parser.add_argument(
        "--uvloop", action="store_true", help="run on uvloop, as the service does, not on asyncio's loop"
    )
    options = parser.parse_args()
    run = uvloop.run if options.uvloop else asyncio.run
    run(serve(options.host, options.port))


if __name__ == "__main__":
    main()

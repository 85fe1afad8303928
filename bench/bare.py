"""The ceiling: aiohttp and msgspec take and give the JSON of the API, and do nothing else.

No actor, no rule, no journal, no id: whatever Seatkeeper costs above this is its own.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from typing import Final

import msgspec
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


async def read_account(request: web.Request) -> web.Response:
    """Answer an account with this id."""
    return answer(account(request.match_info["account_id"], "Bench 000-000000000", SOME_ID, "EUR"))


async def read_members(request: web.Request) -> web.Response:
    """Answer as many members as were asked for."""
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
    """Make the routes that the benchmark asks for."""
    app = web.Application()
    app.router.add_post("/v1/signups", sign_up)
    app.router.add_get("/v1/accounts/{account_id}", read_account)
    app.router.add_get("/v1/accounts/{account_id}/members", read_members)
    app.router.add_post("/v1/accounts/{account_id}/members", add_member)
    app.router.add_delete("/v1/accounts/{account_id}/members/{member_id}", remove_member)
    return app


async def serve(host: str, port: int) -> None:
    """Serve until SIGTERM, and print where, as `seatkeeper serve` does."""
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
    options = parser.parse_args()
    asyncio.run(serve(options.host, options.port))


if __name__ == "__main__":
    main()

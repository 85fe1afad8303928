"""Serve with aiohttp on uvloop; each request waits for its actors in a thread of its own."""

from __future__ import annotations

import argparse
import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec
import uvloop
from aiohttp import web

from bench.peers.threading_actor.directory import Directory
from bench.peers.threading_actor.shapes import NewSignUp

WAITING: Final = 64
"""Sign-ups that may wait at a time."""


class Api:
    """The routes."""

    def __init__(self, directory: Directory, executor: ThreadPoolExecutor) -> None:
        self._directory = directory
        self._executor = executor

    async def sign_up(self, request: web.Request) -> web.Response:
        """Sign a customer up."""
        try:
            body = msgspec.json.decode(await request.read(), type=NewSignUp)
        except msgspec.DecodeError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        loop = asyncio.get_running_loop()
        signed_up = await loop.run_in_executor(self._executor, self._directory.sign_up, body)
        if signed_up is None:
            raise web.HTTPNotFound(text="There is no such plan.")
        headers = {"Location": f"/v1/accounts/{signed_up.account.account_id}"}
        answer = msgspec.json.encode(signed_up)
        return web.Response(body=answer, status=201, headers=headers, content_type="application/json")

    async def livez(self, _: web.Request) -> web.Response:
        """Answer."""
        return web.json_response({"status": "ok"})


async def serve(api: Api, port: int) -> None:
    """Serve until SIGTERM."""
    app = web.Application()
    app.router.add_post("/v1/signups", api.sign_up)
    app.router.add_get("/livez", api.livez)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
        await web.TCPSite(runner, "127.0.0.1", port).start()
        print(f"listening on http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
        await stopped.wait()
    finally:
        await runner.cleanup()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--accounts", type=int, default=10_000, help="live at most, each with its thread")
    options = parser.parse_args()
    directory = Directory(options.database, options.accounts)
    try:
        with ThreadPoolExecutor(WAITING) as executor:
            uvloop.run(serve(Api(directory, executor), options.port))
    finally:
        directory.stop()


if __name__ == "__main__":
    main()

"""Serve with uvicorn, on uvloop and httptools, and print the address."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from socket import socket

import uvicorn

from bench.peers.fastapi_sqlalchemy.main import create_app


class Server(uvicorn.Server):
    """uvicorn's server, which prints the line that the benchmark waits for."""

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start, and print the port."""
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(f"listening on http://127.0.0.1:{port}", flush=True)


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn raises the signal again after a clean stop
    app = create_app(options.database)
    config = uvicorn.Config(
        app, port=options.port, loop="uvloop", http="httptools", log_level="warning", access_log=False
    )
    Server(config).run()


if __name__ == "__main__":
    main()

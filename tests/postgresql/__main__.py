"""`make postgresql`: a throw-away PostgreSQL server on loopback, until Ctrl-C or SIGTERM; it prints its address."""

from __future__ import annotations

import contextlib
import signal
import sys

from tests.postgresql.server import running_server


def main() -> int:
    """Run a server until this process is asked to end."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), running_server() as server:
        print(server.url(), flush=True)
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())

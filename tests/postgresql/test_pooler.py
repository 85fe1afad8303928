"""A connection pooler before the server: refused at the start, with the reason."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.postgresql.server.connection import SETTINGS
from tests.postgresql.server import OWNER, START_DEADLINE, STOP_DEADLINE, Server, free_port, ordinary_user, program
from tests.postgresql.stores import PostgresqlStore

FILE = """
[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = {mode}
ignore_startup_parameters = {ignored}
"""


@contextmanager
def pooler(server: Server, *, mode: str, ignored: str) -> Iterator[str]:
    """Run PgBouncer before a server, and yield the address of a database through it."""
    executable, port = program("pgbouncer"), free_port()
    users = server.folder / "users.txt"
    users.write_text(f'"{OWNER}" ""\n', "utf-8")
    file = server.folder / "pgbouncer.ini"
    file.write_text(FILE.format(server=server.port, port=port, users=users, mode=mode, ignored=ignored), "utf-8")
    process = subprocess.Popen([executable, file], cwd="/", stderr=subprocess.DEVNULL, user=ordinary_user())
    try:
        end = time.monotonic() + START_DEADLINE
        ready = [program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        while subprocess.run(ready, check=False).returncode != 0:
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.02)
        yield server.url(server.new_database()).replace(f":{server.port}/", f":{port}/")
    finally:
        process.terminate()
        process.wait(STOP_DEADLINE)


@pytest.mark.parametrize("mode", ["transaction", "session"])
@pytest.mark.parametrize("ignored", ["extra_float_digits", ",".join(SETTINGS)])
async def test_it_is_refused(postgresql: Server, mode: str, ignored: str) -> None:
    with (
        pooler(postgresql, mode=mode, ignored=ignored) as url,
        pytest.raises(DatabaseRefused, match="a connection pooler such as PgBouncer stands before it"),
    ):
        await PostgresqlStore(url).journal.open()

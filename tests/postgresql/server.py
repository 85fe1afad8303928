"""A throw-away PostgreSQL server for tests: a cluster in a temporary folder, on loopback, under an ordinary user."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Self

from tests.torture.rig.machinery import need

START_DEADLINE = 30.0
STOP_DEADLINE = 30.0
OWNER = "owner"
"""The role that owns the cluster."""
PASSWORD = "correct: horse/battery@staple?#100%"
"""That of the role `guarded`, the only one that is asked for its password."""

_PATH = os.pathsep.join(
    [os.environ.get("PATH", ""), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
)
_OPTIONS = {"max_connections": "100", "shared_buffers": "32MB", "listen_addresses": "127.0.0.1"}


def program(name: str) -> str:
    """Find a program of PostgreSQL, and skip the test, and say so, where there is none."""
    need(name, path=_PATH)
    return str(shutil.which(name, path=_PATH))


class Server:
    """A cluster, made when it is first needed, and its server, which can be stopped, killed and started again."""

    def __init__(self, folder: Path, *, settings: Sequence[str] = (), primary: Server | None = None) -> None:
        """Make a cluster in this empty folder, or a standby of another one."""
        self.folder = folder
        self.data = folder / "data"
        self._settings = list(settings)
        self._names = count(1)
        self.port = free_port()
        give_to_server(folder)
        if primary is None:
            self._make()
        else:
            _run("pg_basebackup", f"--pgdata={self.data}", f"--dbname={primary.url()}", "--write-recovery-conf")

    def _make(self) -> None:
        arguments = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", f"--username={OWNER}"]
        _run("initdb", f"--pgdata={self.data}", *arguments)
        allowed = self.data / "pg_hba.conf"
        allowed.write_text(f"host all guarded all scram-sha-256\n{allowed.read_text('utf-8')}", "utf-8")

    def start(self) -> Self:
        """Start the server on its port, and wait until it answers."""
        options = [f"-c{name}={value}" for name, value in _OPTIONS.items()]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    program("postgres"),
                    "-D",
                    self.data,
                    f"-k{self.folder}",
                    f"-p{self.port}",
                    *options,
                    *self._settings,
                ],
                cwd="/",
                stdout=log,
                stderr=log,
                user=ordinary_user(),
            )
        end = time.monotonic() + START_DEADLINE
        ready = [program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready, check=False).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > end:
                message = f"PostgreSQL did not start:\n{self.log()}"
                raise RuntimeError(message)
            time.sleep(0.02)
        return self

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: at once, with its clients cut off; with SIGQUIT without a checkpoint, as a crash would."""
        if self.process.poll() is not None:
            return
        pid = self.process.pid
        backends = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
        self.process.send_signal(how)
        try:
            self.process.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_DEADLINE)
        end = time.monotonic() + STOP_DEADLINE
        while any(map(_runs, backends)):  # those of a killed server live on for a moment
            assert time.monotonic() < end, "the backends of a server outlive it"
            time.sleep(0.01)

    def log(self) -> str:
        """Read what the server has logged."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def url(self, database: str = "postgres", *, user: str = OWNER) -> str:
        """The address of a database."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> list[list[str]]:
        """Run a statement as an operator with psql would, and return its rows as text."""
        options = ["-X", "-q", "-A", "-t", "-F\t", "-v", "ON_ERROR_STOP=1"]
        done = _run("psql", *options, "-d", self.url(database), "-c", statement)
        return [line.split("\t") for line in done.splitlines()]

    def new_database(self, options: str = "") -> str:
        """Make an empty database and return its name."""
        name = f"test_{next(self._names)}"
        self.sql(f"CREATE DATABASE {name} {options}")
        return name

    def new_schema(self) -> str:
        """Make an empty schema, in a tenth of the time of a database, and return its name."""
        name = f"test_{next(self._names)}"
        self.sql(f"CREATE SCHEMA {name}")
        return name

    def url_of_schema(self, schema: str) -> str:
        """The address of a schema, which stands for a whole database."""
        return f"{self.url()}?options=-csearch_path%3D{schema},public"

    def drop(self, database: str) -> None:
        """Remove a database and cut off who uses it."""
        self.sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


@contextmanager
def running_server(*, settings: Sequence[str] = (), primary: Server | None = None) -> Iterator[Server]:
    """Run a server of its own cluster, or a standby of another one, and remove its cluster in the end."""
    program("postgres")
    folder = Path(tempfile.mkdtemp(prefix="seatkeeper-postgresql-"))
    try:
        server = Server(folder, settings=settings, primary=primary).start()
        try:
            if primary is None:
                server.sql("CREATE EXTENSION pg_trgm SCHEMA public")
                server.sql(f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'")
            yield server
        finally:
            server.stop(signal.SIGQUIT)  # a last checkpoint takes seconds
    finally:
        shutil.rmtree(folder)


def ordinary_user() -> str | None:
    """Name the user that the server runs as, because it refuses root; None for who runs the tests."""
    if os.geteuid() != 0:
        return None
    names = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def give_to_server(*paths: Path) -> None:
    """Have the server's user own these."""
    user = ordinary_user()
    if user is not None:
        for path in paths:
            shutil.chown(path, user)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return int(some.getsockname()[1])


def _runs(pid: str) -> bool:
    """Tell whether a process runs; one that nobody has waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _run(name: str, *arguments: str) -> str:
    done = subprocess.run(
        [program(name), *arguments],
        cwd="/",
        capture_output=True,
        check=False,
        text=True,
        timeout=START_DEADLINE,
        user=ordinary_user(),
    )
    if done.returncode != 0:
        message = f"{name} failed: {done.stderr}"
        raise RuntimeError(message)
    return done.stdout

"""A running Seatkeeper for tests: the real process on a real file, spoken to over loopback."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import msgspec
import requests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

START_DEADLINE = 30.0
STOP_DEADLINE = 30.0
REQUEST_DEADLINE = 30.0
LOOPBACK = ("--host", "127.0.0.1", "--port", "0")
LISTENING = re.compile(r"listening on (?P<url>http://\S+:(?P<port>\d+))")


class DidNotStartError(RuntimeError):
    """The process ended, or printed nothing in time, before it listened."""


@dataclass(frozen=True)
class Ended:
    """What a process that ended by itself left behind."""

    status: int
    output: str
    errors: str


def command_line(*arguments: str) -> list[str]:
    """`seatkeeper` with these arguments, in the interpreter that runs the tests."""
    return [sys.executable, "-m", "seatkeeper.http.cli", *arguments]


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This environment without the settings of a service that a developer may have, and with `extra`."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("SEATKEEPER_")}
    return {**others, **(extra or {})}


def run_to_its_end(
    *arguments: str, environment: Mapping[str, str] | None = None, deadline: float = START_DEADLINE
) -> Ended:
    """Run a command line that is expected to end by itself, within the deadline in seconds."""
    done = subprocess.run(
        command_line(*arguments),
        env=clean_environment(environment),
        capture_output=True,
        check=False,
        text=True,
        timeout=deadline,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


class Service:
    """`seatkeeper serve` as a process, and a small client to it.

    `options` are appended to the usual command line; `arguments` replace it; `program` runs in the place of
    `seatkeeper`. What the process prints on
    stdout is in `output`, line by line; its stderr goes to a file beside the database, and `errors()` reads it.
    """

    def __init__(
        self,
        database: Path,
        *options: str,
        arguments: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = (),
    ) -> None:
        usual = ("--database", str(database), *LOOPBACK, "--starter-plans", *options)
        self.database = database
        self.arguments = tuple(usual if arguments is None else arguments)
        self.program = tuple(program or command_line())
        self.environment = clean_environment(environment)
        self.output: list[str] = []
        self.url = ""
        self.key: str | None = None
        """The API key that every request comes with, unless it has an Authorization of its own."""
        self.port = 0
        self._stderr_path = database.with_name(database.name + ".stderr")
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._session = requests.Session()
        self._session.trust_env = False

    def __enter__(self) -> Self:
        """Start, and come back once the service listens."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process if it still runs."""
        if self.running:
            self.stop()
        self._session.close()

    @property
    def running(self) -> bool:
        """Whether the process has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._started().pid

    def start(self) -> Self:
        """Start the process and wait for the line that says where it listens."""
        lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        with self._stderr_path.open("ab") as stderr:
            self._process = subprocess.Popen(
                [*self.program, "serve", *self.arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        stdout = self._process.stdout
        assert stdout is not None
        self.output = []
        self._reader = threading.Thread(target=self._read_output, args=(stdout, lines), daemon=True)
        self._reader.start()
        try:
            self._wait_until_it_listens(lines)
        except BaseException:
            self.kill()
            raise
        return self

    def terminate(self) -> None:
        """Send SIGTERM, and do not wait for what follows."""
        self._started().send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Wait for the process to end by itself; its exit status."""
        return self._started().wait(STOP_DEADLINE)

    def stop(self) -> int:
        """Ask the process to end with SIGTERM; its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End the process with SIGKILL, as a crash would."""
        return self._end(signal.SIGKILL)

    def restart(self) -> Self:
        """Stop gracefully and start again on the same file."""
        self.stop()
        return self.start()

    def errors(self) -> str:
        """What the process has written to stderr so far, over all its starts."""
        return self._stderr_path.read_text(encoding="utf-8", errors="replace")

    def get(self, path: str, **query: str | int) -> requests.Response:
        """GET with these query parameters."""
        return self.send("GET", path, query=query)

    def post(
        self, path: str, json: object = None, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> requests.Response:
        """POST this as JSON, or nothing at all."""
        return self.write("POST", path, json, if_match=if_match, idempotency_key=idempotency_key)

    def put(
        self, path: str, json: object = None, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> requests.Response:
        """PUT this as JSON, or nothing at all."""
        return self.write("PUT", path, json, if_match=if_match, idempotency_key=idempotency_key)

    def patch(
        self, path: str, json: object = None, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> requests.Response:
        """PATCH with this as JSON, or with nothing at all."""
        return self.write("PATCH", path, json, if_match=if_match, idempotency_key=idempotency_key)

    def delete(
        self, path: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> requests.Response:
        """DELETE, without a body."""
        return self.write("DELETE", path, if_match=if_match, idempotency_key=idempotency_key)

    def write(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> requests.Response:
        """Send this as JSON, or nothing at all."""
        given = {"If-Match": if_match, "Idempotency-Key": idempotency_key}
        headers = {name: value for name, value in given.items() if value is not None}
        if json is None:
            return self.send(method, path, headers=headers)
        headers["Content-Type"] = "application/json"
        return self.send(method, path, msgspec.json.encode(json), headers)

    def send(
        self,
        method: str,
        path: str,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str | int] | None = None,
    ) -> requests.Response:
        """One request whose body and headers are the caller's own, to the byte."""
        own = {} if self.key is None else {"Authorization": f"Bearer {self.key}"}
        return self._session.request(
            method,
            self.url + path,
            params=dict(query or {}),
            data=data,
            headers={**own, **(headers or {})},
            timeout=REQUEST_DEADLINE,
            allow_redirects=False,
        )

    def _read_output(self, stdout: IO[str], lines: queue.SimpleQueue[str | None]) -> None:
        with stdout:
            for line in stdout:
                self.output.append(line.rstrip("\n"))
                lines.put(line)
        lines.put(None)

    def _wait_until_it_listens(self, lines: queue.SimpleQueue[str | None]) -> None:
        while True:
            try:
                line = lines.get(timeout=START_DEADLINE)
            except queue.Empty:
                message = f"nothing on stdout within {START_DEADLINE:.0f} s\n{self.errors()}"
                raise DidNotStartError(message) from None
            if line is None:
                message = f"ended with {self._started().wait(STOP_DEADLINE)}\n{self.errors()}"
                raise DidNotStartError(message)
            found = LISTENING.search(line)
            if found:
                self.url, self.port = found["url"], int(found["port"])
                return

    def _end(self, how: signal.Signals) -> int:
        process = self._started()
        process.send_signal(how)
        try:
            status = process.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_DEADLINE)
            message = f"still there {STOP_DEADLINE:.0f} s after {how.name}\n{self.errors()}"
            raise TimeoutError(message) from None
        if self._reader is not None:
            self._reader.join(STOP_DEADLINE)
        return status

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            message = "the service has not been started"
            raise RuntimeError(message)
        return self._process

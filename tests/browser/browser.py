"""A real browser, and a page of somebody else for it to open."""

from __future__ import annotations

import http.server
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from tests.torture.rig.machinery import need

CHROMIUM = "chromium"
DEADLINE = 120.0


class Seen(NamedTuple):
    """What a browser shows of a page, the lines of its console, and the addresses that the page asked for."""

    html: str
    console: Sequence[str]
    asked: Sequence[str]


class _Constants(msgspec.Struct, frozen=True):
    logEventTypes: dict[str, int]  # noqa: N815 - Chromium's name


class _Parameters(msgspec.Struct, frozen=True):
    url: str = ""
    initiator: str = ""


class _Event(msgspec.Struct, frozen=True):
    type: int
    params: _Parameters = _Parameters()


class _Record(msgspec.Struct, frozen=True):
    constants: _Constants
    events: list[_Event]


def shown(url: str, profile: Path, *options: str) -> str:
    """Open a page and return what is in it, as HTML, once its scripts have had two seconds of their own time."""
    return _run(url, profile, "--virtual-time-budget=2000", *options).stdout.decode()


def watched(url: str, profile: Path, *options: str, milliseconds: int = 5_000) -> Seen:
    """Open a page, give its scripts some time of their own, and return what came of it."""
    log = profile.with_name(f"{profile.name}-requests.json")
    alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    watching = (alone, f"--virtual-time-budget={milliseconds}", "--enable-logging=stderr", f"--log-net-log={log}")
    done = _run(url, profile, *watching, *options)
    console = [line for line in done.stderr.decode().splitlines() if ":CONSOLE" in line]
    record = msgspec.json.decode(log.read_bytes(), type=_Record)
    begun = record.constants.logEventTypes["URL_REQUEST_START_JOB"]
    begun_by_pages = (event.params for event in record.events if event.type == begun)
    asked = [params.url for params in begun_by_pages if params.initiator.startswith("http")]
    return Seen(done.stdout.decode(), console, asked)


def _run(url: str, profile: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    need(CHROMIUM)
    command = [
        CHROMIUM,
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--no-proxy-server"),
        f"--user-data-dir={profile}",
        *options,
        "--dump-dom",
        url,
    ]
    return subprocess.run(command, capture_output=True, check=True, timeout=DEADLINE)


@contextmanager
def page(html: str = "") -> Iterator[str]:
    """Serve a page on a port of its own, another origin than that of the service; yield its address.

    With `?` and HTML in hexadecimal behind the address, it is that page.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            asked = bytes.fromhex(self.path.partition("?")[2])
            self.wfile.write(asked or html.encode())

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()

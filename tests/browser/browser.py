"""A real browser, and a page of somebody else for it to open."""

from __future__ import annotations

import http.server
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.torture.rig.machinery import need

CHROMIUM = "chromium"
DEADLINE = 60.0


def shown(url: str, profile: Path, *options: str) -> str:
    """Open a page and return what is in it, as HTML, once its scripts have had two seconds of their own time."""
    need(CHROMIUM)
    command = [
        CHROMIUM,
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--no-proxy-server"),
        f"--user-data-dir={profile}",
        "--virtual-time-budget=2000",
        *options,
        "--dump-dom",
        url,
    ]
    done = subprocess.run(command, capture_output=True, check=True, timeout=DEADLINE)
    return done.stdout.decode()


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

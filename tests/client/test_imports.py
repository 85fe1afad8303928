"""Importing the client loads what a client needs, and nothing of the service."""

from __future__ import annotations

import subprocess
import sys

LOADED = "import sys, seatkeeper.http.client; print(*sys.modules)"
OF_THE_SERVICE = ("pykka", "aiosqlite", "sqlite3", "asyncpg", "ray", "prometheus_client", "email_validator", "uvloop")


def loaded() -> set[str]:
    """The modules that are there when the client was imported alone."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_importing_the_client_loads_neither_actors_nor_storage() -> None:
    modules = loaded()
    ours = {name for name in modules if name.startswith("seatkeeper.")}
    assert {name for name in ours if not name.startswith("seatkeeper.http.client")} == {"seatkeeper.http"}
    assert modules & set(OF_THE_SERVICE) == set()
    assert {"aiohttp", "msgspec"} <= modules

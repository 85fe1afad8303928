"""A pytest plugin for pykka's own tests: it makes LoopActor, on a loop in another thread, their only runtime."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from seatkeeper.actors.runtime.futures import LoopFuture
from seatkeeper.actors.runtime.loop_actor import LoopActor

LOOP = {
    "name": "loop",
    "actor_class": LoopActor,
    "future_class": LoopFuture,
    "event_class": threading.Event,
    "sleep_func": time.sleep,
}


@pytest.hookimpl(tryfirst=True)
def pytest_plugin_registered(plugin: object) -> None:
    """Replace the one runtime of the suite's conftest in place, because its fixtures refer to it already."""
    if hasattr(plugin, "RUNTIMES"):
        (parameter,) = plugin.RUNTIMES.values()
        (runtime,) = parameter.values
        assert vars(runtime).keys() == LOOP.keys()
        vars(runtime).update(LOOP)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Function) -> None:
    """Write to the report which runtime the test used."""
    runtime = item.funcargs.get("runtime")
    if runtime is not None:
        kinds = (vars(runtime)[name].__name__ for name in ("actor_class", "future_class"))
        item.user_properties.append(("runtime", " ".join(kinds)))


@pytest.fixture(scope="session", autouse=True)
def _loop() -> Iterator[None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    LoopActor.loop = loop
    yield
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()

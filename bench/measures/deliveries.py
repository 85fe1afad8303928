"""Webhook deliveries to one endpoint, from a journal that runs ahead."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

import msgspec

from bench import bulk, client, servers
from bench.failure import BenchFailure
from bench.receiver import Received
from bench.stored import verify

if TYPE_CHECKING:
    from bench.servers import Server
    from bench.setting import Setting

NAME: Final = "deliveries"
OPTIONS: Final = ("--webhook-http", "--webhook-private-addresses")
ACCOUNTS: Final = 20_000
EVENTS_AN_ACCOUNT: Final = 2
LONGEST: Final = 120.0
LOOK_EVERY: Final = 0.05


class Deliveries(msgspec.Struct, frozen=True):
    """So many events were delivered in so many seconds, with so many seconds of CPU time of the service."""

    events: int
    seconds: float
    cpu: float

    def rate(self) -> float:
        """Give the deliveries a second."""
        return self.events / self.seconds


def measure(setting: Setting) -> Deliveries:
    """Write a file with many accounts, deliver the events of all of them, and verify the file."""
    with setting.serving(NAME):
        pass
    bulk.write(setting.file(NAME), ACCOUNTS, lambda count: setting.timeline.show(f"writing {count:,} accounts"))
    receiver = [sys.executable, "-m", "bench.receiver"]
    with (
        servers.running(receiver, setting.cores.load, setting.directory / "receiver.log") as endpoint,
        setting.running([*servers.seatkeeper(setting.file(NAME)), *OPTIONS], NAME) as service,
    ):
        setting.timeline.show("delivering")
        delivered = deliver(service, endpoint)
    verify(setting.file(NAME))
    return delivered


def deliver(service: Server, endpoint: Server) -> Deliveries:
    """Make a webhook, and wait until its endpoint has everything, once."""
    types, url = ["account.*", "member.*"], f"http://127.0.0.1:{endpoint.port}/in"
    expected = ACCOUNTS * EVENTS_AN_ACCOUNT
    cpu, began = service.cpu_seconds(), time.perf_counter()
    client.call(service, "/v1/webhooks", dict, {"url": url, "types": types, "after": 0})
    while (received := client.call(endpoint, "/", Received)).different < expected:
        if time.perf_counter() > began + LONGEST:
            raise BenchFailure(f"{received.different} of {expected} events were delivered within {LONGEST:.0f} s")
        time.sleep(LOOK_EVERY)
    if received.messages != expected:
        raise BenchFailure(f"{expected} events were delivered by {received.messages} messages")
    return Deliveries(expected, time.perf_counter() - began, service.cpu_seconds() - cpu)

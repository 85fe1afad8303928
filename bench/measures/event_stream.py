"""The stream of events: one reader that catches up, and a thousand that follow while accounts sign up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from bench import client
from bench.followers import catch_up, followed

if TYPE_CHECKING:
    from bench.setting import Setting

ROUNDS: Final = 3
READERS: Final = 1_000
FILL: Final = 10.0
"""Seconds in which accounts sign up before, with two events each."""

PACE: Final = 5.0
"""Seconds of sign-ups with and without those who follow."""


class EventStream(msgspec.Struct, frozen=True):
    """Events, and those of them a second that one reader got in each round; the same of those who follow.

    `alone` and `followed` are the sign-ups a second without and with `readers`, who were each sent `sent` events;
    `resident` are the service's bytes before and after, and `cut` were cut.
    """

    events: int
    caught_up: list[float]
    readers: int
    alone: float
    followed: float
    sent: int
    cut: int
    resident: tuple[int, int]


def measure(setting: Setting) -> EventStream:
    """Fill a journal, read it from the beginning, and then have a thousand follow it."""
    with setting.serving("stream") as server:
        setting.timeline.show("filling a journal to follow")
        setting.load_for_seconds(server, setting.new_sign_ups(), FILL)
        events = int(client.call(server, f"/v1/events?after={2**62}", LastPosition).last_position)
        setting.timeline.show(f"one reader of {events:,} events")
        caught_up = [events / catch_up(server, events) for _ in range(ROUNDS)]
        alone = setting.load_for_seconds(server, setting.new_sign_ups(), PACE)
        setting.timeline.show(f"{READERS:,} readers")
        before = server.resident()
        start = int(client.call(server, f"/v1/events?after={2**62}", LastPosition).last_position)
        with followed(server, READERS) as followers:
            report = setting.load_for_seconds(server, setting.new_sign_ups(), PACE)
            end = int(client.call(server, f"/v1/events?after={2**62}", LastPosition).last_position)
            followers.wait_for(end - start)
            after = server.resident()
            cut = followers.cut
    return EventStream(events, caught_up, READERS, alone.rate, report.rate, end - start, cut, (before, after))


class LastPosition(msgspec.Struct, frozen=True):
    """The part of the feed that the measure reads."""

    last_position: int

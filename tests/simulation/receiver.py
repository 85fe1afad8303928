"""The receiver of webhooks: it takes messages, answers late or with an error, or does not answer, as its dice say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from zlib import crc32

from seatkeeper.http.events_out.webhooks.sender import Answer

NEVER = 1e6
"""Seconds for an answer that does not come: longer than anybody waits for it."""

TROUBLES = {
    "500": 4,
    "503": 1,  # with a Retry-After
    "no connection": 3,
    "no answer": 2,
    "taken, and no answer": 3,
}
"""How often each trouble is drawn."""

ANSWERS = {
    "taken": Answer(204),
    "500": Answer(500),
    "503": Answer(503, None, "2"),
    "no connection": Answer(None, "the connection failed"),
}


@dataclass(slots=True)
class Arrival:
    """A message that came in. `accepted` tells how many had come when its 2xx left; None without one."""

    url: str
    message_id: str
    position: int
    stream_id: str
    version: int
    accepted: int | None = None


class Receiver:
    """What outlives the lives of the service: its mood, its dice, and what came."""

    def __init__(self, random: Random, note: Callable[[str], None]) -> None:
        self.arrivals: list[Arrival] = []
        self.well = False
        self._random = random
        self._note = note
        self._bad = random.choice([0.0, 0.1, 0.4])  # of the messages, in the mean
        self._unlucky = random.randrange(5)  # the part of the streams of which most messages fail
        self._pace = random.choice([0.0005, 0.005, 0.05])

    async def receive(self, url: str, message_id: str, body: bytes, dead: Callable[[], bool]) -> Answer:
        """Take a message in, and answer it in time, late or never."""
        data = json.loads(body)["data"]
        arrival = Arrival(url, message_id, data["position"], data["stream_id"], data["version"])
        self.arrivals.append(arrival)
        trouble, delay = self._drawn(arrival.stream_id)
        self._note(f"{url} gets {arrival.position}, {arrival.stream_id} at version {arrival.version}: {trouble}")
        await asyncio.sleep(NEVER if trouble.endswith("no answer") else delay)
        if dead():
            raise asyncio.CancelledError
        answer = ANSWERS[trouble]
        if answer.accepted:
            arrival.accepted = len(self.arrivals)
        return answer

    def _drawn(self, stream_id: str) -> tuple[str, float]:
        random = self._random
        delay = random.expovariate(1 / self._pace)
        if self.well:
            return "taken", delay
        unlucky = self._bad and crc32(stream_id.encode()) % 5 == self._unlucky
        if random.random() < (0.6 if unlucky else self._bad):
            return random.choices(list(TROUBLES), list(TROUBLES.values()))[0], delay
        return "taken", delay if random.random() < 0.95 else 8.0 * random.random()


class SimulatedSender:
    """What `Outgoing` uses of the sender, for one life; after the crash nothing arrives any more."""

    def __init__(self, receiver: Receiver, dead: Callable[[], bool]) -> None:
        self._receiver = receiver
        self._dead = dead

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self._dead():
            raise asyncio.CancelledError
        return await self._receiver.receive(url, headers["webhook-id"], body, self._dead)

    async def close(self) -> None:
        pass

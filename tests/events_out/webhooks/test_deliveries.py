"""Workers begin and end as webhooks change; pings; what the metrics show."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from seatkeeper.http.events_out.webhooks.sender import Answer
from seatkeeper.storage.deliveries import Secret
from tests.events_out.webhooks.virtual import BROKEN, DAY, OK, ONE, URL, Process, Received, World
from tests.simulation.clock import written

OTHER = "https://other.example/in"


def test_a_paused_webhook_gets_nothing_and_then_all_of_it() -> None:
    world = World()

    async def story(process: Process) -> None:
        await asyncio.sleep(1)
        process.write("account-1")
        await asyncio.sleep(1)
        process.change(status="paused")
        process.write("account-1", "account-2")
        await asyncio.sleep(10)
        assert world.accepted() == [1]
        process.change(status="active")
        await asyncio.sleep(10)

    world.run(story)
    assert sorted(world.accepted()) == [1, 2, 3]


def test_nothing_is_sent_after_the_change_of_a_webhook_was_committed() -> None:
    world = World()
    world.write(*["account-1"] * 1_000)

    async def endpoint(_: Received) -> Answer:
        await asyncio.sleep(0.001)
        return OK

    world.endpoints[URL] = endpoint

    async def story(process: Process) -> None:
        await asyncio.sleep(0.02)
        assert 0 < len(world.received) < 900
        process.change(status="deleted")
        begun = len(world.received) + 1  # one is under way
        await asyncio.sleep(10)
        assert len(world.received) <= begun

    world.run(story)


def test_another_address_gets_what_follows_and_what_waits() -> None:
    world = World()

    async def broken(_: Received) -> Answer:
        await asyncio.sleep(0)
        return BROKEN

    async def story(process: Process) -> None:
        process.write("account-1", "account-2")
        await asyncio.sleep(3000)
        process.change(url=OTHER)
        process.write("account-1")
        await asyncio.sleep(10)

    world.endpoints[URL] = broken
    world.run(story)
    assert sorted(world.accepted(OTHER)) == [1, 2, 3]


def test_a_webhook_that_is_created_later_gets_a_worker() -> None:
    world = World()

    async def story(process: Process) -> None:
        await asyncio.sleep(10)
        process.targets["two"] = replace(ONE, webhook_id="two", url=OTHER)
        process.change("two")
        process.write("account-1")
        await asyncio.sleep(10)

    world.run(story)
    assert world.accepted(OTHER) == [1]


def test_a_change_that_nobody_told_of_is_found_when_all_are_read_again() -> None:
    world = World()

    async def story(process: Process) -> None:
        await asyncio.sleep(10)
        process.deliveries.refresh([replace(ONE, version=2, url=OTHER)])
        process.deliveries.refresh([ONE])
        process.write("account-1")
        await asyncio.sleep(10)

    world.run(story)
    assert world.accepted(OTHER) == [1]


def test_a_deletion_that_nobody_told_of_ends_the_deliveries() -> None:
    world = World()

    async def story(process: Process) -> None:
        await asyncio.sleep(10)
        assert process.deliveries.known() == {"one"}
        process.deliveries.forget(["one", "two"])
        process.write("account-1")
        await asyncio.sleep(10)
        assert process.deliveries.known() == set()

    world.run(story)
    assert world.received == []


def test_a_worker_that_fails_begins_again() -> None:
    world = World()
    world.store.signing = [Secret("whsec_?", None)]
    world.write("account-1")

    async def story(_: Process) -> None:
        await asyncio.sleep(10)
        assert world.received == []
        world.store.signing = [Secret("whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQ=", None)]
        await asyncio.sleep(10)

    world.run(story)
    assert world.accepted() == [1]


def test_without_a_secret_nothing_is_sent() -> None:
    world = World()
    world.store.signing = [Secret("whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQ=", written(-60))]
    world.write("account-1")

    async def story(_: Process) -> None:
        await asyncio.sleep(10)

    world.run(story)
    assert world.received == []
    assert world.store.attempts["one"][0].error == "there is no secret to sign with"


def test_a_ping_is_sent_once_also_to_a_webhook_that_is_paused() -> None:
    world = World()

    async def story(process: Process) -> None:
        attempt = await process.deliveries.ping("one")
        assert attempt is not None
        assert (attempt.status, attempt.outcome, attempt.message_id) == (200, "delivered", "ping")
        assert await process.deliveries.ping("two") is None
        await asyncio.sleep(10)

    world.run(story, replace(ONE, status="paused"))
    assert [message.message_id for message in world.received] == ["ping"]


def test_the_metrics_show_what_waits_and_how_far_each_webhook_is() -> None:
    world = World()
    world.write("account-1", "account-1", "account-2")

    async def endpoint(message: Received) -> Answer:
        await asyncio.sleep(DAY if message.stream_id == "account-9" else 0)
        return BROKEN if message.stream_id == "account-1" else OK

    async def story(process: Process) -> None:
        await asyncio.sleep(2)
        assert process.deliveries.waiting() == 2
        assert process.deliveries.behind() == {"one": 0}
        assert process.deliveries.outcomes() == {"delivered": 1, "failed": 1}
        process.write("account-9", "account-2")
        await asyncio.sleep(2)
        assert process.deliveries.behind() == {"one": 2}

    world.endpoints[URL] = endpoint
    world.run(story)

"""Deliveries of a webhook over HTTP: a ping, what failed and waits, a replay, and its secrets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from standardwebhooks import Webhook as Verifier

from tests.contract.given import NOWHERE, a_plan, feed, new_in_the_journal
from tests.contract.shapes import Page, Webhook, WebhookWithSecret, answer, problem
from tests.contract.stored import tables_with
from tests.events_out.webhooks.receiver import Receiver, receiving
from tests.service import Service
from tests.wire import until

DEADLINE = 20.0


class Ping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of a ping."""

    message_id: str
    at: str
    milliseconds: int
    status: int | None
    error: str | None
    delivered: bool


class Attempt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request to the receiver."""

    message_id: str
    attempt: int
    at: str
    milliseconds: int
    status: int | None
    error: str | None
    outcome: str


class Delivery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of an event."""

    position: int
    status: str
    next_at: str | None
    attempts: list[Attempt]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver that takes everything."""
    async with receiving() as receiver:
        yield receiver


async def refuse(_: web.Request) -> web.StreamResponse:
    """Answer 500."""
    return web.Response(status=500)


def created(service: Service, url: str, *types: str, after: int | None = None) -> tuple[str, str]:
    """Create a webhook; return its path and its secret."""
    body = {"url": url, "types": list(types) or ["webhook.disabled"], **({} if after is None else {"after": after})}
    made = answer(service.post("/v1/webhooks", body), 201, WebhookWithSecret)
    return f"/v1/webhooks/{made.webhook.webhook_id}", made.secret or ""


def deliveries(service: Service, path: str, **query: str | int) -> list[Delivery]:
    return answer(service.get(f"{path}/deliveries", **query), 200, Page[Delivery]).items


async def until_read(service: Service, path: str, *, position: int = 0, failing: bool = False) -> Webhook:
    """Read the webhook until it is so far, or fails."""
    async with asyncio.timeout(DEADLINE):
        while True:
            shown = answer(await asyncio.to_thread(service.get, path), 200, Webhook)
            if (shown.position or 0) >= position and (shown.status == "failing" or not failing):
                return shown


async def test_a_ping_is_signed_and_answered_with_what_came_of_it(service: Service, receiver: Receiver) -> None:
    path, secret = created(service, receiver.url())
    with new_in_the_journal(service) as events:
        ping = answer(await asyncio.to_thread(service.post, f"{path}/ping"), 200, Ping)
    (request,) = receiver.requests
    assert Verifier(secret).verify(request.body, dict(request.headers))["type"] == "webhook.ping"
    assert (ping.status, ping.error, ping.delivered) == (204, None, True)
    assert ping.message_id == {name.lower(): value for name, value in request.headers.items()}["webhook-id"]
    assert events == []
    service.delete(path)


async def test_a_paused_webhook_is_pinged_too(service: Service, receiver: Receiver) -> None:
    path, _ = created(service, receiver.url())
    service.post(f"{path}/pause")
    assert answer(await asyncio.to_thread(service.post, f"{path}/ping"), 200, Ping).delivered
    service.delete(path)


def test_a_ping_that_nobody_answers_says_so(service: Service) -> None:
    path, _ = created(service, NOWHERE)
    ping = answer(service.post(f"{path}/ping"), 200, Ping)
    assert (ping.status, ping.delivered) == (None, False)
    assert ping.error
    service.delete(path)


async def test_a_ping_of_another_version_is_not_sent(service: Service, receiver: Receiver) -> None:
    path, _ = created(service, receiver.url())
    problem(await asyncio.to_thread(service.post, f"{path}/ping", if_match='"7"'), 412, "version-mismatch")
    assert receiver.requests == []
    service.delete(path)


async def test_a_ping_that_is_repeated_with_its_key_is_sent_once(service: Service, receiver: Receiver) -> None:
    path, _ = created(service, receiver.url())
    first, again = [
        await asyncio.to_thread(service.post, f"{path}/ping", idempotency_key=f"ping {path}") for _ in range(2)
    ]
    assert answer(first, 200, Ping) == answer(again, 200, Ping)
    assert len(receiver.requests) == 1
    service.delete(path)


async def test_a_delivered_event_is_listed_with_its_attempt(service: Service, receiver: Receiver) -> None:
    path, _ = created(service, receiver.url(), "plan.defined")
    await asyncio.to_thread(a_plan, service)
    position = feed(service)[-1].position
    await until_read(service, path, position=position)
    (delivery,) = await asyncio.to_thread(deliveries, service, path, status="delivered")
    assert (delivery.position, delivery.status, delivery.next_at) == (position, "delivered", None)
    assert [(attempt.attempt, attempt.status, attempt.outcome) for attempt in delivery.attempts] == [
        (1, 204, "delivered")
    ]
    assert await asyncio.to_thread(deliveries, service, path, status="waiting") == []
    service.delete(path)


async def test_a_webhook_whose_receiver_fails_is_failing_and_says_why(service: Service) -> None:
    async with receiving(refuse) as receiver:
        path, _ = created(service, receiver.url(), "plan.defined")
        await asyncio.to_thread(a_plan, service)
        shown = await until_read(service, path, failing=True)
        assert shown.last_failure is not None
        assert shown.last_failure.status == 500
        (delivery,) = await asyncio.to_thread(deliveries, service, path, status="waiting")
        assert delivery.next_at is not None
        assert [(attempt.status, attempt.outcome) for attempt in delivery.attempts] == [(500, "failed")]
        service.post(f"{path}/pause")
        assert answer(service.get(path), 200, Webhook).status == "paused"
        service.delete(path)


async def test_a_replay_delivers_again_what_was_delivered(service: Service, receiver: Receiver) -> None:
    path, _ = created(service, receiver.url(), "plan.defined")
    await asyncio.to_thread(a_plan, service)
    position = feed(service)[-1].position
    await until_read(service, path, position=position)
    await asyncio.to_thread(service.post, f"{path}/replay", {"after": position - 1})
    await until(lambda: len(receiver.requests) == 2)
    first, again = ({name.lower(): value for name, value in one.headers.items()} for one in receiver.requests)
    assert first["webhook-id"] == again["webhook-id"]
    service.delete(path)


async def test_both_secrets_sign_during_the_overlap(service: Service, receiver: Receiver) -> None:
    path, old = created(service, receiver.url())
    rotated = answer(service.post(f"{path}/rotate-secret"), 200, WebhookWithSecret)
    await asyncio.to_thread(service.post, f"{path}/ping")
    (request,) = receiver.requests
    assert rotated.secret not in (None, old)
    for secret in (old, rotated.secret or ""):
        Verifier(secret).verify(request.body, dict(request.headers))
    service.delete(path)


async def test_without_an_overlap_only_the_new_secret_signs(service: Service, receiver: Receiver) -> None:
    path, old = created(service, receiver.url())
    service.post(f"{path}/rotate-secret", {"overlap_seconds": 0})
    await asyncio.to_thread(service.post, f"{path}/ping")
    (request,) = receiver.requests
    with pytest.raises(Exception, match="No matching signature"):
        Verifier(old).verify(request.body, dict(request.headers))
    service.delete(path)


@pytest.mark.parametrize("seconds", [-1, 604_801, 1.5, "1", None])
def test_an_overlap_is_up_to_a_week(service: Service, webhook: str, seconds: object) -> None:
    problem(service.post(f"{webhook}/rotate-secret", {"overlap_seconds": seconds}), 400)


def test_a_secret_is_shown_once_and_stands_in_one_table_only(tmp_path: Path) -> None:
    with Service(tmp_path / "own.db", "--access-log") as service:
        body = {"url": "https://example.com/", "types": ["webhook.disabled"]}
        made, again = [service.post("/v1/webhooks", body, idempotency_key="made") for _ in range(2)]
        path = made.headers["Location"]
        rotate = f"{path}/rotate-secret"
        rotated, repeated = [service.post(rotate, idempotency_key="rotated") for _ in range(2)]
        secrets = [answer(response, 201, WebhookWithSecret).secret for response in (made,)]
        secrets += [answer(response, 200, WebhookWithSecret).secret for response in (rotated,)]
        assert [answer(again, 201, WebhookWithSecret).secret, answer(repeated, 200, WebhookWithSecret).secret] == [
            None
        ] * 2
        shown = [service.get(where).text for where in ("/v1/events", path, "/metrics", "/v1/webhooks")]
        shown += [service.get(f"/v1/receipts/{key}").text for key in ("made", "rotated")]
        shown += [service.patch(path, {"url": "http://x"}).text, service.errors()]
        assert all(secrets)
        assert not [text for text in shown for secret in secrets if (secret or "") in text]
    assert tables_with(service, "whsec_") == {"webhook_secrets"}

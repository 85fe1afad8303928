"""Messages and their signatures, checked by the package of the specification."""

from __future__ import annotations

import json
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from seatkeeper.http.events_out.webhooks.message import event_body, key_of, message_ids, ping_body, signed_headers
from seatkeeper.storage.queries import StoredEvent
from tests.events_out.webhooks.store import SECRET

OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVENT = StoredEvent(7, "account-1", 2, "member.added", "2026-11-22T18:12:00.000Z", '{"name":"Zoë"}', '{"actor":"open"}')


def test_the_specification_s_package_verifies_what_is_signed() -> None:
    body = event_body(EVENT)
    headers = signed_headers([key_of(SECRET)], "journal_7", int(time.time()), body)
    assert Webhook(SECRET).verify(body, headers) == json.loads(body)


def test_during_a_rotation_both_secrets_verify() -> None:
    body = event_body(EVENT)
    headers = signed_headers([key_of(SECRET), key_of(OTHER)], "journal_7", int(time.time()), body)
    for secret in (SECRET, OTHER):
        Webhook(secret).verify(body, headers)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_changed_header_is_noticed(name: str) -> None:
    body = event_body(EVENT)
    headers = signed_headers([key_of(SECRET)], "journal_7", int(time.time()), body)
    changed = {
        "webhook-id": "journal_8",
        "webhook-timestamp": str(int(time.time()) - 1),
        "webhook-signature": "v1,AAAA",
    }
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body, headers | {name: changed[name]})


def test_the_example_of_the_specification_s_packages_is_signed_the_same() -> None:
    headers = signed_headers([key_of(OTHER)], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_the_body_has_the_event_as_in_the_feed() -> None:
    assert json.loads(event_body(EVENT)) == {
        "type": "member.added",
        "timestamp": "2026-11-22T18:12:00.000Z",
        "data": {
            "position": 7,
            "stream_id": "account-1",
            "version": 2,
            "type": "member.added",
            "recorded_at": "2026-11-22T18:12:00.000Z",
            "data": {"name": "Zoë"},
            "context": {"actor": "open"},
        },
    }


def test_an_event_from_before_contexts_has_none() -> None:
    assert json.loads(event_body(EVENT._replace(context=None)))["data"]["context"] is None


def test_the_body_of_a_ping_names_the_webhook() -> None:
    assert json.loads(ping_body("one", "2026-11-22T18:12:00.000Z")) == {
        "type": "webhook.ping",
        "timestamp": "2026-11-22T18:12:00.000Z",
        "data": {"webhook_id": "one"},
    }


def test_an_event_keeps_the_id_of_the_journal_that_it_was_written_to() -> None:
    message_id = message_ids(lambda: "third", lambda: {"first": 400, "second": 600})
    assert [message_id(position) for position in (1, 400, 401, 600, 601)] == [
        *("first_1", "first_400", "second_401", "second_600", "third_601")
    ]


@pytest.mark.parametrize("secret", ["whsec_", "whsec_?", "", "whsec_YQ"])
def test_what_is_no_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        key_of(secret)

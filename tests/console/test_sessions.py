"""The values of sessions."""

from __future__ import annotations

import pytest

from seatkeeper.http.access.credentials import Credential, read_credential
from seatkeeper.http.access.sessions import HOURS, Sessions
from tests.access_control.doors import EARLIER, Door


@pytest.fixture
def door() -> Door:
    """The access control of a service that holds no key yet."""
    return Door()


def begin(sessions: Sessions, secret: str) -> str:
    credential = read_credential(secret)
    assert credential is not None
    return sessions.begin(credential)


def test_a_session_lasts_eight_hours(door: Door) -> None:
    seconds = 1_000.0
    sessions = Sessions(door.keyring, door.authenticator, lambda: seconds)
    value = begin(sessions, door.keyring.make("admin"))
    seconds += HOURS * 3600 - 1
    assert sessions.find(value) is not None
    seconds += 1
    assert sessions.find(value) is None


def test_a_session_ends_when_its_key_expires(door: Door) -> None:
    sessions = Sessions(door.keyring, door.authenticator)
    value = begin(sessions, door.keyring.make("admin", expires_at=EARLIER))
    assert sessions.find(value) is None


def test_a_session_of_one_process_is_one_of_another(door: Door) -> None:
    value = begin(Sessions(door.keyring, door.authenticator), door.keyring.make("admin"))
    found = Sessions(door.keyring, door.authenticator).find(value)
    assert found is not None
    assert found[1].actor == f"console:{found[0].key_id}"


def test_what_the_database_holds_of_a_secret_begins_no_session(door: Door) -> None:
    """Who has a copy of the database has the digest, and knows how a session is made of a secret."""
    credential = read_credential(door.keyring.make("admin"))
    assert credential is not None
    known = credential.digest

    class Guessed(Credential):
        @property
        def digest(self) -> bytes:
            return known

    sessions = Sessions(door.keyring, door.authenticator)
    assert sessions.find(sessions.begin(credential)) is not None
    assert sessions.find(sessions.begin(Guessed(credential.key_id, "x" * len(credential.secret)))) is None


def test_the_end_of_a_session_cannot_be_put_off(door: Door) -> None:
    sessions = Sessions(door.keyring, door.authenticator)
    key_id, expires, sealed = begin(sessions, door.keyring.make("admin")).split(".")
    assert sessions.find(f"{key_id}.{expires}.{sealed}") is not None
    assert sessions.find(f"{key_id}.{int(expires) + 1}.{sealed}") is None

"""An API key is made once, gets other secrets, and ends once, for ever."""

from __future__ import annotations

import msgspec
import pytest

from seatkeeper.actors.access.commands import RotateKey
from seatkeeper.actors.access.events import KeyCreated, KeyRevoked, KeyRotated
from seatkeeper.actors.access.refusals import KeyExists, KeyExpired, KeyNotFound
from seatkeeper.actors.access.refusals import KeyRevoked as WasRevoked
from seatkeeper.actors.aggregates.messages import Command
from tests.access.past import (
    API_KEY,
    AT,
    BACKEND,
    CREATE,
    FIRST,
    LATER,
    MUCH_LATER,
    REVOKE,
    ROTATE,
    SCOPES,
    SECOND,
    THIRD,
    created,
    given,
    revoked,
    rotated,
)


def test_a_key_is_made_with_what_it_may_do() -> None:
    key = given().when(CREATE).then(KeyCreated(BACKEND, "Backend", SCOPES, 50, MUCH_LATER, FIRST, AT))
    assert (key.secret_hash, key.earlier_hash, key.revoked) == (FIRST, None, False)


def test_the_scopes_of_a_key_are_in_their_order_and_each_once() -> None:
    command = msgspec.structs.replace(CREATE, scopes=("accounts:write", "plans:read", "accounts:write"))
    given().when(command).then(created())


def test_a_key_is_made_once() -> None:
    given(created()).when(CREATE).refuses(KeyExists(BACKEND))


def test_the_id_of_a_revoked_key_stays_taken() -> None:
    given(created(), revoked()).when(CREATE).refuses(KeyExists(BACKEND))


@pytest.mark.parametrize("command", [ROTATE, REVOKE], ids=lambda command: type(command).__name__)
def test_a_key_that_was_never_made_is_not_found(command: Command) -> None:
    given().when(command).refuses(KeyNotFound())


def test_no_other_event_comes_before_the_first() -> None:
    with pytest.raises(ValueError, match=r"key\.rotated before key\.created"):
        API_KEY.replay([rotated()])


def test_a_rotation_ends_the_old_secret() -> None:
    key = given(created()).when(ROTATE).then(KeyRotated(SECOND, None, LATER))
    assert (key.secret_hash, key.earlier_hash, key.earlier_until) == (SECOND, None, None)


def test_a_rotation_may_let_the_old_secret_work_for_a_while() -> None:
    command = RotateKey(SECOND, MUCH_LATER, LATER)
    key = given(created()).when(command).then(KeyRotated(SECOND, MUCH_LATER, LATER))
    assert (key.secret_hash, key.earlier_hash, key.earlier_until) == (SECOND, FIRST, MUCH_LATER)


def test_a_second_rotation_ends_the_secret_before_the_last() -> None:
    key = (
        given(created(), rotated(SECOND, MUCH_LATER))
        .when(RotateKey(THIRD, MUCH_LATER, LATER))
        .then(KeyRotated(THIRD, MUCH_LATER, LATER))
    )
    assert (key.secret_hash, key.earlier_hash) == (THIRD, SECOND)


def test_a_rotation_without_an_overlap_ends_the_overlap_of_the_last() -> None:
    key = given(created(), rotated(SECOND, MUCH_LATER)).when(RotateKey(THIRD, None, LATER)).then(rotated(THIRD))
    assert (key.earlier_hash, key.earlier_until) == (None, None)


def test_a_rotation_to_the_secret_of_now_changes_nothing() -> None:
    given(created(), rotated()).when(ROTATE).changes_nothing()


def test_a_revoked_key_gets_no_other_secret() -> None:
    given(created(), revoked()).when(ROTATE).refuses(WasRevoked(BACKEND))


def test_an_expired_key_gets_no_other_secret() -> None:
    command = RotateKey(SECOND, None, MUCH_LATER)
    given(created()).when(command).refuses(KeyExpired(BACKEND, MUCH_LATER))


def test_a_key_without_an_end_never_expires() -> None:
    given(created(expires_at=None)).when(RotateKey(SECOND, None, MUCH_LATER)).then(KeyRotated(SECOND, None, MUCH_LATER))


def test_a_key_is_revoked() -> None:
    key = given(created()).when(REVOKE).then(KeyRevoked(LATER))
    assert key.revoked


def test_to_revoke_twice_changes_nothing() -> None:
    given(created(), revoked()).when(REVOKE).changes_nothing()


def test_an_expired_key_can_be_revoked() -> None:
    given(created(expires_at=AT)).when(REVOKE).then(revoked())

"""Guesses: an address may be wrong so often, and who was right from there before is let in all the same."""

from __future__ import annotations

import logging

import pytest

from seatkeeper.http.access.credentials import new_credential
from seatkeeper.http.access.limits import guesses
from seatkeeper.http.access.limits.guesses import BURST, Guesses, group
from tests.access_control.doors import Client, Door, bearer, told

STRANGER = bearer(str(new_credential("01900000-0000-7000-8000-ffffffffffff")))


async def guess(client: Client, times: int) -> list[int]:
    """Present what is wrong so many times; the statuses."""
    statuses = []
    for _ in range(times):
        async with client.get("/words/one", headers=STRANGER) as response:
            statuses.append(response.status)
    return statuses


async def test_an_address_may_be_wrong_so_often_and_once_a_second_after_that(door: Door) -> None:
    door.keyring.make("admin")
    async with door.client() as client:
        assert await guess(client, BURST + 2) == [401] * BURST + [429] * 2
        door.seconds += 1
        assert await guess(client, 2) == [401, 429]


async def test_beyond_the_bound_not_even_what_is_right_is_looked_at(door: Door) -> None:
    secret = door.keyring.make("admin")
    async with door.client() as client:
        await guess(client, BURST)
        async with client.get("/words/one", headers=bearer(secret)) as response:
            assert await told(response) == (429, "too-many-requests")
            assert response.headers["Retry-After"] == "1"
        assert (door.words, door.keyring.uses) == ([], [])
        door.seconds += 1
        async with client.get("/words/one", headers=bearer(secret)) as response:
            assert response.status == 200


async def test_who_was_right_from_an_address_before_is_let_in_whoever_guesses_there(door: Door) -> None:
    secret = door.keyring.make("admin")
    async with door.client() as client:
        async with client.get("/words/one", headers=bearer(secret)) as response:
            assert response.status == 200
        assert (await guess(client, BURST + 1))[-1] == 429
        async with client.get("/words/one", headers=bearer(secret)) as response:
            assert response.status == 200


async def test_who_was_right_before_is_told_of_the_revocation_in_the_same_way(door: Door) -> None:
    secret = door.keyring.make("admin")
    async with door.client() as client:
        async with client.get("/words/one", headers=bearer(secret)) as response:
            assert response.status == 200
        await guess(client, BURST)
        door.keyring.revoke(secret)
        async with client.get("/words/one", headers=bearer(secret)) as response:
            assert response.status == 401


async def test_the_secret_of_a_key_that_has_ended_is_no_guess(door: Door) -> None:
    secret = door.keyring.make("admin", revoked=True)
    async with door.client() as client:
        for _ in range(BURST + 1):
            async with client.get("/words/one", headers=bearer(secret)) as response:
                assert response.status == 401
        assert await guess(client, 1) == [401]


async def test_no_credentials_are_no_guess(door: Door) -> None:
    door.keyring.make("admin")
    async with door.client() as client:
        for _ in range(BURST + 1):
            async with client.get("/words/one") as response:
                assert response.status == 401
        assert await guess(client, 1) == [401]


async def test_the_log_has_the_address_that_guesses_once_a_minute(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "seatkeeper.http")
    door.keyring.make("admin")
    told = []
    async with door.client() as client:
        for seconds in (0, 5, 59, 61):
            door.seconds = seconds
            await guess(client, BURST + 1)
            told.append(len(caplog.records))
    assert told == [1, 1, 1, 2]
    assert {(record.message, vars(record)["remote"]) for record in caplog.records} == {
        ("too many wrong credentials", "127.0.0.1")
    }


def test_an_address_of_ipv6_counts_with_its_neighbours() -> None:
    known = Guesses(lambda: 0.0)
    for last in range(BURST):
        known.wrong(f"2001:db8::{last:x}")
    assert (known.seconds_to_wait("2001:db8::ffff"), known.seconds_to_wait("2001:db8:0:1::1"), len(known)) == (1, 0, 1)


@pytest.mark.parametrize(
    ("address", "name"),
    [("10.0.0.1", "10.0.0.1"), ("fe80::1%eth0", "fe80::/64"), ("", ""), ("what is this: nothing", None)],
)
def test_what_is_no_address_of_ipv6_counts_by_itself(address: str, name: str | None) -> None:
    assert group(address) == (address if name is None else name)


def test_only_so_many_addresses_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guesses, "ADDRESSES", 3)
    known = Guesses(lambda: 0.0)
    for last in range(10):
        known.wrong(f"10.0.0.{last}")
        known.right(f"10.0.0.{last}", b"digest")
    assert len(known) == 3
    assert [known.was_right(f"10.0.0.{last}", b"digest") for last in range(6, 10)] == [False, True, True, True]


def test_guessing_does_not_make_what_was_right_be_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guesses, "ADDRESSES", 3)
    known = Guesses(lambda: 0.0)
    known.right("10.0.0.1", b"digest")
    for last in range(10):
        known.wrong(f"10.0.1.{last}")
    assert known.was_right("10.0.0.1", b"digest")

"""Metadata: texts by name that an account and its members carry; a change names only the entries that it is about."""

from __future__ import annotations

from msgspec.structs import replace

from seatkeeper.actors.accounts.members.commands import ChangeMember
from seatkeeper.actors.accounts.members.events import MemberAdded, MemberMetadataChanged
from seatkeeper.actors.accounts.members.summaries import summarize_member
from seatkeeper.actors.accounts.profile.commands import ChangeAccount
from seatkeeper.actors.accounts.profile.events import AccountMetadataChanged, AccountOpened
from seatkeeper.actors.accounts.summaries import summarize
from seatkeeper.actors.aggregates.external import MetadataTooLarge
from tests.accounts.past import ACCOUNT, ADA, AT, BOB, ENGINES, LATER, TEAM, add, after, given, joined, opened
from tests.accounts.profile.test_opening import OPEN

GOLD = AccountMetadataChanged({"tier": "gold", "region": "EU"})
NIGHT = MemberMetadataChanged(BOB, {"team": "night"})
FULL = {f"key {number}": "" for number in range(50)}


def test_an_account_is_opened_with_metadata() -> None:
    command = replace(OPEN, metadata={"tier": "gold"}, user_metadata={"team": "day"})
    account = (
        given()
        .when(command)
        .then(
            AccountOpened(ENGINES, "Engines", TEAM, 1, 2, 10, "EUR", AT, metadata={"tier": "gold"}),
            MemberAdded(ADA, "Ada", "ada@example.org", "admin", AT, metadata={"team": "day"}),
        )
    )
    assert (account.metadata, account.members[ADA].metadata) == ({"tier": "gold"}, {"team": "day"})


def test_empty_metadata_is_none() -> None:
    given().when(replace(OPEN, metadata={}, user_metadata={})).then(*opened(email="ada@example.org"))


def test_a_change_is_merged_into_the_metadata() -> None:
    command = ChangeAccount(metadata={"tier": "silver", "floor": "3"})
    changed = AccountMetadataChanged({"tier": "silver", "floor": "3"})
    account = given(opened(), GOLD).when(command).then(changed)
    assert account.metadata == {"tier": "silver", "region": "EU", "floor": "3"}


def test_null_removes_an_entry() -> None:
    command, changed = ChangeAccount(metadata={"tier": None}), AccountMetadataChanged({"tier": None})
    assert given(opened(), GOLD).when(command).then(changed).metadata == {"region": "EU"}


def test_only_what_differs_is_stored() -> None:
    command = ChangeAccount(metadata={"tier": "gold", "region": "US", "floor": None})
    given(opened(), GOLD).when(command).then(AccountMetadataChanged({"region": "US"}))


def test_a_change_to_what_is_there_already_changes_nothing() -> None:
    given(opened(), GOLD).when(ChangeAccount(metadata={"tier": "gold", "floor": None})).changes_nothing()
    given(opened(), GOLD).when(ChangeAccount(metadata={})).changes_nothing()


def test_a_member_joins_with_metadata() -> None:
    command = replace(add(BOB), metadata={"team": "night"})
    joins = MemberAdded(BOB, "Bob", None, "member", LATER, metadata={"team": "night"})
    assert given(opened()).when(command).then(joins).members[BOB].metadata == {"team": "night"}


def test_the_metadata_of_a_member_is_merged_too() -> None:
    command = ChangeMember(BOB, metadata={"team": None, "desk": "7"})
    changed = MemberMetadataChanged(BOB, {"team": None, "desk": "7"})
    account = given(opened(), joined(BOB), NIGHT).when(command).then(changed)
    assert account.members[BOB].metadata == {"desk": "7"}


def test_the_metadata_of_a_member_that_is_there_already_is_no_change() -> None:
    given(opened(), joined(BOB), NIGHT).when(ChangeMember(BOB, metadata={"team": "night"})).changes_nothing()


def test_the_fifty_first_entry_is_refused() -> None:
    past = (opened(), joined(BOB), AccountMetadataChanged({**FULL}), MemberMetadataChanged(BOB, {**FULL}))
    refusal = MetadataTooLarge(entries=51, size=291, most_entries=50, most_bytes=8192)
    given(*past).when(ChangeAccount(metadata={"a": ""})).refuses(refusal)
    given(*past).when(ChangeMember(BOB, metadata={"a": ""})).refuses(refusal)


def test_an_entry_fits_in_place_of_another() -> None:
    command = ChangeAccount(metadata={"key 0": None, "a": ""})
    given(opened(), AccountMetadataChanged({**FULL})).when(command).then(
        AccountMetadataChanged({"key 0": None, "a": ""})
    )


def test_an_answer_stays_what_it_was_when_the_account_goes_on() -> None:
    account = after(opened(), GOLD, joined(BOB), NIGHT)
    answers = (summarize(account, 4), summarize_member(account, BOB))
    for event in (AccountMetadataChanged({"tier": None}), MemberMetadataChanged(BOB, {"team": "day"})):
        ACCOUNT.evolve(account, event)
    assert [answer.metadata for answer in answers] == [{"tier": "gold", "region": "EU"}, {"team": "night"}]

"""External ids: optional, changed or taken away at any time, and a member's is unique inside the account."""

from __future__ import annotations

from msgspec.structs import replace

from seatkeeper.actors.accounts.members.commands import ChangeMember
from seatkeeper.actors.accounts.members.events import MemberAdded, MemberExternalIdChanged, MemberRemoved
from seatkeeper.actors.accounts.members.refusals import LastAdmin, MemberNotFound
from seatkeeper.actors.accounts.profile.commands import ChangeAccount
from seatkeeper.actors.accounts.profile.events import AccountExternalIdChanged, AccountOpened, AccountRenamed
from seatkeeper.actors.aggregates.external import ExternalIdTaken
from tests.accounts.past import (
    ADA,
    AT,
    BOB,
    ENGINES,
    EVE,
    LATER,
    TEAM,
    UNKNOWN,
    add,
    after,
    called,
    given,
    joined,
    known_as,
    opened,
)
from tests.accounts.profile.test_opening import OPEN

TAKEN = ExternalIdTaken("member", "user-2")


def test_an_account_is_opened_with_external_ids() -> None:
    command = replace(OPEN, external_id="crm-7", user_external_id="user-1")
    account = (
        given()
        .when(command)
        .then(
            AccountOpened(ENGINES, "Engines", TEAM, 1, 2, 10, "EUR", AT, "crm-7"),
            MemberAdded(ADA, "Ada", "ada@example.org", "admin", AT, "user-1"),
        )
    )
    assert (account.external_id, account.members[ADA].external_id) == ("crm-7", "user-1")


def test_an_account_gets_an_external_id() -> None:
    account = given(opened()).when(ChangeAccount(external_id="crm-7")).then(AccountExternalIdChanged("crm-7"))
    assert account.external_id == "crm-7"


def test_none_removes_the_external_id_of_an_account() -> None:
    account = given(opened(), called("crm-7")).when(ChangeAccount(external_id=None)).then(called(None))
    assert account.external_id is None


def test_an_account_that_has_this_external_id_is_not_changed() -> None:
    given(opened(), called("crm-7")).when(ChangeAccount(external_id="crm-7")).changes_nothing()
    given(opened()).when(ChangeAccount(external_id=None)).changes_nothing()


def test_a_change_that_does_not_name_the_external_id_leaves_it() -> None:
    given(opened(), called("crm-7")).when(ChangeAccount("Looms")).then(AccountRenamed("Looms"))


def test_an_account_gets_another_name_and_another_external_id_at_once() -> None:
    command = ChangeAccount("Looms", external_id="crm-7")
    given(opened()).when(command).then(AccountRenamed("Looms"), AccountExternalIdChanged("crm-7"))


def test_a_change_of_nothing_changes_nothing() -> None:
    given(opened(), called("crm-7")).when(ChangeAccount()).changes_nothing()


def test_a_member_joins_with_an_external_id() -> None:
    command = replace(add(BOB), external_id="user-2")
    account = given(opened()).when(command).then(MemberAdded(BOB, "Bob", None, "member", LATER, "user-2"))
    assert account.members[BOB].external_id == "user-2"


def test_a_member_gets_an_external_id() -> None:
    changed = MemberExternalIdChanged(BOB, "user-2")
    account = given(opened(), joined(BOB)).when(ChangeMember(BOB, external_id="user-2")).then(changed)
    assert account.members[BOB].external_id == "user-2"


def test_none_removes_the_external_id_of_a_member() -> None:
    past = (opened(), joined(BOB), known_as(BOB, "user-2"))
    account = given(*past).when(ChangeMember(BOB, external_id=None)).then(known_as(BOB, None))
    assert account.members[BOB].external_id is None


def test_the_external_id_that_a_member_has_already_is_no_change() -> None:
    past = (opened(), joined(BOB), known_as(BOB, "user-2"))
    given(*past).when(ChangeMember(BOB, external_id="user-2")).changes_nothing()
    given(*past).when(ChangeMember(ADA, external_id=None)).changes_nothing()


def test_an_unknown_member_gets_none() -> None:
    given(opened()).when(ChangeMember(UNKNOWN, external_id="user-2")).refuses(MemberNotFound())


def test_a_member_does_not_join_with_the_external_id_of_another() -> None:
    past = (opened(), joined(BOB), known_as(BOB, "user-2"))
    given(*past).when(replace(add(EVE), external_id="user-2")).refuses(TAKEN)


def test_a_member_does_not_change_to_the_external_id_of_another() -> None:
    past = (opened(), joined(BOB), known_as(BOB, "user-2"))
    given(*past).when(ChangeMember(ADA, external_id="user-2")).refuses(TAKEN)


def test_a_refused_external_id_takes_the_other_changes_with_it() -> None:
    past = (opened(), joined(BOB), known_as(BOB, "user-2"))
    given(*past).when(ChangeMember(ADA, name="Augusta", external_id="user-2")).refuses(TAKEN)


def test_the_last_admin_is_told_of_the_role_first() -> None:
    past = (opened(), joined(BOB), known_as(BOB, "user-2"))
    given(*past).when(ChangeMember(ADA, role="viewer", external_id="user-2")).refuses(LastAdmin())


def test_another_case_is_another_external_id() -> None:
    past = (opened(), joined(BOB), known_as(BOB, "user-2"))
    given(*past).when(ChangeMember(ADA, external_id="USER-2")).then(known_as(ADA, "USER-2"))


def test_the_external_id_of_the_account_is_none_of_its_members() -> None:
    given(opened(), called("crm-7")).when(ChangeMember(ADA, external_id="crm-7")).then(known_as(ADA, "crm-7"))


def test_an_external_id_that_was_removed_is_free_again() -> None:
    past = (opened(), joined(BOB), known_as(BOB, "user-2"), known_as(BOB, None))
    given(*past).when(ChangeMember(ADA, external_id="user-2")).then(known_as(ADA, "user-2"))


def test_an_external_id_that_was_changed_is_free_again() -> None:
    past = (opened(), joined(BOB), known_as(BOB, "user-2"), known_as(BOB, "user-3"))
    given(*past).when(ChangeMember(ADA, external_id="user-2")).then(known_as(ADA, "user-2"))


def test_the_external_id_of_a_member_who_left_is_free_again() -> None:
    past = (opened(), joined(BOB), known_as(BOB, "user-2"), MemberRemoved(BOB))
    given(*past).when(replace(add(EVE), external_id="user-2")).then(
        MemberAdded(EVE, "Eve", None, "member", LATER, "user-2")
    )


def test_an_account_whose_members_have_none_keeps_no_table_of_them() -> None:
    assert after(opened(), joined(BOB)).external_ids is None

"""An account is opened once, on the terms of a plan, with the customer as its first member and admin."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.members.events import MemberAdded
from seatkeeper.actors.accounts.profile.commands import ChangeAccount, OpenAccount
from seatkeeper.actors.accounts.profile.events import AccountOpened, AccountRenamed
from seatkeeper.actors.accounts.profile.refusals import AccountExists, AccountNotFound
from seatkeeper.actors.accounts.values import Terms
from tests.accounts.past import ACCOUNT, ADA, AT, BOB, ENGINES, TEAM, add, after, closed, given, joined, opened

OPEN = OpenAccount(ENGINES, "Engines", Terms(TEAM, 1, 2, 10), "EUR", ADA, "Ada", "ada@example.org", AT)


def test_an_account_is_opened_on_its_terms_with_its_first_member_as_admin() -> None:
    given().when(OPEN).then(
        AccountOpened(ENGINES, "Engines", TEAM, 1, 2, 10, "EUR", AT),
        MemberAdded(ADA, "Ada", "ada@example.org", "admin", AT),
    )


def test_a_new_account_is_active_without_credit_and_without_a_taken_seat() -> None:
    account = given().when(OPEN).then(*opened(email="ada@example.org"))
    assert (account.status, account.credit, account.seats_taken) == ("active", 0, 0)


def test_an_account_is_opened_without_an_email_when_there_is_none() -> None:
    given().when(OpenAccount(ENGINES, "Engines", OPEN.terms, "EUR", ADA, "Ada", None, AT)).then(*opened())


def test_the_first_member_needs_a_member_slot_but_no_seat() -> None:
    one_slot_and_no_seat = Terms(TEAM, 1, 0, 1)
    command = OpenAccount(ENGINES, "Engines", one_slot_and_no_seat, "EUR", ADA, "Ada", None, AT)
    given().when(command).then(*opened(total_seats=0, user_limit=1))


def test_an_account_is_opened_once() -> None:
    given(opened()).when(OPEN).refuses(AccountExists())


def test_a_closed_account_is_not_opened_again() -> None:
    given(opened(), closed()).when(OPEN).refuses(AccountExists())


@pytest.mark.parametrize("command", [ChangeAccount("Looms"), add(BOB)], ids=["rename", "add"])
def test_an_account_that_was_never_opened_is_not_found(command: ChangeAccount) -> None:
    given().when(command).refuses(AccountNotFound())


def test_no_other_event_comes_before_the_opening() -> None:
    with pytest.raises(ValueError, match=r"account\.renamed before account\.opened"):
        ACCOUNT.replay([AccountRenamed("Looms")])


def test_two_accounts_share_no_members() -> None:
    one, other = after(opened()), after(opened(), joined(BOB, email="bob@example.org"))
    assert one.members.keys() == {ADA}
    assert other.members.keys() == {ADA, BOB}
    assert one.emails == {}


def test_an_account_gets_another_name() -> None:
    account: Account = given(opened()).when(ChangeAccount("Looms")).then(AccountRenamed("Looms"))
    assert account.account_name == "Looms"


def test_an_account_that_has_this_name_already_is_not_renamed() -> None:
    given(opened()).when(ChangeAccount("Engines")).changes_nothing()


def test_another_case_is_another_name() -> None:
    given(opened()).when(ChangeAccount("ENGINES")).then(AccountRenamed("ENGINES"))

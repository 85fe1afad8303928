"""E-mail addresses: optional, unique inside an account.

They are compared without regard to case, composition and the form of the domain.
"""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.members.commands import ChangeMember
from seatkeeper.actors.accounts.members.events import MemberEmailChanged, MemberRemoved
from seatkeeper.actors.accounts.members.member import same_email
from seatkeeper.actors.accounts.members.refusals import EmailTaken, MemberNotFound
from seatkeeper.actors.accounts.values import MemberId
from tests.accounts.past import ADA, BOB, EVE, UNKNOWN, add, after, given, joined, opened

SAME = [
    ("ada@example.org", "ADA@Example.ORG"),
    ("strasse@example.org", "STRASSE@example.org"),
    ("straße@example.org", "STRASSE@example.org"),
    ("\u00c5sa@example.org", "\u0061\u030asa@example.org"),
    ("\u212bsa@example.org", "\u00e5sa@example.org"),
    ("\u03a3igma@example.org", "\u03c2igma@example.org"),
    ("ﬁne@example.org", "fine@example.org"),
    ("j@m\u00fcnchen.de", "j@xn--mnchen-3ya.de"),
    ("j@M\u00dcNCHEN.de", "J@XN--MNCHEN-3YA.DE"),
    ("j@mu\u0308nchen.de", "j@\uff4d\u00fcnchen\u3002de"),
    ("ren\u00e9e@stra\u00dfe.de", "RENE\u0301E@xn--strae-oqa.de"),
    ("j@example.org.", "j@example.org"),
    ("j@m\u00fcnchen.de.", "j@xn--mnchen-3ya.de"),
    ("j@M\u00dcNCHEN..de", "j@m\u00fcnchen..de"),
]
IDS = [
    *("case", "plain s", "sharp s", "decomposed", "angstrom sign", "final sigma", "ligature"),
    *("domain in ASCII", "domain in capitals", "domain in wide letters", "sharp s in the domain"),
    *("period at the end", "domain in ASCII and a period", "no domain"),
]

DIFFERENT = [
    ("ada@example.org", "ada@example.com"),
    ("ada@example.org", "ada+1@example.org"),
    ("asa@example.org", "\u00e5sa@example.org"),
    ("j@m\u00fcnchen.de", "j@munchen.de"),
    ("j@stra\u00dfe.de", "j@strasse.de"),
    ("j@m\u00fcnchen.de", "j@xn--mnchen-3ya.com"),
]


def test_a_new_member_has_an_email() -> None:
    account = given(opened()).when(add(BOB, email="Bob@Example.org")).then(*joined(BOB, email="Bob@Example.org"))
    assert account.members[BOB].email == "Bob@Example.org", "it is stored as it was written"


def test_any_number_of_members_may_have_none() -> None:
    given(opened(), joined(BOB)).when(add(EVE)).then(*joined(EVE))


@pytest.mark.parametrize(("theirs", "ours"), SAME, ids=IDS)
def test_the_same_email_is_taken_however_it_is_written(theirs: str, ours: str) -> None:
    given(opened(email=theirs)).when(add(BOB, email=ours)).refuses(EmailTaken(email=ours))
    given(opened(email=ours)).when(add(BOB, email=theirs)).refuses(EmailTaken(email=theirs))


@pytest.mark.parametrize(("theirs", "ours"), DIFFERENT)
def test_another_email_is_free(theirs: str, ours: str) -> None:
    given(opened(email=theirs)).when(add(BOB, email=ours)).then(*joined(BOB, email=ours))


@pytest.mark.parametrize("address", [address for pair in SAME for address in pair])
def test_folding_twice_is_folding_once(address: str) -> None:
    assert same_email(same_email(address)) == same_email(address)


def test_a_member_gets_another_email() -> None:
    past = (opened(), joined(BOB, email="bob@example.org"))
    account = (
        given(*past).when(ChangeMember(BOB, email="rob@example.org")).then(MemberEmailChanged(BOB, "rob@example.org"))
    )
    assert account.members[BOB].email == "rob@example.org"


def test_a_member_gets_a_first_email() -> None:
    changed = MemberEmailChanged(BOB, "bob@example.org")
    given(opened(), joined(BOB)).when(ChangeMember(BOB, email="bob@example.org")).then(changed)


def test_none_removes_the_email() -> None:
    past = (opened(), joined(BOB, email="bob@example.org"))
    account = given(*past).when(ChangeMember(BOB, email=None)).then(MemberEmailChanged(BOB, None))
    assert account.members[BOB].email is None


def test_a_member_without_an_email_is_not_changed_by_none() -> None:
    given(opened(), joined(BOB)).when(ChangeMember(BOB, email=None)).changes_nothing()


def test_the_email_that_a_member_has_already_is_no_change() -> None:
    past = (opened(), joined(BOB, email="bob@example.org"))
    given(*past).when(ChangeMember(BOB, email="bob@example.org")).changes_nothing()


def test_a_change_that_does_not_name_the_email_leaves_it() -> None:
    past = (opened(), joined(BOB, email="bob@example.org"))
    given(*past).when(ChangeMember(BOB, name="Bob", role="member")).changes_nothing()


def test_a_member_may_write_their_own_email_in_another_case() -> None:
    past = (opened(), joined(BOB, email="bob@example.org"))
    changed = MemberEmailChanged(BOB, "Bob@Example.org")
    given(*past).when(ChangeMember(BOB, email="Bob@Example.org")).then(changed)


def test_an_email_in_another_case_is_still_taken() -> None:
    past = (opened(), joined(BOB, email="bob@example.org"), MemberEmailChanged(BOB, "BOB@example.org"))
    given(*past).when(add(EVE, email="bob@example.org")).refuses(EmailTaken("bob@example.org"))


def test_no_member_takes_the_email_of_another() -> None:
    past = (opened(email="ada@example.org"), joined(BOB, email="bob@example.org"))
    given(*past).when(ChangeMember(BOB, email="Ada@example.org")).refuses(EmailTaken("Ada@example.org"))


def test_an_email_that_was_given_up_is_free() -> None:
    past = (opened(), joined(BOB, email="bob@example.org"), MemberEmailChanged(BOB, "rob@example.org"))
    given(*past).when(add(EVE, email="bob@example.org")).then(*joined(EVE, email="bob@example.org"))


def test_an_email_that_was_removed_is_free() -> None:
    past = (opened(), joined(BOB, email="bob@example.org"), MemberEmailChanged(BOB, None))
    given(*past).when(ChangeMember(ADA, email="bob@example.org")).then(MemberEmailChanged(ADA, "bob@example.org"))


def test_the_email_of_a_removed_member_is_free() -> None:
    past = (opened(), joined(BOB, email="bob@example.org"), MemberRemoved(BOB))
    given(*past).when(add(EVE, email="BOB@example.org")).then(*joined(EVE, email="BOB@example.org"))


def test_only_a_member_gets_an_email() -> None:
    given(opened()).when(ChangeMember(UNKNOWN, email="bob@example.org")).refuses(MemberNotFound())


UNICODE, ASCII = "j@m\u00fcnchen.de", "j@xn--mnchen-3ya.de"
TWINS = (opened(), joined(BOB, email=UNICODE), joined(EVE, email=ASCII))


@pytest.mark.parametrize("gone", [BOB, EVE])
def test_an_address_that_two_members_had_before_is_taken_until_both_are_gone(gone: MemberId) -> None:
    other = EVE if gone == BOB else BOB
    past = (*TWINS, [MemberRemoved(gone)])
    given(*past).when(add(gone, email=ASCII)).refuses(EmailTaken(ASCII))
    given(*past, [MemberRemoved(other)]).when(add(gone, email=ASCII)).then(*joined(gone, email=ASCII))


@pytest.mark.parametrize("changed", [BOB, EVE])
def test_of_two_members_with_one_address_each_may_have_another(changed: MemberId) -> None:
    account = given(*TWINS).when(ChangeMember(changed, email="k@x.org")).then(MemberEmailChanged(changed, "k@x.org"))
    assert sorted(account.emails) == [ASCII, "k@x.org"]
    assert account.same_emails == {}


def test_three_members_with_one_address_are_three() -> None:
    account = after(*TWINS, [MemberEmailChanged(ADA, UNICODE.upper())], [MemberRemoved(BOB)], [MemberRemoved(EVE)])
    assert (account.emails, account.same_emails) == ({ASCII: ADA}, {})


def test_a_member_may_write_their_own_domain_in_ascii() -> None:
    past = (opened(), joined(BOB, email=UNICODE))
    given(*past).when(ChangeMember(BOB, email=ASCII)).then(MemberEmailChanged(BOB, ASCII))

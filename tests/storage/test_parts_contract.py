"""What every engine has of the parts of an account: invitations, grants, and members who are frozen."""

from __future__ import annotations

import json

from seatkeeper.actors.accounts.grants.events import GrantEnded, GrantMade
from seatkeeper.actors.accounts.invitations.events import InvitationExpired, InvitationRevoked
from seatkeeper.actors.accounts.limits.events import MemberFrozen, MemberThawed
from seatkeeper.actors.accounts.profile.events import AccountClosed
from seatkeeper.actors.accounts.values import GrantId
from seatkeeper.storage.queries import AccountFilter, MemberFilter
from tests.accounts.ahead import GUEST, OTHER, SOON, TOKEN, accepted, invited
from tests.accounts.past import ADA, AT, BOB, EVE, joined, opened
from tests.storage.stores import NEWEST, Store, account_id, field

ACCOUNT = account_id(1)
GIFTS = [GrantId(f"01900000-0000-7000-8000-0000000009a{number}") for number in range(3)]


def granted(grant_id: GrantId, *, members: int = 1, seats: int = 0) -> GrantMade:
    return GrantMade(grant_id, seats, members, "a gift", None, AT)


async def emails(store: Store, status: str | None = None) -> list[object]:
    return field(await store.queries.invitations(ACCOUNT, status, None, 10) or [], "email")


async def test_an_invitation_is_shown_with_the_version_of_the_account_and_without_its_hash(store: Store) -> None:
    await store.account(1).append(opened(account_id=ACCOUNT), invited(seated=True))
    found = await store.queries.invitation(ACCOUNT, GUEST)
    assert found is not None
    assert found.version == 3
    assert TOKEN not in found.summary
    assert json.loads(found.summary) == {
        "invitation_id": GUEST,
        "email": "guest@example.org",
        "role": "member",
        "seated": True,
        "status": "pending",
        "expires_at": SOON,
        "created_at": json.loads(found.summary)["created_at"],
    }


async def test_invitations_stay_when_they_are_over_and_are_listed_by_their_status(store: Store) -> None:
    account = store.account(1)
    await account.append(opened(account_id=ACCOUNT), invited(), invited(OTHER, "other@example.org"))
    await account.append(accepted())
    await account.append(InvitationExpired(OTHER))
    assert await emails(store) == ["guest@example.org", "other@example.org"]
    assert await emails(store, "accepted") == ["guest@example.org"]
    assert await emails(store, "expired") == ["other@example.org"]
    assert await emails(store, "pending") == []


async def test_a_page_of_invitations_goes_on_after_the_last_key(store: Store) -> None:
    await store.account(1).append(opened(account_id=ACCOUNT), invited(OTHER, "other@example.org"), invited())
    first = await store.queries.invitations(ACCOUNT, None, None, 1)
    assert first is not None
    second = await store.queries.invitations(ACCOUNT, None, str(first[0].key), 1)
    assert [first[0].key, *(item.key for item in second or [])] == [GUEST, OTHER]


async def test_grants_in_force_are_shown_and_ended_ones_are_gone(store: Store) -> None:
    account = store.account(1)
    await account.append(opened(account_id=ACCOUNT), [granted(gift) for gift in GIFTS])
    await account.append(GrantEnded(GIFTS[1], "withdrawn"))
    items = await store.queries.grants(ACCOUNT, None, 10)
    assert [item.key for item in items or []] == [GIFTS[0], GIFTS[2]]
    assert [item.key for item in await store.queries.grants(ACCOUNT, GIFTS[0], 10) or []] == [GIFTS[2]]
    assert await store.queries.grant(ACCOUNT, GIFTS[1]) is None
    found = await store.queries.grant(ACCOUNT, GIFTS[2])
    assert found is not None
    assert (found.version, json.loads(found.summary)["members"]) == (6, 1)


async def test_a_grant_that_is_made_and_ended_in_one_commit_was_never_shown(store: Store) -> None:
    await store.account(1).append(opened(account_id=ACCOUNT), granted(GIFTS[0]), GrantEnded(GIFTS[0], "expired"))
    assert await store.queries.grants(ACCOUNT, None, 10) == []


async def test_the_parts_of_another_account_are_not_shown(store: Store) -> None:
    await store.account(1).append(opened(account_id=ACCOUNT), invited(), granted(GIFTS[0]))
    await store.account(2).append(opened(account_id=account_id(2)))
    assert await store.queries.invitations(account_id(2), None, None, 10) == []
    assert await store.queries.grants(account_id(2), None, 10) == []
    assert await store.queries.invitation(account_id(2), GUEST) is None
    assert await store.queries.grant(account_id(2), GIFTS[0]) is None


async def test_an_account_that_does_not_exist_has_no_lists(store: Store) -> None:
    assert await store.queries.invitations(ACCOUNT, None, None, 10) is None
    assert await store.queries.grants(ACCOUNT, None, 10) is None


async def test_the_end_of_an_account_leaves_its_parts_readable(store: Store) -> None:
    account = store.account(1)
    await account.append(opened(account_id=ACCOUNT), invited(), granted(GIFTS[0]))
    await account.append(InvitationRevoked(GUEST), AccountClosed(None))
    assert await emails(store, "revoked") == ["guest@example.org"]
    assert await store.queries.grant(ACCOUNT, GIFTS[0]) is not None


async def test_members_are_listed_by_their_status(store: Store) -> None:
    account = store.account(1)
    await account.append(opened(account_id=ACCOUNT), joined(BOB), joined(EVE))
    await account.append(MemberFrozen(BOB), MemberFrozen(EVE))
    await account.append(MemberThawed(EVE))
    listed = {
        status: [item.key for item in await store.queries.members(ACCOUNT, MemberFilter(status=status), None, 10) or []]
        for status in ("active", "frozen")
    }
    assert listed == {"active": sorted([ADA, EVE]), "frozen": [BOB]}


async def test_what_is_free_is_neither_taken_nor_held_of_what_is_bought_and_granted(store: Store) -> None:
    free = AccountFilter(members_free_at_most=0, seats_free_at_most=0)
    account = store.account(1)
    await account.append(opened(account_id=ACCOUNT, user_limit=2, total_seats=1), invited(seated=True))
    assert len(await store.queries.accounts(free, NEWEST, None, 10)) == 1
    await account.append(granted(GIFTS[0], members=1, seats=1))
    assert await store.queries.accounts(free, NEWEST, None, 10) == []


async def test_versions_of_a_stream_are_found_at_their_positions(store: Store) -> None:
    await store.account(2).append(opened(account_id=account_id(2)))
    account = store.account(1)
    await account.append(opened(account_id=ACCOUNT), granted(GIFTS[0]))
    assert await store.queries.positions(account.id, [1, 3, 9]) == {1: 3, 3: 5}
    assert await store.queries.positions(account.id, []) == {}

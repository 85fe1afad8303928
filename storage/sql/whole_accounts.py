"""All accounts with what belongs to them, one after the other, in one state of a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, cast

from seatkeeper.storage.verify.reading import Reading, Row

_ACCOUNTS = "SELECT number, summary FROM accounts ORDER BY number"
# CROSS JOIN, because SQLite then goes through the accounts and looks the others up, instead of sorting all of them.
_MEMBERS = (
    "SELECT accounts.number, members.summary FROM accounts CROSS JOIN members"
    " WHERE members.account_id = accounts.account_id ORDER BY accounts.number, members.status, members.member_id"
)
_GRANTS = (
    "SELECT accounts.number, grants.summary FROM accounts CROSS JOIN grants"
    " WHERE grants.account_id = accounts.account_id ORDER BY accounts.number, grants.grant_id"
)


class WholeAccount(NamedTuple):
    """The summaries of an account, of its members, those who are frozen last, and of its grants in force, as JSON."""

    account: bytes
    members: Sequence[bytes]
    grants: Sequence[bytes]


def count_accounts(reading: Reading) -> int:
    """Count the accounts."""
    ((count,),) = reading.fetch("SELECT count(*) FROM accounts")
    return int(str(count))


def plan_summaries(reading: Reading) -> Mapping[str, bytes]:
    """Return the summaries of all plans, by their ids."""
    rows = cast("Iterable[tuple[bytes, bytes]]", reading.rows("SELECT plan_id, summary FROM plans"))
    return {plan_id.decode(): summary for plan_id, summary in rows}


def whole_accounts(reading: Reading) -> Iterator[WholeAccount]:
    """Go through the accounts in the order in which they were opened, with one of them in memory."""
    members, grants = _by_number(reading.rows(_MEMBERS)), _by_number(reading.rows(_GRANTS))
    for number, summary in cast("Iterable[tuple[int, bytes]]", reading.rows(_ACCOUNTS)):
        yield WholeAccount(summary, members(number), grants(number))


def _by_number(rows: Iterable[Row]) -> Callable[[int], Sequence[bytes]]:
    """Return what gives the rows with a number, if it is asked for one number after the other."""
    groups = groupby(cast("Iterable[tuple[int, bytes]]", rows), itemgetter(0))
    group = next(groups, None)

    def of(number: int) -> Sequence[bytes]:
        nonlocal group
        if group is None or group[0] != number:
            return ()
        found = [summary for _, summary in group[1]]
        group = next(groups, None)
        return found

    return of

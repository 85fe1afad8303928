"""Accounts: what was bought, how it is changed, and why its limits are what they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from msgspec import UNSET, UnsetType

from seatkeeper.http.client.calls import Call, Listing, PageOptions, ReadOptions, WriteOptions
from seatkeeper.http.client.methods import C, Resource, listing, read, write
from seatkeeper.http.client.structs.answers import Account, Change, Diff, Event, Limits, Page, Timer
from seatkeeper.http.client.structs.values import AccountStatus, Excess, MetadataChange, Money, Sort
from seatkeeper.http.client.verbs import after_cursor, delete, get, moment, pages, paging, patch, path, post, put


class Accounts(Resource[C]):
    """What customers bought."""

    @listing
    def list(
        self,
        *,
        plan_id: str | UnsetType = UNSET,
        status: AccountStatus | UnsetType = UNSET,
        external_id: str | UnsetType = UNSET,
        q: str | UnsetType = UNSET,
        members_free_at_most: int | UnsetType = UNSET,
        seats_free_at_most: int | UnsetType = UNSET,
        sort: Sort | UnsetType = UNSET,
        **options: Unpack[PageOptions],
    ) -> Listing[Page[Account], Account]:
        """List accounts, newest first; `q` is a part of the name, in any case."""
        query = {
            "plan_id": plan_id,
            "status": status,
            "external_id": external_id,
            "q": q,
            "members_free_at_most": members_free_at_most,
            "seats_free_at_most": seats_free_at_most,
            "sort": sort,
        }
        return pages(path("accounts"), Page[Account], options, query)

    @read
    def get(
        self, account_id: str, *, as_of: datetime | int | UnsetType = UNSET, **options: Unpack[ReadOptions]
    ) -> Call[Account]:
        """Read an account, as it is, or as it was at a time or a position of the journal."""
        return get(path("accounts", account_id), Account, options, {"as_of": moment(as_of)})

    @write
    def change(
        self,
        account_id: str,
        *,
        account_name: str | UnsetType = UNSET,
        external_id: str | UnsetType | None = UNSET,
        metadata: MetadataChange | UnsetType = UNSET,
        **options: Unpack[WriteOptions],
    ) -> Call[Account]:
        """Rename an account, or change its external id and its metadata; None takes one away."""
        body = {"account_name": account_name, "external_id": external_id, "metadata": metadata}
        return patch(path("accounts", account_id), Account, options, body)

    @write
    def adjust_credit(
        self, account_id: str, *, amount: Money, reason: str, **options: Unpack[WriteOptions]
    ) -> Call[Account]:
        """Add to the credit of an account, or charge it with a negative amount."""
        return post(path("accounts", account_id, "credit"), Account, options, {"amount": amount, "reason": reason})

    @write
    def suspend(
        self, account_id: str, *, reason: str | UnsetType | None = UNSET, **options: Unpack[WriteOptions]
    ) -> Call[Account]:
        """Suspend an account: it can only be read until it is reactivated."""
        return post(path("accounts", account_id, "suspend"), Account, options, {"reason": reason})

    @write
    def reactivate(
        self, account_id: str, *, reason: str | UnsetType | None = UNSET, **options: Unpack[WriteOptions]
    ) -> Call[Account]:
        """Reactivate a suspended account."""
        return post(path("accounts", account_id, "reactivate"), Account, options, {"reason": reason})

    @write
    def close(
        self, account_id: str, *, reason: str | UnsetType | None = UNSET, **options: Unpack[WriteOptions]
    ) -> Call[Account]:
        """Close an account for good; it can still be read."""
        return post(path("accounts", account_id, "close"), Account, options, {"reason": reason})

    @write
    def change_plan(
        self,
        account_id: str,
        *,
        plan_id: str,
        effective_at: datetime | UnsetType = UNSET,
        excess: Excess | UnsetType = UNSET,
        grace_seconds: int | UnsetType = UNSET,
        keep: Sequence[str] | UnsetType = UNSET,
        **options: Unpack[WriteOptions],
    ) -> Call[Account]:
        """Move an account to what a plan sells, now or on a day that lies ahead.

        What does not fit is refused, frozen, or frozen after a grace; those in `keep` are frozen after all others.
        """
        body = {
            "plan_id": plan_id,
            "effective_at": effective_at,
            "excess": excess,
            "grace_seconds": grace_seconds,
            "keep": keep,
        }
        return put(path("accounts", account_id, "plan"), Account, options, body)

    @write
    def cancel_scheduled_change(self, account_id: str, **options: Unpack[WriteOptions]) -> Call[Account]:
        """Cancel the change of plan that lies ahead, if there is one."""
        return delete(path("accounts", account_id, "scheduled-change"), Account, options)

    @write
    def change_trial(self, account_id: str, *, ends_at: datetime, **options: Unpack[WriteOptions]) -> Call[Account]:
        """Let the trial end earlier or later, or start one, which ends in a suspension."""
        return put(path("accounts", account_id, "trial"), Account, options, {"ends_at": ends_at})

    @write
    def end_trial(self, account_id: str, **options: Unpack[WriteOptions]) -> Call[Account]:
        """Make a full account of one on trial now."""
        return delete(path("accounts", account_id, "trial"), Account, options)

    @read
    def limits(self, account_id: str, **options: Unpack[ReadOptions]) -> Call[Limits]:
        """Explain the limits of an account: which events made each number, and the cheapest ways to one more."""
        return get(path("accounts", account_id, "limits"), Limits, options)

    @listing
    def diff(
        self,
        account_id: str,
        *,
        since: datetime | int,
        until: datetime | int | UnsetType = UNSET,
        **options: Unpack[PageOptions],
    ) -> Listing[Diff, Change]:
        """List what changed after one moment (`from` in the API), up to another (`to`) or until now."""
        query = {"from": moment(since), "to": moment(until), **paging(options)}
        call = get(path("accounts", account_id, "diff"), Diff, options, query)
        return Listing(call, lambda page: page.items, lambda page, _: after_cursor(page.next_cursor))

    @listing
    def events(self, account_id: str, **options: Unpack[PageOptions]) -> Listing[Page[Event], Event]:
        """List the events of an account, oldest first."""
        where = path("accounts", account_id, "events")
        return pages(where, Page[Event], options)

    @listing
    def timers(self, account_id: str, **options: Unpack[PageOptions]) -> Listing[Page[Timer], Timer]:
        """List what will happen to an account by itself, the earliest first."""
        where = path("accounts", account_id, "timers")
        return pages(where, Page[Timer], options)

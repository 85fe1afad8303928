"""Invitations and grants: what an account holds ready, and what it may take beside its plan."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack

from msgspec import UNSET, UnsetType

from seatkeeper.http.client.calls import Call, Listing, PageOptions, ReadOptions, WriteOptions
from seatkeeper.http.client.methods import C, Resource, listing, read, write
from seatkeeper.http.client.structs.answers import Grant, Invitation, InvitationWithToken, Member, Page
from seatkeeper.http.client.structs.values import InvitationStatus, Role
from seatkeeper.http.client.verbs import NOTHING, delete, get, pages, path, post


class Invitations(Resource[C]):
    """Who is invited to an account. A pending invitation holds a member slot, and a seat too when `seated`."""

    @write
    def create(
        self,
        account_id: str,
        *,
        email: str,
        role: Role | UnsetType = UNSET,
        seated: bool | UnsetType = UNSET,
        expires_in_seconds: int | UnsetType = UNSET,
        **options: Unpack[WriteOptions],
    ) -> Call[InvitationWithToken]:
        """Invite somebody; the token is in the first answer only."""
        body = {"email": email, "role": role, "seated": seated, "expires_in_seconds": expires_in_seconds}
        return post(path("accounts", account_id, "invitations"), InvitationWithToken, options, body)

    @listing
    def list(
        self,
        account_id: str,
        *,
        status: InvitationStatus | UnsetType = UNSET,
        **options: Unpack[PageOptions],
    ) -> Listing[Page[Invitation], Invitation]:
        """List the invitations of an account, oldest first, those that are over too."""
        query = {"status": status}
        return pages(path("accounts", account_id, "invitations"), Page[Invitation], options, query)

    @read
    def get(self, account_id: str, invitation_id: str, **options: Unpack[ReadOptions]) -> Call[Invitation]:
        """Read an invitation."""
        return get(path("accounts", account_id, "invitations", invitation_id), Invitation, options)

    @write
    def revoke(self, account_id: str, invitation_id: str, **options: Unpack[WriteOptions]) -> Call[Invitation]:
        """End a pending invitation: its token is worth nothing, and what it held is free."""
        return post(path("accounts", account_id, "invitations", invitation_id, "revoke"), Invitation, options)

    @write
    def renew(
        self,
        account_id: str,
        invitation_id: str,
        *,
        expires_in_seconds: int | UnsetType = UNSET,
        **options: Unpack[WriteOptions],
    ) -> Call[InvitationWithToken]:
        """Give an invitation that is pending or has expired a new token and a new end."""
        where = path("accounts", account_id, "invitations", invitation_id, "renew")
        return post(where, InvitationWithToken, options, {"expires_in_seconds": expires_in_seconds})

    @write
    def accept(
        self,
        *,
        token: str,
        name: str,
        external_id: str | UnsetType | None = UNSET,
        **options: Unpack[WriteOptions],
    ) -> Call[Member]:
        """Become a member by the token of an invitation, with what the invitation holds."""
        body = {"token": token, "name": name, "external_id": external_id}
        return post(path("invitations", "accept"), Member, options, body)


class Grants(Resource[C]):
    """Seats and member slots beside those of the plan."""

    @write
    def create(
        self,
        account_id: str,
        *,
        reason: str,
        seats: int | UnsetType = UNSET,
        members: int | UnsetType = UNSET,
        expires_at: datetime | UnsetType | None = UNSET,
        **options: Unpack[WriteOptions],
    ) -> Call[Grant]:
        """Grant seats and member slots, for ever or until a time, or take some away with negative numbers."""
        body = {"reason": reason, "seats": seats, "members": members, "expires_at": expires_at}
        return post(path("accounts", account_id, "grants"), Grant, options, body)

    @listing
    def list(self, account_id: str, **options: Unpack[PageOptions]) -> Listing[Page[Grant], Grant]:
        """List the grants that are in force, oldest first."""
        where = path("accounts", account_id, "grants")
        return pages(where, Page[Grant], options)

    @read
    def get(self, account_id: str, grant_id: str, **options: Unpack[ReadOptions]) -> Call[Grant]:
        """Read a grant that is in force."""
        return get(path("accounts", account_id, "grants", grant_id), Grant, options)

    @write
    def delete(self, account_id: str, grant_id: str, **options: Unpack[WriteOptions]) -> Call[None]:
        """End a grant; what does not fit any more is treated as the account's policy says."""
        return delete(path("accounts", account_id, "grants", grant_id), NOTHING, options)

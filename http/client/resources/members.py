"""Members of accounts, and their seats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from msgspec import UNSET, UnsetType

from seatkeeper.http.client.calls import Call, Listing, PageOptions, ReadOptions, WriteOptions
from seatkeeper.http.client.methods import C, Resource, listing, read, write
from seatkeeper.http.client.structs.answers import AddedMembers, Member, Membership, Page
from seatkeeper.http.client.structs.values import MemberStatus, Metadata, MetadataChange, NewMember, Role
from seatkeeper.http.client.verbs import NOTHING, delete, get, moment, pages, patch, path, post, put


class Members(Resource[C]):
    """Who is in an account. A member takes a member slot, and may hold a seat."""

    @listing
    def find(
        self,
        *,
        email: str | UnsetType = UNSET,
        external_id: str | UnsetType = UNSET,
        **options: Unpack[PageOptions],
    ) -> Listing[Page[Membership], Membership]:
        """List in which accounts somebody is, by the e-mail address or the external id."""
        query = {"email": email, "external_id": external_id}
        return pages(path("members"), Page[Membership], options, query)

    @listing
    def list(
        self,
        account_id: str,
        *,
        role: Role | UnsetType = UNSET,
        seated: bool | UnsetType = UNSET,
        status: MemberStatus | UnsetType = UNSET,
        q: str | UnsetType = UNSET,
        as_of: datetime | int | UnsetType = UNSET,
        **options: Unpack[PageOptions],
    ) -> Listing[Page[Member], Member]:
        """List the members of an account, as they are or as they were; `q` is a part of the name or the address."""
        query = {
            "role": role,
            "seated": seated,
            "status": status,
            "q": q,
            "as_of": moment(as_of),
        }
        return pages(path("accounts", account_id, "members"), Page[Member], options, query)

    @write
    def create(
        self,
        account_id: str,
        *,
        name: str,
        email: str | UnsetType | None = UNSET,
        role: Role | UnsetType = UNSET,
        seated: bool | UnsetType = UNSET,
        external_id: str | UnsetType | None = UNSET,
        metadata: Metadata | UnsetType | None = UNSET,
        **options: Unpack[WriteOptions],
    ) -> Call[Member]:
        """Add a member to an account, with a seat too when `seated`."""
        body = {
            "name": name,
            "email": email,
            "role": role,
            "seated": seated,
            "external_id": external_id,
            "metadata": metadata,
        }
        return post(path("accounts", account_id, "members"), Member, options, body)

    @write
    def create_many(
        self,
        account_id: str,
        *,
        members: Sequence[NewMember],
        atomic: bool | UnsetType = UNSET,
        **options: Unpack[WriteOptions],
    ) -> Call[AddedMembers]:
        """Add up to 1,000 members, one after the other; with `atomic`, all of them or none."""
        body = {"members": members, "atomic": atomic}
        return post(path("accounts", account_id, "members", "bulk"), AddedMembers, options, body)

    @read
    def get(self, account_id: str, member_id: str, **options: Unpack[ReadOptions]) -> Call[Member]:
        """Read a member."""
        return get(path("accounts", account_id, "members", member_id), Member, options)

    @write
    def change(
        self,
        account_id: str,
        member_id: str,
        *,
        name: str | UnsetType = UNSET,
        email: str | UnsetType | None = UNSET,
        role: Role | UnsetType = UNSET,
        external_id: str | UnsetType | None = UNSET,
        metadata: MetadataChange | UnsetType = UNSET,
        **options: Unpack[WriteOptions],
    ) -> Call[Member]:
        """Change a member; None takes an e-mail address, an external id or an entry of metadata away."""
        body = {"name": name, "email": email, "role": role, "external_id": external_id, "metadata": metadata}
        return patch(path("accounts", account_id, "members", member_id), Member, options, body)

    @write
    def delete(self, account_id: str, member_id: str, **options: Unpack[WriteOptions]) -> Call[None]:
        """Remove a member, and free its seat."""
        return delete(path("accounts", account_id, "members", member_id), NOTHING, options)

    @write
    def take_seat(self, account_id: str, member_id: str, **options: Unpack[WriteOptions]) -> Call[Member]:
        """Give a member a seat."""
        return put(path("accounts", account_id, "members", member_id, "seat"), Member, options)

    @write
    def free_seat(self, account_id: str, member_id: str, **options: Unpack[WriteOptions]) -> Call[Member]:
        """Take the seat of a member back."""
        return delete(path("accounts", account_id, "members", member_id, "seat"), Member, options)

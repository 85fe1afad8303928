"""The commands about members and their seats."""

from __future__ import annotations

import msgspec

from seatkeeper.actors.accounts.values import MemberId, Role
from seatkeeper.actors.aggregates.external import Metadata, MetadataChange
from seatkeeper.actors.aggregates.messages import Command


class AddMember(Command, frozen=True, gc=False):
    """Add a member, who takes a member slot and, when `seated`, a seat."""

    member_id: MemberId
    name: str
    email: str | None
    role: Role
    seated: bool
    at: str
    external_id: str | None = None
    metadata: Metadata | None = None


class AddMembers(Command, frozen=True, gc=False):
    """Add these members, one after the other; an `atomic` command adds all or none."""

    members: tuple[AddMember, ...]
    atomic: bool


class ChangeMember(Command, frozen=True, gc=False):
    """Change these fields of a member; UNSET leaves one as it is."""

    member_id: MemberId
    name: str | msgspec.UnsetType = msgspec.UNSET
    email: str | msgspec.UnsetType | None = msgspec.UNSET
    role: Role | msgspec.UnsetType = msgspec.UNSET
    external_id: str | msgspec.UnsetType | None = msgspec.UNSET
    metadata: MetadataChange | msgspec.UnsetType = msgspec.UNSET


class RemoveMember(Command, frozen=True, gc=False):
    """Remove a member, which frees the member slot and the seat."""

    member_id: MemberId


class TakeSeat(Command, frozen=True, gc=False):
    """Give the member a seat."""

    member_id: MemberId


class FreeSeat(Command, frozen=True, gc=False):
    """Free the seat of the member."""

    member_id: MemberId

"""The events of members and their seats."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from seatkeeper.actors.accounts.values import MemberId, Role
from seatkeeper.actors.aggregates.external import Metadata, MetadataChange
from seatkeeper.actors.aggregates.messages import Event


class MemberAdded(Event, frozen=True, gc=False):
    """A member joined and took a member slot."""

    tag: ClassVar[str] = "member.added"

    member_id: MemberId
    name: str
    email: str | None
    role: Role
    joined_at: str
    external_id: str | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET


class MemberRenamed(Event, frozen=True, gc=False):
    """The member has a new name."""

    tag: ClassVar[str] = "member.renamed"

    member_id: MemberId
    name: str


class MemberEmailChanged(Event, frozen=True, gc=False):
    """The member has another e-mail address, or none."""

    tag: ClassVar[str] = "member.email_changed"

    member_id: MemberId
    email: str | None


class MemberExternalIdChanged(Event, frozen=True, gc=False):
    """The member has another external id, or none."""

    tag: ClassVar[str] = "member.external_id_changed"

    member_id: MemberId
    external_id: str | None


class MemberMetadataChanged(Event, frozen=True, gc=False):
    """These entries of the member's metadata have changed; those with null are gone."""

    tag: ClassVar[str] = "member.metadata_changed"

    member_id: MemberId
    metadata: MetadataChange


class MemberRoleChanged(Event, frozen=True, gc=False):
    """The member has another role."""

    tag: ClassVar[str] = "member.role_changed"

    member_id: MemberId
    role: Role


class MemberRemoved(Event, frozen=True, gc=False):
    """The member is gone; the member slot is free again, and the seat if the member had one."""

    tag: ClassVar[str] = "member.removed"

    member_id: MemberId


class SeatTaken(Event, frozen=True, gc=False):
    """The member holds a seat."""

    tag: ClassVar[str] = "seat.taken"

    member_id: MemberId


class SeatFreed(Event, frozen=True, gc=False):
    """The member gave the seat back."""

    tag: ClassVar[str] = "seat.freed"

    member_id: MemberId

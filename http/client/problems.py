"""The problems of the API: a class for each type, with the fields that belong to it.

A test compares them with what the service can answer.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from seatkeeper.http.client.errors import FieldProblem, Problem
from seatkeeper.http.client.structs.values import InvitationStatus


class TooMany(msgspec.Struct, frozen=True):
    """How many members and taken seats are too many for a package."""

    members: int
    seats: int


class AccountClosed(Problem):
    """Account closed: it can only be read. Sign up for a new account."""


class AccountNotFound(Problem):
    """Account not found: no account has this id. Check the id."""


class AccountSuspended(Problem):
    """Account suspended: it can only be read, reactivated or closed. Reactivate it first."""


class AlreadyInvited(Problem):
    """Already invited: an invitation to <email> is pending. Renew it, or revoke it first."""

    email: str


class BadRequest(Problem):
    """The request is not one of HTTP that is served here; the detail says why."""


class ClockNotFound(Problem):
    """Clock not found: only a service that was started with --sandbox has a clock that can be moved."""


class ClockTooFar(Problem):
    """Clock too far: it cannot be moved beyond <latest>. Move it by less, or begin a new sandbox."""

    latest: str


class ContentTooLarge(Problem):
    """The body is larger than 64 KiB, or than 1 MiB where many things are sent at once."""


class CreditExhausted(Problem):
    """Credit exhausted: <balance> minor units do not cover this charge. Charge less, or add credit."""

    balance: int


class CreditTooLarge(Problem):
    """Credit too large: the balance may not exceed <largest> minor units. Add less."""

    largest: int


class CurrencyMismatch(Problem):
    """Currency mismatch: the credit of this account is in <currency>. Send the amount in <currency>."""

    currency: str


class EmailTaken(Problem):
    """E-mail address taken: another member of this account has <email>. Use another address."""

    email: str


class ExpectationFailed(Problem):
    """The only supported expectation is 100-continue."""


class ExternalIdTaken(Problem):
    """External id taken: another <resource> has <external_id>. Use another one, or change that <resource> first."""

    resource: Literal["account", "plan", "member"]
    external_id: str


class GraceRunning(Problem):
    """Grace running: until <ends_at> nobody can join, as too many are members. Remove members, or change the plan."""

    ends_at: str


class GrantNotFound(Problem):
    """Grant not found: no grant with this id is in force. Check the id."""


class IdempotencyKeyReused(Problem):
    """This Idempotency-Key was used with another request. Use a new key."""


class IncompleteBody(Problem):
    """The connection was closed before the body was complete."""


class InsufficientScope(Problem):
    """This key may not do that: it lacks the scope <required>. Use a key that has it."""

    required: str


class InternalError(Problem):
    """An unexpected error occurred. The log has it under this request_id."""


class InvalidRequest(Problem):
    """The request is invalid: see `errors`."""

    errors: list[FieldProblem]


class InvitationNotFound(Problem):
    """Invitation not found: nothing is known of this id or token. Check it, or ask for a new invitation."""


class InvitationOver(Problem):
    """Invitation over: it is <outcome>. Ask for a new invitation."""

    outcome: InvitationStatus


class JournalReplaced(Problem):
    """Another journal is served, which has other events after <last_shared_position>: read on after that position."""

    journal_id: str
    last_shared_position: int


class KeyExpired(Problem):
    """Key expired: the key <key_id> ended at <expires_at>. Create another key."""

    key_id: str
    expires_at: str


class KeyNotFound(Problem):
    """Key not found: no API key has this id. Check the id."""


class KeyRevoked(Problem):
    """Key revoked: the key <key_id> was revoked for ever. Create another key."""

    key_id: str


class LastAdmin(Problem):
    """Last admin: an account needs at least one admin. Make another member an admin first."""


class MalformedRequest(Problem):
    """Only HTTP/1.0 and HTTP/1.1 are supported, without CONNECT."""


class MemberFrozen(Problem):
    """Member frozen: a frozen member holds no seat. Make room first: remove a member, or change the plan."""


class MemberNotFound(Problem):
    """Member not found: no member of this account has this id. Check the id."""


class MetadataTooLarge(Problem):
    """Metadata too large: <entries> entries and <size> bytes, of <most_entries> and <most_bytes>. Remove some."""

    entries: int
    size: int
    most_entries: int
    most_bytes: int


class MethodNotAllowed(Problem):
    """This resource does not support the method; the Allow header lists those that it does."""


class NoSeatLeft(Problem):
    """Seat limit reached: <total_seats> of <total_seats> seats are taken. Free a seat, or change the plan."""

    total_seats: int


class NotFound(Problem):
    """There is no resource at this path."""


class NotReady(Problem):
    """The service does not serve writes now; the detail says why."""


class NotStored(Problem):
    """The command could not be stored. Nothing was changed: try again."""


class OriginNotAllowed(Problem):
    """The service does not answer to this Host or Origin. Without keys it answers to localhost and to its own pages."""


class OutcomeUnknown(Problem):
    """The commit failed half-way: the command was carried out or not. Send it again with the same Idempotency-Key."""


class OverLimit(Problem):
    """Plan too small: <excess.members> members and <excess.seats> seats too many. Remove members, or free seats."""

    excess: TooMany


class Overloaded(Problem):
    """The service is busy. Nothing was changed: try again."""


class PlanExists(Problem):
    """Plan id taken: a plan with the id <plan_id> exists already. Use another id."""

    plan_id: str


class PlanNotFound(Problem):
    """Plan not found: no plan has this id. Check the id."""


class PlanRetired(Problem):
    """Plan retired: the plan <plan_id> is not for sale. Choose another plan, or reinstate this one."""

    plan_id: str


class QueryTooSlow(Problem):
    """The query took too long. Ask for less."""


class ReceiptNotFound(Problem):
    """There is no stored answer for this idempotency key."""


class RequestTimeout(Problem):
    """The request did not arrive in time."""


class StorageDown(Problem):
    """The storage is not ready. Nothing was changed: try again."""


class StorageFull(Problem):
    """The disk is full. Nothing was changed: try again later."""


class StreamDamaged(Problem):
    """The stored data of this resource is damaged."""


class TooManyRequests(Problem):
    """There were more requests with this key, or wrong keys from this address, than the limit. Wait for Retry-After."""


class TooManyWebhooks(Problem):
    """Too many webhooks: there are <limit> already. Delete one that is not needed, or give one more types."""

    limit: int


class Unauthenticated(Problem):
    """This call needs a key that works: send `Authorization: Bearer sk_...`."""


class UnsupportedMediaType(Problem):
    """Send the body as application/json, in UTF-8, without a Content-Encoding."""


class UserLimitReached(Problem):
    """User limit reached: <user_limit> of <user_limit> member slots are taken. Remove a member, or change the plan."""

    user_limit: int


class VersionMismatch(Problem):
    """Version mismatch: the current version is <current_version>. Read it again, then repeat the change."""

    current_version: int


class WebhookNotFound(Problem):
    """Webhook not found: no webhook has this id, or it was deleted. Check the id."""

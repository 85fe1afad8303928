"""The glossary of the OpenAPI document: what each field means, in plain words, and an example of it.

A field is looked up as `Struct.field`, then as `field`. What a type says of itself
(http/fields.py) comes after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

REQUEST_ID = "019b5c40-11aa-7b6c-8f01-3d5e7a9c1b24"

_ACCOUNT = "019b5c3e-8a10-7c3e-9b1d-2f4a6c8e0a12"
_MEMBER = "019b5c3e-8a10-7d44-a2c7-6b8d0f1e3c57"
_TEAM = "00000000-0000-7000-8000-000000000002"
_STARTED, _LATER, _AHEAD = "2026-11-22T18:12:00.000Z", "2026-11-23T09:30:00.000Z", "2026-12-06T18:12:00.000Z"


class Entry(NamedTuple):
    """What a field means, and what it may hold; None for what examples leave out or make of its type."""

    description: str
    example: object = None


MADE = object()
"""The example of a field that is made of the field's own type."""

GLOSSARY: Mapping[str, Entry] = {
    # things and their ids
    "account_id": Entry("The id of the account.", _ACCOUNT),
    "member_id": Entry("The id of the member.", _MEMBER),
    "plan_id": Entry("The id of the plan.", _TEAM),
    "invitation_id": Entry("The id of the invitation.", "019b5c41-02b7-7a10-b3f4-8c0e2d4f6a68"),
    "grant_id": Entry("The id of the grant.", "019b5c42-51c8-7f21-84a5-9d1f3e507b79"),
    "webhook_id": Entry("The id of the webhook.", "019b5c43-60d9-7032-95b6-ae204f618c8a"),
    "key_id": Entry("The id of the API key.", "019b5c447fea714386c7bf315a729d9b"),
    "timer_id": Entry("The id of the timer.", "019b5c3e-8a10-7c3e-9b1d-2f4a6c8e0a12:trial-ends"),
    "journal_id": Entry("The id of the journal that the positions belong to.", "019b5c00aa4b7c5d8e6f70819203a4b5"),
    "message_id": Entry("The `webhook-id` of the message, the same for each try.", "msg_019b5c00aa4b7c5d_42"),
    "request_id": Entry("The id of the request in the log.", REQUEST_ID),
    "stream_id": Entry("The aggregate that the event belongs to: its kind, and its id.", f"account-{_ACCOUNT}"),
    "NewPlan.plan_id": Entry("The id of the new plan, a UUIDv7. The service makes one if it is left out."),
    "OtherPlan.plan_id": Entry("The plan to move to, which is for sale."),
    "NewSignUp.plan_id": Entry("The plan to sign up to, which is for sale."),
    "external_id": Entry("The id that another system has for it; null if none has.", "crm-1815"),
    "metadata": Entry("Texts by name, for the clients' own use.", {"sold_by": "Charles"}),
    "user_external_id": Entry("The external id of the first member."),
    "user_metadata": Entry("The metadata of the first member."),
    # plans
    "name": Entry("The name.", "Ada Lovelace"),
    "PlanSummary.name": Entry("The name of the plan.", "Team"),
    "ApiKeySummary.name": Entry("What the key is for.", "Backend"),
    "type": Entry("The type.", "member.added"),
    "NewPlan.type": Entry("The kind of plan, in a word of your own: letters, digits, - and _.", "team"),
    "PlanChange.type": Entry("The kind of plan, in a word of your own: letters, digits, - and _."),
    "PlanSummary.type": Entry("The kind of plan, in a word.", "team"),
    "EventView.type": Entry("The type of the event.", "member.added"),
    "DryRunEvent.type": Entry("The type of the event.", "member.added"),
    "package": Entry("What the plan sells.", MADE),
    "total_seats": Entry("How many seats there are.", 10),
    "user_limit": Entry("How many members there may be: the member slots.", 25),
    "overage": Entry("Whether more may be taken than the package has: none (`refuse`), any number, or a part of it."),
    "percent": Entry("How many hundredths of the limit.", 10),
    "days": Entry("How many days the trial lasts.", 14),
    "then": Entry("What comes after the trial: a suspension, nothing, or another plan.", "suspend"),
    "revision": Entry("The number of the plan's package: each change of it is a new one.", 1),
    "PlanSummary.trial": Entry("The trial that a sign-up to this plan starts; null if it has none.", MADE),
    "NewPlan.trial": Entry("The trial that a sign-up to this plan starts."),
    "PlanChange.trial": Entry("The trial that a sign-up to this plan starts from now on; null takes it away."),
    "NewSignUp.trial": Entry("False to begin without the trial of the plan."),
    # accounts and members
    "account_name": Entry("The name of the account.", "Analytical Engines"),
    "account": Entry("The account.", MADE),
    "member": Entry("The member.", MADE),
    "plan": Entry("The plan that the account is on.", MADE),
    "AccountSummary.members": Entry("The member slots: how many are used, held and there.", MADE),
    "AccountSummary.seats": Entry("The seats: how many are used, held and there.", MADE),
    "AccountLimits.members": Entry("The member slots.", MADE),
    "AccountLimits.seats": Entry("The seats.", MADE),
    "Excess.members": Entry("How many members are too many.", 2),
    "Excess.seats": Entry("How many taken seats are too many.", 0),
    "ManyMembers.members": Entry("The members to add, 1,000 at most."),
    "members": Entry("How many member slots.", 5),
    "seats": Entry("How many seats.", 0),
    "WayToOneMore.members": Entry("How many member slots the command has to bring at least.", 1),
    "WayToOneMore.seats": Entry("How many seats the command has to bring at least."),
    "count": Entry("How many members there are.", 1),
    "held": Entry("How many pending invitations hold.", 0),
    "MemberSlots.limit": Entry("How many there may be.", 25),
    "taken": Entry("How many are taken.", 0),
    "total": Entry("How many there are.", 10),
    "credit": Entry("The balance of the account.", MADE),
    "amount": Entry("The amount in minor units, such as cents.", 1250),
    "CreditChange.amount": Entry("The amount to add; a negative one charges."),
    "Reason.amount": Entry("How much this part adds; null where there is no end of it.", 25),
    "currency": Entry("The currency, as ISO 4217 writes it.", "EUR"),
    "NewSignUp.currency": Entry("The currency of the account's credit; that of the service if it is left out."),
    "AccountSummary.trial": Entry("The trial that runs, null if none does."),
    "scheduled_change": Entry("The change of plan that waits for its day, if there is one."),
    "grace": Entry("Until when the limits of before go on, if they do."),
    "effective_at": Entry("When the plan changes.", _AHEAD),
    "OtherPlan.effective_at": Entry("When to change, a time that lies ahead; now if it is left out."),
    "OtherPlan.excess": Entry("What to do with what does not fit: refuse the change, freeze, or grant a grace first."),
    "OtherPlan.grace_seconds": Entry("How long the old limits go on, with `grace`; a week if it is left out."),
    "OtherPlan.keep": Entry("The ids of members who are frozen last."),
    "ScheduledChangeSummary.excess": Entry("What happens to what does not fit.", "freeze"),
    "OverLimit.excess": Entry("How much does not fit.", {"members": 2, "seats": 0}),
    "keep": Entry("The ids of members who are frozen last.", [_MEMBER]),
    "email": Entry("The e-mail address; null if there is none.", "ada@example.com"),
    "user_email": Entry("The e-mail address of the first member."),
    "role": Entry("What the member may do in your product. An account has at least one admin.", "admin"),
    "seated": Entry("Whether the member has a seat.", example=False),
    "NewMember.seated": Entry("Whether the member gets a seat at once."),
    "NewInvitation.seated": Entry("Whether the invitation holds a seat, which the member then gets."),
    "InvitationSummary.email": Entry("The e-mail address of who is invited.", "charles@example.com"),
    "InvitationSummary.role": Entry("The role that the member will have.", "member"),
    "NewInvitation.role": Entry("The role that the member will have."),
    "InvitationSummary.seated": Entry("Whether the invitation holds a seat.", example=True),
    "joined_at": Entry("When the member joined.", _STARTED),
    "atomic": Entry("Whether one refusal refuses all."),
    "results": Entry("What became of each, in the order in which they were sent.", MADE),
    "Result.problem": Entry("Why this one was refused; left out for one that was added."),
    "Result.member": Entry("The member; left out for one that was refused.", MADE),
    "Result.status": Entry("The status, as if it had come alone.", 201),
    "reason": Entry("Why, in your own words, for readers of the events.", "The customer asked for it"),
    # invitations, grants, trials
    "invitation": Entry("The invitation.", MADE),
    "token": Entry(
        "The token to accept the invitation with. Only the first answer has it: it is null in a repeated one.",
        "inv_019b5c3e8a107c3e9b1d2f4a6c8e0a12_019b5c4102b77a10b3f48c0e2d4f6a68_" + "A" * 43,
    ),
    "Acceptance.token": Entry("The token that came with the invitation."),
    "expires_at": Entry("When it ends by itself; null if it does not.", _AHEAD),
    "NewApiKey.expires_at": Entry("When the key ends by itself, a time that lies ahead; never, if it is left out."),
    "NewGrant.expires_at": Entry("When the grant ends by itself, a time that lies ahead; never, if it is left out."),
    "expires_in_seconds": Entry("After how many seconds the invitation expires."),
    "ends_at": Entry("When it ends.", _AHEAD),
    "GrantSummary.members": Entry("How many member slots it adds; fewer, if it is negative.", 5),
    "GrantSummary.seats": Entry("How many seats it adds; fewer, if it is negative.", 0),
    "NewGrant.members": Entry("How many member slots to add; a negative number takes some away."),
    "NewGrant.seats": Entry("How many seats to add; a negative number takes some away."),
    # limits
    "limit": Entry("How many there may be.", 25),
    "used": Entry("How many are used.", 1),
    "frozen": Entry("How many members wait for one.", 0),
    "free": Entry("How many more may be taken now; null where there is no end of them.", 24),
    "because": Entry("The parts that the limit is the sum of.", MADE),
    "ways": Entry("The cheapest ways to one more.", MADE),
    "source": Entry("Where this part comes from.", "plan"),
    "Reason.plan_id": Entry("The plan, where it comes from a plan.", _TEAM),
    "Reason.revision": Entry("The revision of the plan's package.", 1),
    "Reason.grant_id": Entry("The grant, where it comes from a grant."),
    "Reason.reason": Entry("The reason of the grant."),
    "Reason.ends_at": Entry("When this part ends."),
    "Reason.position": Entry("The position of the event that made it; null if it is not known any more.", 4),
    "command": Entry("What to do.", "make-grant"),
    "WayToOneMore.invitation_id": Entry("The invitation to revoke."),
    "WayToOneMore.member_id": Entry("The member to remove, or whose seat to take back."),
    # the past and the feed
    "version": Entry("The count of its changes, which is its `ETag`.", 2),
    "EventView.version": Entry("The count of the event in its stream.", 2),
    "State.version": Entry("The version of the account then; 0 if it did not exist.", 2),
    "StoredAnswerView.version": Entry("The version in the answer's `ETag`; null if it has none.", 2),
    "current_version": Entry("The version that is stored now.", 3),
    "position": Entry("The count of the event in the whole journal.", 5),
    "State.position": Entry("The position of the last event by then; 0 if there was none.", 5),
    "StoredAnswerView.position": Entry("The position in the answer's header; null if it has none.", 5),
    "WebhookSummary.position": Entry("The position up to which all is delivered or given up; null if not known here."),
    "last_position": Entry("The position to ask for the next page after.", 5),
    "last_shared_position": Entry("The last position at which both journals are the same.", 41),
    "recorded_at": Entry("When it was stored.", _STARTED),
    "data": Entry("What the event says, by the names of its fields.", {"member_id": _MEMBER, "name": "Ada Lovelace"}),
    "context": Entry("Who caused it; null for events of older releases.", MADE),
    "actor": Entry("Who did it: an API key, a timer, the console.", "key:019b5c447fea714386c7bf315a729d9b"),
    "traceparent": Entry(
        "The place in a trace from which the command came, as W3C Trace Context has it.",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ),
    "on_behalf_of": Entry("The user for whom a backend acted.", "user-1815"),
    "from": Entry("The account at the first moment.", MADE),
    "to": Entry("The account at the second moment.", MADE),
    "State.account": Entry("The account as it was; null if it did not exist.", MADE),
    "says": Entry("What happened, in a sentence.", "Ada Lovelace joined as member."),
    "event": Entry("The event.", MADE),
    "items": Entry("What is on this page.", MADE),
    "next_cursor": Entry("The `cursor` of the next page; null on the last one."),
    "kind": Entry("What will happen.", "trial-ends"),
    "due_at": Entry("When it will happen.", _AHEAD),
    "subject": Entry("What it will happen to.", _ACCOUNT),
    # API keys
    "scopes": Entry("What the key may do.", ["plans:read", "accounts:write"]),
    "rate_limit": Entry("How many requests a second it may make; null for any number.", 50),
    "api_key": Entry("The API key.", MADE),
    "secret": Entry(
        "The whole key, for `Authorization: Bearer`. Only the first answer has it: it is null in a repeated one.",
        "sk_019b5c447fea714386c7bf315a729d9b_" + "A" * 43,
    ),
    "WebhookWithSecret.secret": Entry(
        "What signatures are checked with. Only the first answer has it: it is null in a repeated one.",
        "whsec_" + "A" * 43 + "=",
    ),
    "last_used_at": Entry("When it was used last, give or take a minute; null if it never was.", _LATER),
    "overlap_seconds": Entry("For how many seconds the old secret works beside the new one."),
    "required": Entry("The scope that the key lacks.", "accounts:write"),
    # webhooks
    "webhook": Entry("The webhook.", MADE),
    "url": Entry("Where events are delivered to.", "https://example.com/seatkeeper"),
    "types": Entry("The types of events that are delivered; `member.*` stands for all of a kind.", ["member.*"]),
    "disabled_because": Entry("Why nothing is delivered any more; null if it is not disabled."),
    "last_failure": Entry("The newest delivery that failed; null if none did."),
    "NewWebhook.after": Entry("Deliver the events after this position; from now on, if it is left out."),
    "Replay.after": Entry("Deliver the events after this position."),
    "at": Entry("When it was sent.", _LATER),
    "milliseconds": Entry("How long it took.", 87),
    "error": Entry("Why there was no answer; null if there was one."),
    "delivered": Entry("Whether the receiver took it: it answered with a 2xx.", example=True),
    "attempt": Entry("Which try it was, counted from 1.", 1),
    "attempts": Entry("The tries, the first one first.", MADE),
    "outcome": Entry("What came of it.", "delivered"),
    "InvitationOver.outcome": Entry("How the invitation ended.", "expired"),
    "next_at": Entry("When it is tried again; null if it is not."),
    # answers about answers, and problems
    "status": Entry("The state it is in.", "active"),
    "InvitationSummary.status": Entry("The state it is in.", "pending"),
    "DeliveryView.status": Entry("The state it is in.", "delivered"),
    "Health.status": Entry("Always `ok`.", "ok"),
    "Problem.status": Entry("The status of the answer.", 409),
    "EntryProblem.status": Entry("The status, as if it had come alone.", 409),
    "StoredAnswerView.status": Entry("The status of the stored answer.", 200),
    "DryRunAccepted.status": Entry("The status that the answer would have."),
    "LastFailure.status": Entry("The status of the receiver's answer; null if there was none.", 500),
    "Ping.status": Entry("The status of the receiver's answer; null if there was none.", 204),
    "AttemptView.status": Entry("The status of the receiver's answer; null if there was none.", 204),
    "created_at": Entry("When it was made.", _STARTED),
    "key": Entry("The `Idempotency-Key`.", "invoice-7"),
    "location": Entry("The `Location` of the answer; null if it has none.", f"/v1/accounts/{_ACCOUNT}"),
    "body": Entry("The body of the answer; null if it has none.", {"account_id": _ACCOUNT}),
    "accepted": Entry("Whether the command would be accepted.", example=False),
    "answer": Entry("What the call would answer; null where that is not known beforehand, or is nothing."),
    "events": Entry("The events that it would store; none if nothing would change."),
    "problem": Entry("The problem that the call would answer with.", MADE),
    "Problem.type": Entry("The type of the problem, which is also the address of its page.", "/problems/no-seat-left"),
    "EntryProblem.type": Entry("The type of the problem, which is also the address of its page."),
    "title": Entry("The type, in words.", "No seat left"),
    "detail": Entry(
        "What is wrong, and what to do.",
        "Seat limit reached: 10 of 10 seats are taken. Free a seat, or change the plan.",
    ),
    "instance": Entry("The path that was asked.", f"/v1/accounts/{_ACCOUNT}/members/{_MEMBER}/seat"),
    "errors": Entry("What is wrong where, for an invalid request."),
    "FieldProblem.detail": Entry("What is expected there."),
    "pointer": Entry("The place in the request, as a JSON pointer."),
    "index": Entry("The place of the entry that is refused, counted from 0, where many are sent at once."),
    "resource": Entry("The kind of thing that has it.", "account"),
    "balance": Entry("The balance of the account, in minor units.", 300),
    "largest": Entry("The largest balance, in minor units.", 2**53 - 1),
    "latest": Entry("The latest time that the clock may show.", "9999-12-31T23:59:59.999Z"),
    "entries": Entry("How many entries there would be.", 51),
    "size": Entry("How many bytes there would be, in UTF-8.", 3_000),
    "most_entries": Entry("How many entries there may be.", 50),
    "most_bytes": Entry("How many bytes there may be, in UTF-8.", 8_192),
    "TooManyWebhooks.limit": Entry("How many webhooks there may be.", 100),
    "now": Entry("The time that the clock shows.", _LATER),
    "advance_seconds": Entry("How many seconds to move the clock on."),
}


def entry_of(struct: str, field: str) -> Entry | None:
    """Find what is said of a field; None if nothing is."""
    return GLOSSARY.get(f"{struct}.{field}") or GLOSSARY.get(field)


def example_of(struct: str, field: str) -> object:
    """Return an example of a field whose value is no struct of its own."""
    entry = entry_of(struct, field)
    if entry is None:
        message = f"the glossary has no entry for {struct}.{field}"
        raise LookupError(message)
    return entry.example

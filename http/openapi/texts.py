"""The texts of the OpenAPI document that are not in the route table: headers, query parameters and examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seatkeeper.actors.access.scopes import SCOPES

Schema = dict[str, object]

ABOUT = (
    "Signs customers up to plans and manages their seats. A 2xx means that the events are in the journal and on the "
    "disk. Errors are problems (RFC 9457) with a stable `type`. Two problems belong to no call: 404 "
    "`/problems/not-found` for a path without a resource, and 405 `/problems/method-not-allowed`, with `Allow`, for a "
    "method that a resource does not support. A request that is not well-formed HTTP gets a 400 in plain text, and its "
    "connection is closed. A call needs an API key with its scope, unless its security is empty; a service on loopback "
    "that has never had a key is open. The answers of a key with a rate limit have `RateLimit-Policy` and `RateLimit`. "
    "Every path takes OPTIONS, and answers of 1 KiB and more are compressed for who accepts gzip."
)

REFERENCE = "#/components/schemas/{name}"
EXAMPLE = "#/components/examples/{name}"

POSITION, JOURNAL, REPLAYED = "Seatkeeper-Position", "Seatkeeper-Journal", "Idempotency-Replayed"

HEADERS_OF_ERRORS: Mapping[int, Sequence[str]] = {
    401: ("WWW-Authenticate",),
    412: ("ETag",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}

HEADERS: Mapping[str, Schema] = {
    "ETag": {
        "description": "The aggregate's version, in quotes.",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
    },
    POSITION: {
        "description": "The position of the aggregate's last event in the journal.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "ETag.Unless-Dry": {
        "description": "The aggregate's version, in quotes. A dry run has none.",
        "required": False,
        "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
    },
    f"{POSITION}.Unless-Dry": {
        "description": "The position of the aggregate's last event in the journal. A dry run has none.",
        "required": False,
        "schema": {"type": "integer", "minimum": 1},
    },
    JOURNAL: {
        "description": "The id of the journal that positions belong to.",
        "required": True,
        "schema": {"type": "string"},
    },
    REPLAYED: {
        "description": "true when this answer was already given to a request with the same Idempotency-Key.",
        "required": False,
        "schema": {"type": "string", "const": "true"},
    },
    "Location": {
        "description": "The path of the new resource.",
        "required": True,
        "schema": {"type": "string", "pattern": "^/v1/"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "How to authenticate.",
        "required": True,
        "schema": {"type": "string", "const": "Bearer"},
    },
    "X-Request-Id": {
        "description": "The id of this request in the log: the one that was sent, or a new one.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
}

QUERY: Mapping[str, str] = {
    "limit": "The number of items on a page, at most.",
    "cursor": "The next_cursor of the previous page.",
    "status": "Only items with this status.",
    "plan_id": "Only accounts on this plan.",
    "external_id": "Only what has this external id.",
    "q": "Only what has this text in its name, or in the e-mail address of a member, in any case.",
    "members_free_at_most": "Only accounts with at most so many free member slots.",
    "seats_free_at_most": "Only accounts with at most so many free seats.",
    "sort": "The order: when the accounts were opened, with - the newest first, or their names in small letters.",
    "role": "Only members with this role.",
    "seated": "Only members with a seat, or only those without.",
    "email": "Only members with this e-mail address, compared as the service compares them.",
    "as_of": "As it was then: a time (RFC 3339), or a position of the journal. What lies ahead is now.",
    "from": "The moment that the list starts after: a time (RFC 3339), or a position of the journal.",
    "to": "The moment up to which it goes; now, if it is left out.",
    "of": "The id of the API key that the command came with; without it, one's own. It needs the scope `admin`.",
    "after": "The feed starts after this position; without it, the stream starts now.",
    "types": "Only events of these types: a list, separated by commas, of types and of prefixes like member.*.",
    "account_id": "Only events of this account.",
    "actor": "Only events that this actor caused, as their context names it: key:<key_id>, open, timer.",
    "dry_run": "Only say what would come of it, as things are now: nothing is stored, and no key is looked at.",
    "journal_id": "The journal that the position belongs to: 409 if what is served is not the same up to there.",
}

IF_MATCH: Schema = {
    "name": "If-Match",
    "in": "header",
    "description": "The version that the aggregate must have, in quotes; 412 if it has another one. In a list, any of"
    " the versions matches; * matches every version.",
    # No anyOf: generators of clients take only plain types in a header.
    "schema": {"type": "string", "pattern": r'^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$'},
    "examples": {
        "any": {"summary": "any version", "value": "*"},
        "the third": {"summary": "the third", "value": '"3"'},
        "the third or fourth": {"summary": "the third or the fourth", "value": '"3", "4"'},
    },
}

IF_NONE_MATCH: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of the answer that the client has, or a list of them; 304 if it is still the current one.",
    "schema": {"type": "string"},
    "examples": {"the third": {"summary": "the third", "value": '"3"'}},
}

ON_BEHALF_OF: Schema = {
    "name": "Seatkeeper-On-Behalf-Of",
    "in": "header",
    "description": "For which user of the customer a backend acts. It stands in the context of the events.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}

SCHEME = "key"

SECURITY_SCHEMES: Schema = {
    SCHEME: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "sk_<key id>_<secret>",
        "description": "An API key. What stands in the `security` of a call is the scope that the key needs: "
        + ", ".join(f"`{scope}`" for scope in SCOPES)
        + ". A write scope includes its read scope, and `admin` all others.",
    }
}

LAST_EVENT_ID: Schema = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "The id of the last event that the client has: the stream goes on after it. It wins over `after`.",
    "schema": {"type": "string", "pattern": "^[0-9]{1,19}$"},
}

KEY: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}

_TEAM = "00000000-0000-7000-8000-000000000002"
EXAMPLES: Mapping[str, Schema] = {
    "NewApiKey": {"name": "Backend", "scopes": ["plans:read", "accounts:write"], "rate_limit": 50},
    "Rotation": {"overlap_seconds": 3600},
    "NewPlan": {
        "name": "Studio",
        "type": "studio",
        "package": {"total_seats": 5, "user_limit": 8},
        "external_id": "price_studio",
        "trial": {"days": 14, "then": "suspend"},
    },
    "PlanChange": {"name": "Studio Plus", "metadata": {"sold_in": "EU"}},
    "Package": {"total_seats": 6, "user_limit": 10},
    "NewSignUp": {
        "account_name": "Analytical Engines",
        "user_name": "Ada Lovelace",
        "plan_id": _TEAM,
        "user_email": "ada@example.com",
        "metadata": {"sold_by": "Charles"},
    },
    "AccountChange": {"external_id": "crm-1815", "metadata": {"sold_by": None}},
    "OtherPlan": {"plan_id": _TEAM},
    "TrialEnd": {"ends_at": "2036-12-01T00:00:00Z"},
    "NewInvitation": {"email": "charles@example.com", "role": "member", "seated": True},
    "Renewal": {"expires_in_seconds": 86_400},
    "NewGrant": {"members": 5, "reason": "The customer asked for a summer", "expires_at": "2036-09-01T00:00:00Z"},
    "Acceptance": {
        "token": "inv_0190000000007000800000000000000a_0190000000007000800000000000000b_" + "A" * 43,
        "name": "Charles Babbage",
    },
    "ManyMembers": {"members": [{"name": "Charles Babbage"}, {"name": "Mary Somerville", "seated": True}]},
    "CreditChange": {"amount": {"amount": 1250, "currency": "EUR"}, "reason": "Invoice 7 was paid"},
    "WithReason": {"reason": "The customer asked for it"},
    "NewMember": {"name": "Charles Babbage", "email": "charles@example.com", "role": "member", "seated": True},
    "MemberChange": {"role": "admin", "external_id": "user-2"},
    "NewWebhook": {"url": "https://example.com/seatkeeper", "types": ["member.*", "account.opened"]},
    "WebhookChange": {"types": ["*"]},
    "SecretRotation": {"overlap_seconds": 3600},
    "Replay": {"after": 0},
    "Advance": {"advance_seconds": 14 * 86_400},
}

WHOLE: Mapping[str, object] = {
    "/openapi.json": {"openapi": "3.1.0", "info": {"title": "Seatkeeper", "version": "0.1.0"}},
    "/metrics": "# HELP seatkeeper_ready 1 when writes are served.\nseatkeeper_ready 1.0\n",
    "/v1/events/stream": 'id: 5\nevent: member.added\ndata: {"position":5,"type":"member.added"}\n\n',
}
"""Examples of answers that are of no struct, by path."""

TAGS: Mapping[str, tuple[str, str]] = {
    "plans": ("Plans", "What is for sale: plans, and the package that each of them sells."),
    "signups": ("Sign-ups", "A new account on a plan, with its first member."),
    "accounts": ("Accounts", "What a customer bought: accounts, their state and their credit."),
    "members": ("Members and seats", "Who is in an account, with which role, and who has a seat."),
    "many": ("Many members at once", "Up to 1,000 members in one request."),
    "invitations": ("Invitations", "Who is invited: an invitation holds a member slot, and a seat too if it says so."),
    "terms": ("Change of plan, and trials", "Which plan an account is on, now and later, and its trial."),
    "grants": ("Grants", "Seats and member slots beside those of the plan, for ever or for a time."),
    "limits": ("Limits", "Why the limits of an account are what they are, and the ways to one more."),
    "past": ("The past of an account", "What changed between two moments, who did it and when."),
    "timers": ("Timers", "What will happen to an account by itself."),
    "api_keys": ("API keys", "Who may do what: keys with scopes."),
    "events": ("Events", "The journal: every event, in the order of the commits."),
    "webhooks": ("Webhooks", "Events that are delivered to an address of yours."),
    "deliveries": ("Deliveries", "What became of each delivery of a webhook."),
    "receipts": ("Receipts", "The stored answer to an idempotency key."),
    "clock": ("The clock of a sandbox", "The time, which clients can move on in a sandbox."),
    "operations": ("Operations", "For operators: health, metrics, and this document."),
}
"""The groups of calls: a title for each, and what it is about."""


def headers(*names: str) -> Schema:
    """Return references to these headers; what is behind a dot tells apart those of the same name."""
    return {name.partition(".")[0]: {"$ref": f"#/components/headers/{name}"} for name in names}


NOT_MODIFIED: Schema = {"description": "The client has the current version.", "headers": headers("ETag")}

"""What the OpenAPI document says of headers, queries and examples, beside the route table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Schema = dict[str, object]

ABOUT = (
    "Signs customers up to plans and keeps their seats. A 2xx means: the events are in the journal, and the disk has "
    "confirmed it. Every error is a problem (RFC 9457) with a stable `type`, also those that belong to no call: 404 "
    "`/problems/not-found` for an address that is not here, and 405 `/problems/method-not-allowed`, with `Allow`, for "
    "a method that the address does not know."
)

POSITION, REPLAYED = "Seatkeeper-Position", "Idempotency-Replayed"

HEADERS_OF_ERRORS: Mapping[int, Sequence[str]] = {412: ("ETag",), 503: ("Retry-After",)}

HEADERS: Mapping[str, Schema] = {
    "ETag": {
        "description": "The aggregate's version, in quotes.",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
    },
    POSITION: {
        "description": "The journal's position of its last event.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    REPLAYED: {
        "description": "There, and true, when this is the answer that the same Idempotency-Key was given before.",
        "required": False,
        "schema": {"type": "string", "const": "true"},
    },
    "Location": {
        "description": "Where what was made can be read.",
        "required": True,
        "schema": {"type": "string", "pattern": "^/v1/"},
    },
    "Retry-After": {
        "description": "Seconds after which it is worth another try.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "X-Request-Id": {
        "description": "What the log calls this request: the one that was sent, or one made here.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
}

QUERY: Mapping[str, str] = {
    "limit": "How many items a page holds, at most.",
    "cursor": "The next_cursor of the page before.",
    "status": "Only those with this status.",
    "plan_id": "Only those on this plan.",
    "q": "Only those whose name holds this, in any case.",
    "after": "The position behind which the feed goes on.",
}

TAGS: Mapping[str, Schema] = {"any": {"value": "*"}, "the third": {"value": '"3"'}}

KEY: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}

_TEAM = "00000000-0000-7000-8000-000000000002"
EXAMPLES: Mapping[str, Schema] = {
    "NewPlan": {"name": "Studio", "type": "studio", "package": {"total_seats": 5, "user_limit": 8}},
    "PlanChange": {"name": "Studio Plus"},
    "Package": {"total_seats": 6, "user_limit": 10},
    "NewSignUp": {
        "account_name": "Analytical Engines",
        "user_name": "Ada Lovelace",
        "plan_id": _TEAM,
        "user_email": "ada@example.com",
    },
    "AccountChange": {"account_name": "Difference Engines"},
    "OtherPlan": {"plan_id": _TEAM},
    "CreditChange": {"amount": {"amount": 1250, "currency": "EUR"}, "reason": "Invoice 7 was paid"},
    "WithReason": {"reason": "The customer asked for it"},
    "NewMember": {"name": "Charles Babbage", "email": "charles@example.com", "role": "member", "seated": True},
    "MemberChange": {"role": "admin"},
}

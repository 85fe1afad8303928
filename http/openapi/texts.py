"""The texts of the OpenAPI document that are not in the route table: headers, query parameters and examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Schema = dict[str, object]

ABOUT = (
    "Signs customers up to plans and manages their seats. A 2xx means that the events are in the journal and on the "
    "disk. Errors are problems (RFC 9457) with a stable `type`. Two problems belong to no call: 404 "
    "`/problems/not-found` for a path without a resource, and 405 `/problems/method-not-allowed`, with `Allow`, for a "
    "method that a resource does not support. A request that is not well-formed HTTP gets a 400 in plain text, and its "
    "connection is closed."
)

REFERENCE = "#/components/schemas/{name}"

POSITION, REPLAYED = "Seatkeeper-Position", "Idempotency-Replayed"

HEADERS_OF_ERRORS: Mapping[int, Sequence[str]] = {412: ("ETag",), 503: ("Retry-After",)}

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
    "q": "Only accounts whose name contains this text, in any case.",
    "after": "The feed starts after this position.",
}

IF_MATCH: Schema = {
    "name": "If-Match",
    "in": "header",
    "description": "The version that the aggregate must have, in quotes; 412 if it has another one. In a list, any of"
    " the versions matches; * matches every version.",
    # No anyOf: generators of clients take only plain types in a header.
    "schema": {"type": "string", "pattern": r'^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$'},
    "examples": {"any": {"value": "*"}, "the third": {"value": '"3"'}, "the third or fourth": {"value": '"3", "4"'}},
}

IF_NONE_MATCH: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of the answer that the client has, or a list of them; 304 if it is still the current one.",
    "schema": {"type": "string"},
    "examples": {"the third": {"value": '"3"'}},
}

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


def headers(*names: str) -> Schema:
    """Return references to these headers."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


NOT_MODIFIED: Schema = {"description": "The client has the current version.", "headers": headers("ETag")}

"""What a console is looked at with: accounts, plans, webhooks and keys, made through the API."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import requests

from seatkeeper.http.console.book import PAGES
from tests.service import Service

FREE, TEAM, BUSINESS = (f"00000000-0000-7000-8000-00000000000{number}" for number in (1, 2, 3))

NOWHERE = "http://127.0.0.1:9/hooks"
"""Where nobody listens."""

OPTIONS = ("--webhook-http", "--webhook-private-addresses")

COMPANIES = (
    *("Alder & Finch", "Bluewater Freight", "Cobalt Studio", "Dunmore Dairy", "Eastgate Clinic", "Fernhill School"),
    *("Granite Climbing", "Harbour Lights", "Ivory Keys Music", "Juniper Books", "Kestrel Aviation", "Larkspur Yoga"),
    *("Maple Street Bakery", "Northwind Energy", "Orchard Software", "Pinewood Architects", "Quayside Law"),
    "Consolidated Railway Signalling and Telegraph Maintenance Company of the Northern Territories",
)
PEOPLE = ("Ada Brook", "Bilal Noor", "Chen Wei", "Dora Lind", "Emeka Obi", "Farah Aziz", "Greta Holm", "Hugo Marsh")


def done(answer: requests.Response) -> dict[str, dict[str, str]]:
    """Return what was answered to what has to succeed."""
    assert answer.ok, answer.text
    found: dict[str, dict[str, str]] = answer.json() if answer.content else {}
    return found


@dataclass
class World:
    """The ids of what was made."""

    account: str
    member: str
    plan: str
    webhook: str
    key: str
    reader: str
    """The secret of a key that may only read accounts and plans."""
    accounts: list[str] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        """The path of every page that is read, below the root of the service."""
        return [f"/console{path.format(**self.ids)}" for path in page_paths()]

    @property
    def ids(self) -> dict[str, str]:
        """What stands in those paths."""
        return {
            "account_id": self.account,
            "member_id": self.member,
            "plan_id": self.plan,
            "webhook_id": self.webhook,
            "key_id": self.key,
            "name": "sign_up",
        }


def page_paths() -> list[str]:
    """List the paths of the pages that a person reads: the others are parts of them."""
    parts = {"/overview/now", "/overview/tables", "/overview/points", "/journal/new"}
    return [page.path for page in PAGES if "GET" in page.methods and not page.open and page.path not in parts]


def later(**spans: int) -> str:
    """Write a time that lies ahead."""
    return (datetime.now(UTC) + timedelta(**spans)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def furnish(service: Service, hook: str = NOWHERE) -> World:
    """Make what an operator may find on some day; the webhook sends to `hook`."""
    webhook = done(service.post("/v1/webhooks", {"url": hook, "types": ["account.opened", "member.*"]}))
    key = done(service.post("/v1/api-keys", {"name": "Billing", "scopes": ["accounts:write", "events:read"]}))
    reader = done(service.post("/v1/api-keys", {"name": "Support", "scopes": ["accounts:read", "plans:read"]}))
    old = done(service.post("/v1/api-keys", {"name": "Import of 2025", "scopes": ["accounts:write"], "rate_limit": 20}))
    done(service.post(f"/v1/api-keys/{old['api_key']['key_id']}/revoke"))
    plan = done(
        service.post(
            "/v1/plans",
            {
                "name": "Enterprise",
                "type": "enterprise",
                "package": {"total_seats": 500, "user_limit": 1000, "overage": {"percent": 10}},
                "trial": {"days": 30, "then": "continue"},
                "external_id": "price_enterprise_2026",
                "metadata": {"list_price": "EUR 4,900 a month"},
            },
        )
    )["plan_id"]
    done(service.put(f"/v1/plans/{plan}/package", {"total_seats": 600, "user_limit": 1000}))
    accounts = [
        _open_account(service, number, (TEAM, BUSINESS, FREE, TEAM, str(plan))[number % 5]) for number in range(18)
    ]
    account, member = accounts[0]
    _live_in(service, account, member)
    done(service.post(f"/v1/accounts/{accounts[3][0]}/suspend", {"reason": "The invoice of October is not paid."}))
    done(service.post(f"/v1/accounts/{accounts[7][0]}/close", {"reason": "Moved to another product."}))
    return World(
        account,
        member,
        str(plan),
        webhook["webhook"]["webhook_id"],
        key["api_key"]["key_id"],
        str(reader["secret"]),
        [account_id for account_id, _ in accounts],
    )


def _open_account(service: Service, number: int, plan: str) -> tuple[str, str]:
    name, person = COMPANIES[number], PEOPLE[number % len(PEOPLE)]
    made = done(
        service.post(
            "/v1/signups",
            {
                "account_name": name,
                "user_name": person,
                "user_email": f"{person.partition(' ')[0].lower()}@{name.split()[0].lower()}.example",
                "plan_id": plan,
                "external_id": f"cus_{1000 + number}",
            },
        )
    )
    return made["account"]["account_id"], made["member"]["member_id"]


def _live_in(service: Service, account: str, admin: str) -> None:
    """Have an account live through all that there is."""
    path = f"/v1/accounts/{account}"
    done(service.put(f"{path}/members/{admin}/seat"))
    for number, person in enumerate(PEOPLE[1:]):
        first = person.partition(" ")[0].lower()
        body = {
            "name": person,
            "email": f"{first}@alder.example",
            "seated": number < 5,
            "role": "member" if number else "admin",
        }
        done(service.post(f"{path}/members", body))
    for name in ("iris", "jonas"):
        done(service.post(f"{path}/invitations", {"email": f"{name}@alder.example", "seated": name == "iris"}))
    done(service.post(f"{path}/grants", {"seats": 2, "reason": "A fair in spring", "expires_at": later(days=90)}))
    done(service.post(f"{path}/grants", {"members": 5, "reason": "Agreed with sales"}))
    done(service.post(f"{path}/credit", {"amount": {"amount": 25_000, "currency": "EUR"}, "reason": "Prepaid"}))
    done(service.put(f"{path}/plan", {"plan_id": BUSINESS, "effective_at": later(days=20)}))
    done(service.patch(path, {"metadata": {"region": "north", "contact": "ada@alder.example"}}))

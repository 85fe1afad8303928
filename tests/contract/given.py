"""What tests start from, made through the API: a plan, a customer, and the events that an act adds.

Ids and names are counted, not drawn: a failure is the same on the next run.
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

from tests.contract.ahead.shapes import Grant, Invitation, InvitationWithToken
from tests.contract.shapes import Account, Event, FeedPage, Member, Page, Plan, SignedUp, WebhookWithSecret, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import requests

    from tests.contract.calls import AccountCall
    from tests.service import Service

T = TypeVar("T")
NUMBERS = itertools.count(1)
HEADS: WeakKeyDictionary[Service, int] = WeakKeyDictionary()  # how far each journal has been read already
NOWHERE = "http://127.0.0.1:9/"  # the port of the discard service, where nothing listens
UNKNOWN_ID = "01900000-0000-7000-8000-ffffffffffff"


def an_id() -> str:
    """A UUIDv7 that no other test uses."""
    return f"01900000-0000-7000-8000-{next(NUMBERS):012x}"


def a_word() -> str:
    """A word that no other test uses."""
    return f"word{next(NUMBERS):06d}"


def a_plan(service: Service, *, seats: int = 2, users: int = 3, name: str = "Team") -> Plan:
    """A fresh plan with this package."""
    body = {"name": name, "type": "team", "package": {"total_seats": seats, "user_limit": users}}
    return answer(service.post("/v1/plans", body), 201, Plan)


def a_customer(service: Service, *, seats: int = 2, users: int = 3, currency: str | None = None) -> Customer:
    """A fresh account on a fresh plan with this package; Ada, who signed up, is its only member and admin."""
    return a_customer_of(service, a_plan(service, seats=seats, users=users), currency=currency)


def a_customer_of(
    service: Service, plan: Plan, *, account_name: str = "Analytical Engines", currency: str | None = None
) -> Customer:
    """A fresh account on this plan."""
    body = {"account_name": account_name, "user_name": "Ada", "plan_id": plan.plan_id}
    if currency is not None:
        body["currency"] = currency
    signed_up = answer(service.post("/v1/signups", body), 201, SignedUp)
    return Customer(service, signed_up.account.account_id, signed_up.member.member_id)


def a_webhook(service: Service) -> str:
    """The path of a fresh webhook, which nothing is sent to: it is for events that no test causes."""
    body = {"url": NOWHERE, "types": ["webhook.disabled"]}
    made = answer(service.post("/v1/webhooks", body), 201, WebhookWithSecret)
    return f"/v1/webhooks/{made.webhook.webhook_id}"


class Customer:
    """An account and the member who signed up; paths are relative to the account."""

    def __init__(self, service: Service, account_id: str, admin_id: str) -> None:
        self.service = service
        self.account_id = account_id
        self.admin_id = admin_id
        self.path = f"/v1/accounts/{account_id}"
        self.admin_path = f"/members/{admin_id}"

    def account(self) -> Account:
        """The account as it is now."""
        return answer(self.get(), 200, Account)

    def add(self, name: str = "Bob", **fields: object) -> Member:
        """Add a member."""
        return answer(self.post("/members", {"name": name, **fields}), 201, Member)

    def invite(self, email: str, **fields: object) -> tuple[Invitation, str]:
        """Invite somebody, and return the token too."""
        made = answer(self.post("/invitations", {"email": email, **fields}), 201, InvitationWithToken)
        assert made.token is not None
        return made.invitation, made.token

    def accept(self, token: str, name: str = "Guest", **fields: object) -> requests.Response:
        """Become a member by a token."""
        return self.service.post("/v1/invitations/accept", {"token": token, "name": name, **fields})

    def grant(self, **fields: object) -> Grant:
        """Grant something."""
        return answer(self.post("/grants", {"reason": "a test", **fields}), 201, Grant)

    def member(self, member_id: str) -> Member:
        """A member as it is now."""
        return answer(self.get(f"/members/{member_id}"), 200, Member)

    def members(self) -> list[Member]:
        """All the members."""
        return walk(self.service, f"{self.path}/members", Member, limit=200)

    def credit(self, amount: int, currency: str = "EUR") -> requests.Response:
        """Add to the credit, or charge it."""
        return self.post("/credit", {"amount": {"amount": amount, "currency": currency}, "reason": "a test"})

    def events(self) -> list[Event]:
        """All the events, oldest first."""
        return walk(self.service, f"{self.path}/events", Event, limit=200)

    @contextmanager
    def new_events(self) -> Iterator[list[Event]]:
        """A list that holds, once the block is left, the events that it added to the account."""
        with _added(self.events) as events:
            yield events

    def send(self, call: AccountCall, ids: Mapping[str, str], *, if_match: str | None = None) -> requests.Response:
        """Make this call, with these ids in its path."""
        path = self.path + call.path_of(ids)
        return self.service.write(call.method, path, call.body, if_match=if_match)

    def get(self, path: str = "", **query: str | int) -> requests.Response:
        """GET below the account."""
        return self.service.get(self.path + path, **query)

    def post(self, path: str, json: object = None, *, if_match: str | None = None) -> requests.Response:
        """POST below the account."""
        return self.service.post(self.path + path, json, if_match=if_match)

    def put(self, path: str, json: object = None, *, if_match: str | None = None) -> requests.Response:
        """PUT below the account."""
        return self.service.put(self.path + path, json, if_match=if_match)

    def patch(self, path: str, json: object = None, *, if_match: str | None = None) -> requests.Response:
        """PATCH the account or below it."""
        return self.service.patch(self.path + path, json, if_match=if_match)

    def delete(self, path: str, *, if_match: str | None = None) -> requests.Response:
        """DELETE below the account."""
        return self.service.delete(self.path + path, if_match=if_match)


def a_household(service: Service) -> tuple[Customer, dict[str, str]]:
    """An account in which every write would change something, and the ids of the calls to it.

    Bob sits, Eve stands, somebody is invited, there are credit, a grant, a trial, and a change of plan that lies ahead.
    """
    customer = a_customer(service, seats=5, users=5)
    bob, eve = customer.add("Bob", seated=True).member_id, customer.add("Eve").member_id
    customer.credit(100)
    guest, _ = customer.invite("guest@example.com")
    grant = answer(customer.post("/grants", {"members": 2, "reason": "a gift"}), 201, Grant)
    customer.put("/plan", {"plan_id": customer.account().plan.plan_id, "effective_at": "2100-01-01T00:00:00Z"})
    customer.put("/trial", {"ends_at": "2099-01-01T00:00:00Z"})
    return customer, {"bob": bob, "eve": eve, "guest": guest.invitation_id, "grant": grant.grant_id}


def walk(service: Service, path: str, shape: type[T], **query: str | int) -> list[T]:
    """All items of a list, page by page."""
    items: list[T] = []
    seen: set[str] = set()
    cursor: str | None = None
    while True:
        page = answer(service.get(path, **query, **({} if cursor is None else {"cursor": cursor})), 200, Page[shape])  # type: ignore[valid-type]
        items += page.items
        cursor = page.next_cursor
        if cursor is None:
            return items
        assert cursor not in seen, "the cursor goes round in a circle"
        seen.add(cursor)


def feed(service: Service, after: int = 0, limit: int = 200) -> list[Event]:
    """The whole journal after a position, page by page."""
    events: list[Event] = []
    while True:
        page = answer(service.get("/v1/events", after=after, limit=limit), 200, FeedPage)
        if not page.items:
            return events
        events += page.items
        assert page.items[-1].position > after, "the feed does not move on"
        after = page.items[-1].position


def newest(service: Service) -> Event:
    """The last event that somebody has asked for."""
    return asked_for(feed(service))[-1]


def asked_for(events: list[Event]) -> list[Event]:
    """Those that no timer has made: some that earlier tests have left may fire at any moment."""
    return [event for event in events if (event.context or {}).get("actor") != "timer"]


@contextmanager
def new_in_the_journal(service: Service) -> Iterator[list[Event]]:
    """A list that holds, once the block is left, the events that it added to any stream, but for those of timers."""
    head = _head(service)
    events: list[Event] = []
    yield events
    events += asked_for(feed(service, after=head))


def _head(service: Service) -> int:
    known = HEADS.get(service, 0)
    newer = feed(service, after=known)
    HEADS[service] = newer[-1].position if newer else known
    return HEADS[service]


@contextmanager
def _added(read: Callable[[], list[Event]]) -> Iterator[list[Event]]:
    before = len(read())
    events: list[Event] = []
    yield events
    events += read()[before:]

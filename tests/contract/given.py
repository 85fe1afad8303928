"""What tests start from, made through the API: a plan, a customer, and the events that an act adds.

Ids and names are counted, not drawn: a failure is the same on the next run.
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

from tests.contract.shapes import Account, Event, FeedPage, Member, Page, Plan, SignedUp, WebhookWithSecret, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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

    def send(self, call: AccountCall, *, bob: str, eve: str, if_match: str | None = None) -> requests.Response:
        """Make this call, with these two members in its path."""
        path = self.path + call.path_of(bob=bob, eve=eve)
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


@contextmanager
def new_in_the_journal(service: Service) -> Iterator[list[Event]]:
    """A list that holds, once the block is left, the events that it added to any stream."""
    head = _head(service)
    events: list[Event] = []
    yield events
    events += feed(service, after=head)


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

"""Every kind of write, on a customer and a plan that are ready for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.contract.given import NOWHERE, a_customer_of, a_plan, a_webhook, a_word, an_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    from tests.service import Service

EUR = "EUR"
LATER = "2100-01-01T00:00:00.000Z"


@dataclass(frozen=True)
class Write:
    """A request that may change something."""

    method: str
    path: str
    body: object = None
    if_match: str | None = None

    def send(self, service: Service, key: str | None) -> requests.Response:
        """Send it, with a key or without."""
        return service.write(self.method, self.path, self.body, if_match=self.if_match, idempotency_key=key)

    def expecting(self, version: int) -> Write:
        """The same, for this version only."""
        return replace(self, if_match=f'"{version}"')


class World:
    """A plan for sale with 1 seat and 2 users; an account on it, in which Ada has no seat and Bob has one."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._webhooks: list[str] = []
        plan = a_plan(service, seats=1, users=2)
        customer = a_customer_of(service, plan)
        self.plan_id = plan.plan_id
        self.plan = f"/v1/plans/{plan.plan_id}"
        self.account = customer.path
        self.ada = customer.path + customer.admin_path
        self.bob = f"{customer.path}/members/{customer.add('Bob', email='bob@example.com', seated=True).member_id}"

    def larger(self) -> str:
        """The id of a plan that has room."""
        return a_plan(self.service, seats=10, users=10).plan_id

    def smaller(self) -> str:
        """The id of a plan that Bob does not fit into."""
        return a_plan(self.service, seats=0, users=1).plan_id

    def guest(self, *, seated: bool = False) -> tuple[str, str]:
        """The path of a pending invitation, for which there is room now, and its token."""
        self.do(move(self, self.larger()))
        body = {"email": f"{a_word()}@example.com", "seated": seated}
        made = self.service.post(f"{self.account}/invitations", body).json()
        return f"{self.account}/invitations/{made['invitation']['invitation_id']}", made["token"]

    def grant(self) -> str:
        """The path of a grant."""
        made = self.service.post(f"{self.account}/grants", {"members": 3, "reason": "a test"}).json()
        return f"{self.account}/grants/{made['grant_id']}"

    def named(self, path: str) -> str:
        """Give what is at this path an external id, and return it."""
        external_id = a_word()
        self.do(Write("PATCH", path, {"external_id": external_id}))
        return external_id

    def webhook(self) -> str:
        """The path of a webhook."""
        self._webhooks.append(a_webhook(self.service))
        return self._webhooks[-1]

    def end(self) -> None:
        """Delete the webhooks, of which a service has only so many."""
        for path in self._webhooks:
            self.service.delete(path)

    def do(self, *writes: Write) -> None:
        """Make these writes, which must be accepted."""
        for write in writes:
            response = write.send(self.service, None)
            assert response.ok, response.text


def sign_up(plan_id: str, **fields: object) -> Write:
    return Write("POST", "/v1/signups", {"account_name": "Looms", "user_name": "Ada", "plan_id": plan_id, **fields})


def define(**fields: object) -> Write:
    package = {"total_seats": 1, "user_limit": 2}
    return Write("POST", "/v1/plans", {"name": a_word(), "type": "team", "package": package, **fields})


def retire(world: World) -> Write:
    return Write("POST", f"{world.plan}/retire")


def reinstate(world: World) -> Write:
    return Write("POST", f"{world.plan}/reinstate")


def move(world: World, plan_id: str) -> Write:
    return Write("PUT", f"{world.account}/plan", {"plan_id": plan_id})


def credit(world: World, amount: int, currency: str = EUR) -> Write:
    money = {"amount": amount, "currency": currency}
    return Write("POST", f"{world.account}/credit", {"amount": money, "reason": "a test"})


def suspend(world: World) -> Write:
    return Write("POST", f"{world.account}/suspend", {"reason": "a test"})


def close(world: World) -> Write:
    return Write("POST", f"{world.account}/close")


def join(world: World, **fields: object) -> Write:
    return Write("POST", f"{world.account}/members", {"name": "Charles", **fields})


def join_many(world: World, *names: str, **fields: object) -> Write:
    return Write("POST", f"{world.account}/members/bulk", {"members": [{"name": name} for name in names], **fields})


def try_until(world: World, ends_at: str) -> Write:
    return Write("PUT", f"{world.account}/trial", {"ends_at": ends_at})


def accept(token: str) -> Write:
    return Write("POST", "/v1/invitations/accept", {"token": token, "name": "Dan"})


def remove(member: str) -> Write:
    return Write("DELETE", member)


def seat(member: str) -> Write:
    return Write("PUT", f"{member}/seat")


def free(member: str) -> Write:
    return Write("DELETE", f"{member}/seat")


def _reactivate(world: World) -> Write:
    world.do(suspend(world))
    return Write("POST", f"{world.account}/reactivate", {"reason": "paid"})


def _join(world: World) -> Write:
    world.do(remove(world.bob))
    return join(world, email="charles@example.com", role="viewer", seated=True)


def _seat(world: World) -> Write:
    world.do(free(world.bob))
    return seat(world.ada)


def _reinstate(world: World) -> Write:
    world.do(retire(world))
    return reinstate(world)


def _suspend_again(world: World) -> Write:
    world.do(suspend(world))
    return suspend(world)


def _close_again(world: World) -> Write:
    world.do(close(world))
    return close(world)


def _retire_again(world: World) -> Write:
    world.do(retire(world))
    return retire(world)


def _resume(world: World) -> Write:
    webhook = world.webhook()
    world.do(Write("POST", f"{webhook}/pause"))
    return Write("POST", f"{webhook}/resume")


def _pause_again(world: World) -> Write:
    webhook = world.webhook()
    world.do(Write("POST", f"{webhook}/pause"))
    return Write("POST", f"{webhook}/pause")


def _join_many(world: World) -> Write:
    world.do(remove(world.bob))
    return join_many(world, "Dan", "Zoe")


def _invite(world: World) -> Write:
    world.do(move(world, world.larger()))
    return Write("POST", f"{world.account}/invitations", {"email": "dan@example.com", "seated": True})


def _revoke(world: World) -> Write:
    return Write("POST", f"{world.guest()[0]}/revoke")


def _revoke_again(world: World) -> Write:
    revoke = _revoke(world)
    world.do(revoke)
    return revoke


def _end_trial(world: World) -> Write:
    world.do(try_until(world, LATER))
    return Write("DELETE", f"{world.account}/trial")


def _try_again(world: World) -> Write:
    world.do(try_until(world, LATER))
    return try_until(world, LATER)


def schedule(world: World) -> Write:
    return Write("PUT", f"{world.account}/plan", {"plan_id": world.plan_id, "effective_at": LATER, "excess": "freeze"})


def _cancel(world: World) -> Write:
    world.do(schedule(world))
    return Write("DELETE", f"{world.account}/scheduled-change")


ACCEPTED: Mapping[str, Callable[[World], Write]] = {
    "sign up": lambda world: sign_up(world.plan_id),
    "define a plan": lambda _: define(),
    "define a plan with an id": lambda _: define(plan_id=an_id()),
    "rename a plan": lambda world: Write("PATCH", world.plan, {"name": "Crew", "type": "crew"}),
    "revise a package": lambda world: Write("PUT", f"{world.plan}/package", {"total_seats": 5, "user_limit": 6}),
    "retire a plan": retire,
    "reinstate a plan": _reinstate,
    "rename an account": lambda world: Write("PATCH", world.account, {"account_name": "Mills"}),
    "change the plan": lambda world: move(world, world.larger()),
    "give credit": lambda world: credit(world, 700),
    "suspend": suspend,
    "reactivate": _reactivate,
    "close": close,
    "add a member": _join,
    "add many members": _join_many,
    "invite": _invite,
    "revoke an invitation": _revoke,
    "renew an invitation": lambda world: Write("POST", f"{world.guest()[0]}/renew", {"expires_in_seconds": 86_400}),
    "accept an invitation": lambda world: accept(world.guest(seated=True)[1]),
    "grant": lambda world: Write("POST", f"{world.account}/grants", {"seats": 1, "reason": "a gift"}),
    "withdraw a grant": lambda world: Write("DELETE", world.grant()),
    "start a trial": lambda world: try_until(world, LATER),
    "end a trial": _end_trial,
    "schedule a change": schedule,
    "cancel a change": _cancel,
    "change a member": lambda world: Write("PATCH", world.bob, {"name": "Robert", "role": "admin", "email": None}),
    "name an account": lambda world: Write("PATCH", world.account, {"external_id": a_word(), "metadata": {"a": "b"}}),
    "name a plan": lambda world: Write("PATCH", world.plan, {"external_id": a_word(), "metadata": {"a": "b"}}),
    "name a member": lambda world: Write("PATCH", world.bob, {"external_id": a_word(), "metadata": {"a": "b"}}),
    "sign up with an external id": lambda world: sign_up(world.plan_id, external_id=a_word(), metadata={"a": "b"}),
    "remove a member": lambda world: remove(world.bob),
    "take a seat": _seat,
    "free a seat": lambda world: free(world.bob),
    "create a webhook": lambda _: Write("POST", "/v1/webhooks", {"url": NOWHERE, "types": ["webhook.disabled"]}),
    "change a webhook": lambda world: Write("PATCH", world.webhook(), {"url": f"{NOWHERE}other"}),
    "pause a webhook": lambda world: Write("POST", f"{world.webhook()}/pause"),
    "resume a webhook": _resume,
    "rotate the secret of a webhook": lambda world: Write("POST", f"{world.webhook()}/rotate-secret"),
    "replay a webhook": lambda world: Write("POST", f"{world.webhook()}/replay", {"after": 0}),
    "delete a webhook": lambda world: Write("DELETE", world.webhook()),
}
"""Writes that change something."""

NO_OPS: Mapping[str, Callable[[World], Write]] = {
    "take a seat again": lambda world: seat(world.bob),
    "free a seat that is free": lambda world: free(world.ada),
    "reinstate a plan that is for sale": reinstate,
    "rename an account to its own name": lambda world: Write(
        "PATCH", world.account, {"account_name": "Analytical Engines"}
    ),
    "change nothing of an account": lambda world: Write("PATCH", world.account, {"external_id": None, "metadata": {}}),
    "change nothing of a member": lambda world: Write("PATCH", world.bob, {}),
    "change to the plan that the account is on": lambda world: move(world, world.plan_id),
    "add many members without room": lambda world: join_many(world, "Dan"),
    "revoke a revoked invitation": _revoke_again,
    "let a trial end when it does": _try_again,
    "end no trial": lambda world: Write("DELETE", f"{world.account}/trial"),
    "cancel no change": lambda world: Write("DELETE", f"{world.account}/scheduled-change"),
    "give no credit": lambda world: credit(world, 0),
    "suspend a suspended account": _suspend_again,
    "reactivate an active account": lambda world: Write("POST", f"{world.account}/reactivate"),
    "close a closed account": _close_again,
    "retire a retired plan": _retire_again,
    "revise a package to itself": lambda world: Write(
        "PUT", f"{world.plan}/package", {"total_seats": 1, "user_limit": 2}
    ),
    "change nothing of a plan": lambda world: Write("PATCH", world.plan, {}),
    "change nothing of a webhook": lambda world: Write("PATCH", world.webhook(), {"types": ["webhook.disabled"]}),
    "pause a paused webhook": _pause_again,
    "resume an active webhook": lambda world: Write("POST", f"{world.webhook()}/resume"),
    "ping a webhook": lambda world: Write("POST", f"{world.webhook()}/ping"),
}
"""Writes that find everything as they want it."""

"""Every kind of write that is refused, with what would let it through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.contract.given import a_customer_of, a_plan, a_word, an_id
from tests.contract.idempotency.writes import (
    World,
    Write,
    accept,
    close,
    credit,
    define,
    free,
    join,
    join_many,
    move,
    reinstate,
    remove,
    retire,
    seat,
    sign_up,
    suspend,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Refused:
    """A write that is refused, and what happens then that would let it through."""

    write: Write
    slug: str
    status: int = 409
    then: tuple[Write, ...] = ()


def _retired(world: World) -> Refused:
    world.do(retire(world))
    return Refused(sign_up(world.plan_id), "plan-retired", then=(reinstate(world),))


def _move_to_retired(world: World) -> Refused:
    world.do(retire(world))
    return Refused(move(world, world.plan_id), "plan-retired", then=(reinstate(world),))


def _unknown_plan(_: World) -> Refused:
    plan_id = an_id()
    return Refused(sign_up(plan_id), "plan-not-found", 404, (define(plan_id=plan_id),))


def _move_to_unknown(world: World) -> Refused:
    plan_id = an_id()
    package = {"total_seats": 10, "user_limit": 10}
    return Refused(move(world, plan_id), "plan-not-found", 404, (define(plan_id=plan_id, package=package),))


def _rename_unknown(_: World) -> Refused:
    plan_id = an_id()
    rename = Write("PATCH", f"/v1/plans/{plan_id}", {"name": "Crew"})
    return Refused(rename, "plan-not-found", 404, (define(plan_id=plan_id),))


def _suspended(world: World) -> Refused:
    world.do(suspend(world))
    return Refused(credit(world, 1), "account-suspended", then=(Write("POST", f"{world.account}/reactivate"),))


def _closed(world: World) -> Refused:
    world.do(close(world))
    return Refused(credit(world, 1), "account-closed")


def _take_name(world: World) -> Refused:
    external_id = a_word()
    account = a_customer_of(world.service, a_plan(world.service)).path
    world.do(Write("PATCH", account, {"external_id": external_id}))
    return Refused(
        sign_up(world.plan_id, external_id=external_id),
        "external-id-taken",
        then=(Write("PATCH", account, {"external_id": None}),),
    )


def _name_too_much(world: World) -> Refused:
    world.do(Write("PATCH", world.ada, {"metadata": {str(number): "" for number in range(50)}}))
    too_many = Write("PATCH", world.ada, {"metadata": {"one": ""}})
    return Refused(too_many, "metadata-too-large", then=(Write("PATCH", world.ada, {"metadata": {"0": None}}),))


def _charge(world: World) -> Refused:
    return Refused(credit(world, -1), "credit-exhausted", then=(credit(world, 5),))


def _over_limit(world: World) -> Refused:
    return Refused(move(world, world.smaller()), "over-limit", then=(remove(world.bob),))


def _too_late(world: World) -> Refused:
    return Refused(credit(world, 1).expecting(3), "version-mismatch", 412, (credit(world, 1),))


def _accept_again(world: World) -> Refused:
    taken = accept(world.guest()[1])
    world.do(taken)
    return Refused(taken, "invitation-over", 410)


def _add_all_or_none(world: World) -> Refused:
    many = join_many(world, "Dan", atomic=True)
    return Refused(many, "user-limit-reached", then=(remove(world.bob),))


REFUSED: Mapping[str, Callable[[World], Refused]] = {
    "sign up for a plan that is unknown": _unknown_plan,
    "sign up for a retired plan": _retired,
    "define a plan that is there": lambda world: Refused(define(plan_id=world.plan_id), "plan-exists"),
    "rename a plan that is unknown": _rename_unknown,
    "change to a plan that is unknown": _move_to_unknown,
    "change to a retired plan": _move_to_retired,
    "change to a plan that is too small": _over_limit,
    "rename an account that is unknown": lambda _: Refused(
        Write("PATCH", f"/v1/accounts/{an_id()}", {"account_name": "Mills"}), "account-not-found", 404
    ),
    "remove a member who is unknown": lambda world: Refused(
        remove(f"{world.account}/members/{an_id()}"), "member-not-found", 404
    ),
    "take the last place": lambda world: Refused(join(world), "user-limit-reached", then=(remove(world.bob),)),
    "take many places, all or none": _add_all_or_none,
    "accept an invitation again": _accept_again,
    "accept an invitation that is unknown": lambda _: Refused(accept("inv_unknown"), "invitation-not-found", 404),
    "revoke an invitation that is unknown": lambda world: Refused(
        Write("POST", f"{world.account}/invitations/{an_id()}/revoke"), "invitation-not-found", 404
    ),
    "invite a member": lambda world: Refused(
        Write("POST", f"{world.account}/invitations", {"email": "BOB@example.com"}),
        "email-taken",
        then=(remove(world.bob),),
    ),
    "withdraw a grant that is unknown": lambda world: Refused(
        Write("DELETE", f"{world.account}/grants/{an_id()}"), "grant-not-found", 404
    ),
    "take too much away": lambda world: Refused(
        Write("POST", f"{world.account}/grants", {"members": -1, "reason": "a test"}),
        "over-limit",
        then=(remove(world.bob),),
    ),
    "take the last seat": lambda world: Refused(seat(world.ada), "no-seat-left", then=(free(world.bob),)),
    "take an address": lambda world: Refused(
        Write("PATCH", world.ada, {"email": "BOB@example.com"}), "email-taken", then=(remove(world.bob),)
    ),
    "take an external id": _take_name,
    "take a member's external id": lambda world: Refused(
        Write("PATCH", world.ada, {"external_id": world.named(world.bob)}),
        "external-id-taken",
        then=(remove(world.bob),),
    ),
    "write too much metadata": _name_too_much,
    "remove the last admin": lambda world: Refused(
        remove(world.ada), "last-admin", then=(Write("PATCH", world.bob, {"role": "admin"}),)
    ),
    "charge what is not there": _charge,
    "pay in another currency": lambda world: Refused(credit(world, 1, "USD"), "currency-mismatch"),
    "write to a suspended account": _suspended,
    "write to a closed account": _closed,
    "write on an old version": _too_late,
    "change a webhook that is unknown": lambda _: Refused(
        Write("PATCH", f"/v1/webhooks/{an_id()}", {"types": ["*"]}), "webhook-not-found", 404
    ),
    "rotate the secret of a webhook that is unknown": lambda _: Refused(
        Write("POST", f"/v1/webhooks/{an_id()}/rotate-secret"), "webhook-not-found", 404
    ),
    "ping a webhook that is unknown": lambda _: Refused(
        Write("POST", f"/v1/webhooks/{an_id()}/ping"), "webhook-not-found", 404
    ),
    "ping a webhook on an old version": lambda world: Refused(
        Write("POST", f"{world.webhook()}/ping").expecting(7), "version-mismatch", 412
    ),
}
"""Writes that break a rule."""

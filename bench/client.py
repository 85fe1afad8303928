"""Single calls, which prepare a load and check its result."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from bench.failure import BenchFailure
from bench.shapes import Account, SignedUp

if TYPE_CHECKING:
    from bench.servers import Server

BUSINESS_PLAN: Final = "00000000-0000-7000-8000-000000000003"
"""The starter plan with the most member slots: 250."""

Shape = TypeVar("Shape")


class PlanId(msgspec.Struct, frozen=True):
    """The part of a plan that the benchmark reads."""

    plan_id: str


def call(server: Server, path: str, shape: type[Shape], body: dict[str, object] | None = None) -> Shape:
    """POST a body, or GET without one; BenchFailure unless the answer is a 2xx of this shape."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}{path}", data, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return msgspec.json.decode(answer.read(), type=shape)
    except (urllib.error.URLError, msgspec.DecodeError) as error:
        raise BenchFailure(f"{path}: {error}") from error


def open_account(server: Server, plan_id: str = BUSINESS_PLAN) -> str:
    """Sign up an account; its id."""
    body: dict[str, object] = {"account_name": "Analytical Engines", "user_name": "Ada", "plan_id": plan_id}
    return call(server, "/v1/signups", SignedUp, body).account.account_id


def define_plan(server: Server, user_limit: int) -> str:
    """Define a plan with so many member slots; its id."""
    package = {"total_seats": 0, "user_limit": user_limit}
    return call(server, "/v1/plans", PlanId, {"name": "Large", "type": "large", "package": package}).plan_id


def members_of(server: Server, account: str) -> int:
    """Read how many members an account has."""
    return call(server, f"/v1/accounts/{account}", Account).members.count


def counter(server: Server, name: str) -> float:
    """Read one of the service's own metrics that has no labels; 0 where there is none."""
    address = f"http://127.0.0.1:{server.port}/metrics"
    with urllib.request.urlopen(address, timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))

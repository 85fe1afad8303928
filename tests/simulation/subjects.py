"""What a step is about: the ids in its path and its body, chosen from what clients know by then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.simulation.holding import HOLDING, holding_subject
from tests.simulation.known import Known, Subject, external_id, recent
from tests.simulation.sending import Body
from tests.simulation.steps import Step

_ABOUT_A_MEMBER = (
    "rename member",
    "change role",
    "change email",
    "name member",
    "remove member",
    "take seat",
    "free seat",
)


def subject(step: Step, known: Known) -> Subject | None:
    """Choose the subject of a step; None if there is nothing yet that it could be about."""
    if step.kind in HOLDING:
        return holding_subject(step, known)
    return _new_webhook(step) if step.kind == "create webhook" else _subject(step, known)


def _subject(step: Step, known: Known) -> Subject | None:
    plans, accounts = known.ids["plan"], known.ids["account"]
    name = f"{step.client}.{step.number}"
    package = _package(step)
    if step.kind == "define plan":
        plan_id = f"01ab9999-0000-7000-8000-{step.client:06d}{step.number:06d}"
        body: Body = {"plan_id": plan_id, "name": f"plan {name}", "type": "team", "package": package}
        body |= {"external_id": external_id(step, 0.5), "trial": _trial(step, plans)}
        return Subject({}, body, [f"plan-{plan_id}"])
    if step.kind.endswith(" key") or not plans:
        return _key_subject(step, name, known.ids["apikey"]) if step.kind.endswith(" key") else None
    plan_id = recent(step, plans)
    if step.kind == "sign up":
        body = {"account_name": f"account {name}", "user_name": "Ada", "plan_id": plan_id}
        body |= {"external_id": external_id(step, 0.5), "user_external_id": external_id(step, 0.5)}
        body |= {"trial": step.dice[5] < 0.8}
        return Subject({}, body, [f"plan-{plan_id}"])
    body = body_of(step, name)
    if step.kind in {"rename plan", "name plan", "revise package", "retire", "reinstate"}:
        return Subject({"plan_id": plan_id}, package if step.kind == "revise package" else body, [f"plan-{plan_id}"])
    if not accounts:
        return None
    account_id = recent(step, accounts)
    ids, streams = {"account_id": account_id}, [f"account-{account_id}"]
    if step.kind in _ABOUT_A_MEMBER:
        members = known.members[account_id]
        ids["member_id"] = members[step.pick(1, len(members))]
    return Subject(ids, body, streams)


def _package(step: Step) -> Body:
    """Sell a few seats and slots, and sometimes let more be taken."""
    package: Body = {"total_seats": step.pick(1, 4), "user_limit": 1 + step.pick(2, 5)}
    overage = ("refuse", "refuse", "refuse", "refuse", "allow", {"percent": 50})[step.pick(6, 6)]
    return package if overage == "refuse" and step.dice[5] < 0.8 else {**package, "overage": overage}


def _trial(step: Step, plans: Sequence[str]) -> Body | None:
    """Give a plan a trial, or not."""
    following: list[object] = ["suspend", "continue", *({"plan_id": plan_id} for plan_id in plans[-2:])]
    return (
        {"days": (1, 1, 7)[step.pick(5, 3)], "then": following[step.pick(7, len(following))]}
        if step.dice[4] < 0.6
        else None
    )


def _new_webhook(step: Step) -> Subject:
    """Let a webhook get everything from the beginning, or what is of accounts and their members."""
    types = ["*"] if step.dice[0] < 0.7 else ["account.*", "member.*"]
    return Subject({}, {"url": f"https://hooks.example/{step.number}", "types": types, "after": 0}, [])


def _key_subject(step: Step, name: str, keys: Sequence[str]) -> Subject | None:
    """Choose the subject of a step about an API key."""
    if step.kind == "create key":
        return Subject({}, {"name": f"key {name}", "scopes": ["keys"]}, [])
    if not keys:
        return None
    key_id = recent(step, keys)
    overlap: Body = {"overlap_seconds": 3600} if step.kind == "rotate key" and step.dice[2] < 0.5 else {}
    return Subject({"key_id": key_id}, overlap, [f"apikey-{key_id}"])


def body_of(step: Step, name: str) -> Body:
    """Write the body of a step about an account, a member or a plan."""
    email = (None, "ada@example.org", "bob@example.org")[step.pick(2, 3)]
    amount = step.pick(2, 200) - 100
    names: Body = {
        "external_id": external_id(step, 0.7),
        "metadata": {"step": None if step.dice[1] < 0.2 else name, "tier": "gold"},
    }
    bodies: Mapping[str, Body] = {
        "name member": names,
        "name account": names,
        "name plan": names,
        "add member": {
            "name": f"member {name}",
            "email": email if step.dice[1] < 0.3 else None,
            "role": ("admin", "member", "viewer")[step.pick(1, 3)],
            "seated": step.dice[2] < 0.5,
            "external_id": external_id(step, 0.3),
        },
        "rename member": {"name": f"member {name}"},
        "change role": {"role": ("admin", "member", "viewer")[step.pick(2, 3)]},
        "change email": {"email": email},
        "adjust credit": {"amount": {"amount": amount, "currency": "EUR"}, "reason": f"reason {name}"},
        "rename account": {"account_name": f"account {name}"},
        "suspend": {"reason": f"reason {name}"},
        "rename plan": {"name": f"plan {step.pick(2, 4)}"},
    }
    return bodies.get(step.kind, {})

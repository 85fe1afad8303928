"""Sentences: what each event says, in the words of the domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seatkeeper.http.events_out.words import NameOf, in_words, named, nameless

__all__ = ["NameOf", "sentence"]


PHRASES: Mapping[str, tuple[str, str]] = {
    "because": ("reason", ": {}"),
    "for_reason": ("reason", ", {}"),
    "with_trial": ("trial", ", with a trial ({})"),
    "and_trial": ("trial", ", and a trial ({})"),
    "to_balance": ("balance", "; the balance became {}"),
    "with_excess": ("excess", ", excess {}"),
    "by_excess": ("excess", " ({})"),
    "with_overage": ("overage", ", overage {}"),
    "until_end": ("expires_at", " until {}"),
    "with_end": ("expires_at", ", until {}"),
    "with_rate": ("rate_limit", ", for {} requests a second"),
    "overlap": ("overlap_until", "; the one before works until {}"),
}
"""What a sentence has more to say where an event has this field; by a name of its own."""


class Told:
    """What an event tells, by the names in the braces of a sentence. The fields that it has taken are in `taken`."""

    def __init__(self, data: Mapping[str, object], name_of: NameOf) -> None:
        """Tell these fields, with the names of the things whose ids are in them."""
        self._data, self._name_of = data, name_of
        self.taken: set[str] = set()

    def __getitem__(self, name: str) -> str:
        """Write a field, `none` if there is none; or a phrase, or what is made of more than a field."""
        if name in PHRASES:
            field, text = PHRASES[name]
            return "" if self._data.get(field) in (None, (), [], {}) else text.format(self[field])
        if name in _MADE:
            return _MADE[name](self)
        self.taken.add(name)
        return named(name, self._data.get(name))

    def count(self, field: str, one: str) -> str:
        """Write how many there are: `1 seat`, `10 seats`."""
        return f"{self[field]} {one}{'' if self._data.get(field) in (1, -1) else 's'}"

    def called(self, field: str, kind: str) -> str:
        """Write the name of what has the id in a field; its kind and its id, if it has none."""
        name = self._name_of(str(self._data.get(field)))
        return name or f"{kind} {self[field]}"

    def invited(self) -> str:
        """Write which invitation it is about, as a sentence begins."""
        name = self._name_of(str(self._data.get("invitation_id")))
        return f"The invitation of {name}" if name else f"Invitation {self['invitation_id']}"

    def package(self) -> str:
        """Write the seats and member slots of a package, or of what was bought."""
        package = self._data.get("package")
        inside = Told(package, self._name_of) if isinstance(package, Mapping) else self
        self.taken.add("package")
        seats, slots = inside.count("total_seats", "seat"), inside.count("user_limit", "member slot")
        return f"{seats} and {slots}{inside['with_overage']}"

    def granted(self) -> str:
        """Write the seats and member slots that are granted, or taken away where there are fewer than none."""
        kinds = {"members": "member slot", "seats": "seat"}
        self.taken |= kinds.keys()
        return " and ".join(self.count(field, one) for field, one in kinds.items() if self._data.get(field))

    def credited(self) -> str:
        """Write what was added to the credit, or taken from it."""
        amount = self._data.get("amount")
        number = amount.get("amount") if isinstance(amount, Mapping) else None
        if not isinstance(number, int) or not isinstance(amount, Mapping) or number >= 0:
            return f"{self['amount']} were added to the credit"
        self.taken.add("amount")
        return f"{in_words({**amount, 'amount': -number})} were charged to the credit"

    def trial_from_now(self) -> str:
        """Write the trial that sign-ups start, or that they start none."""
        if self._data.get("trial") is None:
            return "Sign-ups start no trial any more"
        return f"Sign-ups start a trial from now on: {self['trial']}"

    def with_seat(self) -> str:
        """Write that an invitation holds a seat, if it does."""
        return " with a seat" if self._data.get("seated") else ""


_MADE: Mapping[str, Callable[[Told], str]] = {
    "member": lambda it: it.called("member_id", "Member"),
    "plan": lambda it: it.called("plan_id", "plan"),
    "invited": Told.invited,
    "package": Told.package,
    "granted": Told.granted,
    "credited": Told.credited,
    "trial_from_now": Told.trial_from_now,
    "with_seat": Told.with_seat,
    "member_slots": lambda it: it.count("members", "member slot"),
    "seats_of_it": lambda it: it.count("seats", "seat"),
}

SENTENCES: Mapping[str, str] = {
    "account.opened": ("{account_name} opened on {plan}, revision {revision}: {package}{with_trial}"),
    "account.renamed": "The account is called {account_name} now",
    "account.external_id_changed": "The external id of the account became {external_id}",
    "account.metadata_changed": "The metadata of the account changed: {metadata}",
    "account.suspended": "The account was suspended{because}",
    "account.reactivated": "The account was reactivated{because}",
    "account.closed": "The account was closed{because}",
    "credit.adjusted": "{credited}{because}",
    "credit.adjusted.2": ("{credited}{because}{to_balance}"),
    "account.plan_changed": "The account moved to {plan}, revision {revision}: {package}",
    "scheduled-change.set": ("The account is to move to {plan} at {effective_at}{with_excess}"),
    "scheduled-change.cancelled": "The change of plan that was scheduled was cancelled",
    "scheduled-change.applied": "The change of plan that was scheduled came",
    "scheduled-change.refused": ("The change of plan that was scheduled was refused: {reason}{by_excess}"),
    "grace.started": ("A grace began: the limits of before, {member_slots} and {seats_of_it}, go on until {ends_at}"),
    "grace.ended": "The grace ended: {outcome}",
    "trial.changed": "The trial ends at {ends_at}, and then: {then}",
    "trial.ended": "The trial ended: {outcome}{for_reason}",
    "account.usage-reached": "{percent} % of the {of} are used: {used} of {limit}",
    "account.limit-exceeded": "{used} {of} are used, beyond the limit of {limit}",
    "account.limit-kept": "{used} {of} are used, within the limit of {limit} again",
    "grant.made": ("A grant of {granted}{until_end}{because}"),
    "grant.ended": "Grant {grant_id} ended: {outcome}",
    "invitation.made": ("{email} was invited as {role}{with_seat} until {expires_at}"),
    "invitation.renewed": "{invited} was renewed until {expires_at}",
    "invitation.revoked": "{invited} was revoked",
    "invitation.accepted": "{member} accepted an invitation",
    "invitation.expired": "{invited} expired",
    "member.added": "{name} joined as {role}",
    "member.renamed": "A member is called {name} now",
    "member.email_changed": "The e-mail address of {member} became {email}",
    "member.external_id_changed": "The external id of {member} became {external_id}",
    "member.metadata_changed": "The metadata of {member} changed: {metadata}",
    "member.role_changed": "{member} became {role}",
    "member.removed": "{member} left",
    "member.frozen": "{member} was frozen",
    "member.thawed": "{member} was thawed",
    "seat.taken": "{member} took a seat",
    "seat.freed": "{member} gave the seat back",
    "seat.withdrawn": "The seat of {member} was withdrawn, and is owed to them",
    "seat.returned": "{member} got the seat back that was owed to them",
    "plan.defined": ("{name} ({type}) came on sale with {package}{and_trial}"),
    "plan.renamed": "The plan is called {name} now",
    "plan.reclassified": "The plan is of the type {type} now",
    "plan.external_id_changed": "The external id of the plan became {external_id}",
    "plan.metadata_changed": "The metadata of the plan changed: {metadata}",
    "plan.package_revised": "Revision {revision} of the plan sells {package}",
    "plan.trial-changed": "{trial_from_now}",
    "plan.retired": "The plan is no longer for sale",
    "plan.reinstated": "The plan is for sale again",
    "key.created": ("The key {name} was made for {scopes}{with_end}{with_rate}"),
    "key.rotated": ("The key has another secret{overlap}"),
    "key.revoked": "The key was revoked",
    "webhook.created": "Events of {types} go to {url}, from those after {after} on",
    "webhook.changed": "Events of {types} go to {url} from now on",
    "webhook.paused": "The deliveries were paused",
    "webhook.resumed": "The deliveries went on",
    "webhook.secret_rotated": "Another secret signs; the one before signs too until {earlier_until}",
    "webhook.replayed": "The events after {after} are delivered again",
    "webhook.disabled": "The deliveries gave up: {reason}",
    "webhook.deleted": "The webhook was deleted",
    "clock.started": "The clock of the sandbox stands at {now}",
    "clock.moved": "The clock was moved on to {now}",
}
"""By the type of the event, without the full stop; in the braces stand fields, phrases and what is made of them."""


def sentence(kind: str, data: Mapping[str, object], name_of: NameOf = nameless) -> tuple[str, Mapping[str, object]]:
    """Say what an event of this type says; return the fields too that the sentence has not taken.

    A type that a later release has written is its own sentence.
    """
    said = SENTENCES.get(kind)
    if said is None:
        return f"{kind}.", data
    told = Told(data, name_of)
    text = said.format_map(told)
    return f"{text}.", {name: value for name, value in data.items() if name not in told.taken}

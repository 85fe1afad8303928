"""The registration of every kind of aggregate, which is the only place that names them all.

A registered kind is stored, replayed, snapshotted, verified and rebuilt without another change in this folder. A new
view changes the schema, so it raises SCHEMA_VERSION by one.
"""

from __future__ import annotations

from seatkeeper.actors.access.actor import ApiKeyActor
from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.notifications.actor import WebhookActor
from seatkeeper.actors.sandbox.actor import ClockActor
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.storage.kinds import Kind, Kinds
from seatkeeper.storage.projections.accounts import ACCOUNTS
from seatkeeper.storage.projections.api_keys import API_KEYS
from seatkeeper.storage.projections.grants import GRANTS
from seatkeeper.storage.projections.invitations import INVITATIONS
from seatkeeper.storage.projections.members import MEMBERS
from seatkeeper.storage.projections.plans import PLANS
from seatkeeper.storage.projections.timers import TIMERS
from seatkeeper.storage.projections.webhooks import WEBHOOKS
from seatkeeper.storage.upcasters import read_credit_adjusted_1

KINDS = Kinds(
    Kind(
        AccountActor,
        views=(ACCOUNTS, MEMBERS, INVITATIONS, GRANTS, TIMERS),
        upcasters={"credit.adjusted": read_credit_adjusted_1},
    ),
    Kind(PlanActor, views=(PLANS,)),
    Kind(ApiKeyActor, views=(API_KEYS,)),
    Kind(WebhookActor, views=(WEBHOOKS,)),
    Kind(ClockActor),
)

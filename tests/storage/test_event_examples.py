"""Events are a contract for ever: each type has its tag and its JSON here, as it is stored in existing databases.

A change that makes one of these fail is a new tag or an upcaster. An example is added, never edited.
"""

from __future__ import annotations

import zlib

import pytest

from seatkeeper.actors.access import events as key
from seatkeeper.actors.access.events import KeyId
from seatkeeper.actors.accounts.members.events import (
    MemberAdded,
    MemberEmailChanged,
    MemberExternalIdChanged,
    MemberMetadataChanged,
    MemberRemoved,
    MemberRenamed,
    MemberRoleChanged,
    SeatFreed,
    SeatTaken,
)
from seatkeeper.actors.accounts.profile.events import (
    AccountClosed,
    AccountExternalIdChanged,
    AccountMetadataChanged,
    AccountOpened,
    AccountReactivated,
    AccountRenamed,
    AccountSuspended,
    CreditAdjusted,
)
from seatkeeper.actors.accounts.terms.events import PlanChanged
from seatkeeper.actors.accounts.values import AccountId, MemberId, Money, MoveTo, Percent, TrialTerms
from seatkeeper.actors.accounts.values import PlanId as BoughtPlanId
from seatkeeper.actors.aggregates.journal import StreamDamaged
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.actors.notifications import events as webhook
from seatkeeper.actors.notifications.events import SecretId, WebhookId
from seatkeeper.actors.sandbox import events as clock
from seatkeeper.actors.subscriptions import events as plan
from seatkeeper.actors.subscriptions.events import Package, PlanId
from seatkeeper.storage.records import EventRow, event_columns, read_event
from seatkeeper.storage.registry import KINDS
from tests.accounts.rooms import EVENTS as ACCOUNT_EVENTS
from tests.scenario import kinds
from tests.storage.event_examples import AHEAD

AT = "2026-11-22T18:12:00.000Z"

EXAMPLES: list[tuple[str, str, Event]] = [
    *AHEAD,
    (
        "account.opened",
        (
            '{"account_id":"a1","account_name":"Engines","plan_id":"p1","revision":3,"total_seats":10,"user_limit":25,'
            '"currency":"EUR","created_at":"2026-11-22T18:12:00.000Z"}'
        ),
        AccountOpened(AccountId("a1"), "Engines", BoughtPlanId("p1"), 3, 10, 25, "EUR", AT),
    ),
    (
        "account.opened",
        (
            '{"account_id":"a2","account_name":"Looms","plan_id":"p1","revision":3,"total_seats":10,"user_limit":25,'
            '"currency":"EUR","created_at":"2026-11-22T18:12:00.000Z","external_id":"crm-7","metadata":{"tier":"gold"}}'
        ),
        AccountOpened(AccountId("a2"), "Looms", BoughtPlanId("p1"), 3, 10, 25, "EUR", AT, "crm-7", {"tier": "gold"}),
    ),
    (
        "account.opened",
        (
            '{"account_id":"a3","account_name":"Mills","plan_id":"p1","revision":3,"total_seats":10,"user_limit":25,'
            '"currency":"EUR","created_at":"2026-11-22T18:12:00.000Z","overage":{"percent":20},'
            '"trial":{"ends_at":"2026-12-06T18:12:00.000Z","then":{"plan_id":"p2"}}}'
        ),
        AccountOpened(
            AccountId("a3"),
            "Mills",
            BoughtPlanId("p1"),
            3,
            10,
            25,
            "EUR",
            AT,
            overage=Percent(20),
            trial=TrialTerms("2026-12-06T18:12:00.000Z", MoveTo(BoughtPlanId("p2"))),
        ),
    ),
    (
        "account.plan_changed",
        (
            '{"plan_id":"p2","revision":1,"total_seats":0,"user_limit":3,"overage":"allow","excess":"grace",'
            '"grace_seconds":86400}'
        ),
        PlanChanged(BoughtPlanId("p2"), 1, 0, 3, "allow", "grace", 86_400),
    ),
    ("account.external_id_changed", '{"external_id":"crm-8"}', AccountExternalIdChanged("crm-8")),
    ("account.external_id_changed", '{"external_id":null}', AccountExternalIdChanged(None)),
    (
        "account.metadata_changed",
        '{"metadata":{"tier":"silver","region":null}}',
        AccountMetadataChanged({"tier": "silver", "region": None}),
    ),
    ("account.renamed", '{"account_name":"Ærø \\"Looms\\""}', AccountRenamed('Ærø "Looms"')),
    (
        "account.plan_changed",
        '{"plan_id":"p2","revision":1,"total_seats":0,"user_limit":3}',
        PlanChanged(BoughtPlanId("p2"), 1, 0, 3),
    ),
    (
        "credit.adjusted.2",
        (
            '{"amount":{"amount":-250,"currency":"EUR"},"reason":"a seat",'
            '"balance":{"amount":9223372036854775807,"currency":"EUR"}}'
        ),
        CreditAdjusted(Money(-250, "EUR"), "a seat", Money(9223372036854775807, "EUR")),
    ),
    ("account.suspended", '{"reason":"unpaid"}', AccountSuspended("unpaid")),
    ("account.suspended", '{"reason":null}', AccountSuspended(None)),
    ("account.reactivated", '{"reason":"paid"}', AccountReactivated("paid")),
    ("account.reactivated", '{"reason":null}', AccountReactivated(None)),
    ("account.closed", '{"reason":"moved on"}', AccountClosed("moved on")),
    ("account.closed", '{"reason":null}', AccountClosed(None)),
    (
        "member.added",
        (
            '{"member_id":"m1","name":"Ada","email":"ada@example.org","role":"admin",'
            '"joined_at":"2026-11-22T18:12:00.000Z"}'
        ),
        MemberAdded(MemberId("m1"), "Ada", "ada@example.org", "admin", AT),
    ),
    (
        "member.added",
        '{"member_id":"m2","name":"Bob","email":null,"role":"member","joined_at":"2026-11-22T18:12:00.000Z"}',
        MemberAdded(MemberId("m2"), "Bob", None, "member", AT),
    ),
    (
        "member.added",
        (
            '{"member_id":"m3","name":"Eve","email":null,"role":"member","joined_at":"2026-11-22T18:12:00.000Z",'
            '"external_id":"user-3","metadata":{"team":"night"}}'
        ),
        MemberAdded(MemberId("m3"), "Eve", None, "member", AT, "user-3", {"team": "night"}),
    ),
    (
        "member.external_id_changed",
        '{"member_id":"m2","external_id":"user-2"}',
        MemberExternalIdChanged(MemberId("m2"), "user-2"),
    ),
    (
        "member.external_id_changed",
        '{"member_id":"m2","external_id":null}',
        MemberExternalIdChanged(MemberId("m2"), None),
    ),
    (
        "member.metadata_changed",
        '{"member_id":"m2","metadata":{"team":"day","desk":null}}',
        MemberMetadataChanged(MemberId("m2"), {"team": "day", "desk": None}),
    ),
    ("member.renamed", '{"member_id":"m2","name":"Rob"}', MemberRenamed(MemberId("m2"), "Rob")),
    (
        "member.email_changed",
        '{"member_id":"m2","email":"rob@example.org"}',
        MemberEmailChanged(MemberId("m2"), "rob@example.org"),
    ),
    ("member.email_changed", '{"member_id":"m2","email":null}', MemberEmailChanged(MemberId("m2"), None)),
    (
        "member.role_changed",
        '{"member_id":"m2","role":"viewer"}',
        MemberRoleChanged(MemberId("m2"), "viewer"),
    ),
    ("member.removed", '{"member_id":"m2"}', MemberRemoved(MemberId("m2"))),
    ("seat.taken", '{"member_id":"m2"}', SeatTaken(MemberId("m2"))),
    ("seat.freed", '{"member_id":"m2"}', SeatFreed(MemberId("m2"))),
    (
        "plan.defined",
        (
            '{"plan_id":"p1","name":"Team","type":"team","package":{"total_seats":10,"user_limit":25},'
            '"created_at":"2026-11-22T18:12:00.000Z"}'
        ),
        plan.PlanDefined(PlanId("p1"), "Team", "team", Package(10, 25), AT),
    ),
    (
        "plan.defined",
        (
            '{"plan_id":"p2","name":"Crew","type":"team","package":{"total_seats":10,"user_limit":25},'
            '"created_at":"2026-11-22T18:12:00.000Z","external_id":"sku-1","metadata":{"sold_in":"EU"}}'
        ),
        plan.PlanDefined(PlanId("p2"), "Crew", "team", Package(10, 25), AT, "sku-1", {"sold_in": "EU"}),
    ),
    ("plan.external_id_changed", '{"external_id":"sku-2"}', plan.PlanExternalIdChanged("sku-2")),
    ("plan.external_id_changed", '{"external_id":null}', plan.PlanExternalIdChanged(None)),
    (
        "plan.trial-changed",
        '{"trial":{"days":14,"then":{"plan_id":"p2"}}}',
        plan.PlanTrialChanged(plan.Trial(14, plan.NextPlan(PlanId("p2")))),
    ),
    ("plan.trial-changed", '{"trial":null}', plan.PlanTrialChanged(None)),
    ("plan.metadata_changed", '{"metadata":{"sold_in":null}}', plan.PlanMetadataChanged({"sold_in": None})),
    ("plan.renamed", '{"name":"Crew"}', plan.PlanRenamed("Crew")),
    ("plan.reclassified", '{"type":"enterprise"}', plan.PlanReclassified("enterprise")),
    (
        "plan.package_revised",
        '{"package":{"total_seats":100,"user_limit":250},"revision":2}',
        plan.PackageRevised(Package(100, 250), 2),
    ),
    ("plan.retired", "{}", plan.PlanRetired()),
    ("plan.reinstated", "{}", plan.PlanReinstated()),
    (
        "key.created",
        (
            '{"key_id":"k1","name":"Backend","scopes":["plans:read","admin"],"rate_limit":50,'
            '"expires_at":"2026-11-22T18:12:00.000Z","secret_hash":"00ff","created_at":"2026-11-22T18:12:00.000Z"}'
        ),
        key.KeyCreated(KeyId("k1"), "Backend", ("plans:read", "admin"), 50, AT, "00ff", AT),
    ),
    (
        "key.created",
        (
            '{"key_id":"k2","name":"Root","scopes":["admin"],"rate_limit":null,"expires_at":null,'
            '"secret_hash":"00ff","created_at":"2026-11-22T18:12:00.000Z"}'
        ),
        key.KeyCreated(KeyId("k2"), "Root", ("admin",), None, None, "00ff", AT),
    ),
    (
        "key.rotated",
        '{"secret_hash":"ff00","overlap_until":"2026-11-22T18:12:00.000Z","rotated_at":"2026-11-22T18:12:00.000Z"}',
        key.KeyRotated("ff00", AT, AT),
    ),
    (
        "key.rotated",
        '{"secret_hash":"ff00","overlap_until":null,"rotated_at":"2026-11-22T18:12:00.000Z"}',
        key.KeyRotated("ff00", None, AT),
    ),
    ("key.revoked", '{"revoked_at":"2026-11-22T18:12:00.000Z"}', key.KeyRevoked(AT)),
    (
        "webhook.created",
        (
            '{"webhook_id":"w1","url":"https://example.com/x","types":["member.*","account.opened"],"after":7,'
            '"secret_id":"s1","created_at":"2026-11-22T18:12:00.000Z"}'
        ),
        webhook.WebhookCreated(
            WebhookId("w1"), "https://example.com/x", ("member.*", "account.opened"), 7, SecretId("s1"), AT
        ),
    ),
    (
        "webhook.changed",
        '{"url":"https://example.com/y","types":["*"]}',
        webhook.WebhookChanged("https://example.com/y", ("*",)),
    ),
    ("webhook.paused", "{}", webhook.WebhookPaused()),
    ("webhook.resumed", "{}", webhook.WebhookResumed()),
    (
        "webhook.secret_rotated",
        '{"secret_id":"s2","earlier_until":"2026-11-22T18:12:00.000Z"}',
        webhook.WebhookSecretRotated(SecretId("s2"), AT),
    ),
    ("webhook.replayed", '{"after":3}', webhook.WebhookReplayed(3)),
    ("webhook.disabled", '{"reason":"gone"}', webhook.WebhookDisabled("gone")),
    ("webhook.disabled", '{"reason":"retries-exhausted"}', webhook.WebhookDisabled("retries-exhausted")),
    ("webhook.deleted", "{}", webhook.WebhookDeleted()),
    ("clock.started", '{"clock_id":"c1","now":"2026-11-22T18:12:00.000Z"}', clock.ClockStarted("c1", AT)),
    ("clock.moved", '{"now":"2026-11-22T18:12:00.000Z"}', clock.ClockMoved(AT)),
]
OLD_FORMS: list[tuple[str, str, Event]] = [
    (
        "credit.adjusted",
        '{"amount":-250,"currency":"EUR","reason":"a seat","balance":9223372036854775807}',
        CreditAdjusted(Money(-250, "EUR"), "a seat", Money(9223372036854775807, "EUR")),
    ),
    (
        "credit.adjusted",
        '{"amount":9223372036854775807,"currency":"JPY","reason":"","balance":9223372036854775807}',
        CreditAdjusted(Money(9223372036854775807, "JPY"), "", Money(9223372036854775807, "JPY")),
    ),
]
"""Forms that are no longer written, as they are stored in databases, and the event that each is read as."""
STORED = EventRow(7, "plan-p1", 2, "plan.renamed", AT, '{"name":"Crew"}', 994551626)
CAUSED = STORED._replace(
    context='{"actor":"open"}',
    checksum=zlib.crc32(b"plan-p1\n2\nplan.renamed\n" + AT.encode() + b'\n{"name":"Crew"}\n{"actor":"open"}'),
)
"""A row as it was written, with its checksum."""


def row(tag: str, data: str) -> EventRow:
    """A stored row, with the checksum of the documented rule: the CRC-32 of the columns, one a line."""
    return EventRow(1, "s", 1, tag, AT, data, zlib.crc32(f"s\n1\n{tag}\n{AT}\n{data}".encode()))


@pytest.mark.parametrize(("tag", "data", "event"), [*EXAMPLES, *OLD_FORMS])
def test_a_stored_event_is_read_for_ever(tag: str, data: str, event: Event) -> None:
    assert read_event(row(tag, data), KINDS) == event


@pytest.mark.parametrize(("tag", "data", "event"), EXAMPLES)
def test_an_event_is_written_as_it_always_was(tag: str, data: str, event: Event) -> None:
    assert event_columns("s", 1, event, AT) == row(tag, data)[1:]


@pytest.mark.parametrize(
    "event_type",
    [*ACCOUNT_EVENTS, *kinds(plan, Event), *kinds(key, Event), *kinds(webhook, Event)],
    ids=lambda kind: kind.__name__,
)
def test_every_type_of_event_has_an_example(event_type: type[Event]) -> None:
    assert KINDS.event_types[event_type.tag] is event_type
    assert event_type in {type(event) for _, _, event in EXAMPLES}


def test_no_tag_was_ever_taken_back() -> None:
    old = {tag for kind in KINDS for tag in kind.upcasters}
    assert KINDS.event_types.keys() == {tag for tag, _, _ in EXAMPLES}
    assert old == {tag for tag, _, _ in OLD_FORMS}
    assert set(KINDS.known_types) == {*KINDS.event_types, *old}


def test_an_old_form_is_not_written_again() -> None:
    assert not KINDS.event_types.keys() & {tag for kind in KINDS for tag in kind.upcasters}


@pytest.mark.parametrize("data", ["", "{", "[]", "{}", '{"amount":1,"currency":"EUR","reason":"a gift","balance":"1"}'])
def test_data_that_is_not_of_its_old_form_is_damage(data: str) -> None:
    with pytest.raises(StreamDamaged, match="cannot be read"):
        read_event(row("credit.adjusted", data), KINDS)


def test_the_checksum_of_a_row_is_what_it_always_was() -> None:
    assert read_event(STORED, KINDS) == plan.PlanRenamed("Crew")


@pytest.mark.parametrize("column", [name for name in EventRow._fields if name not in {"position", "checksum"}])
def test_the_checksum_covers_every_column_that_an_event_is_written_with(column: str) -> None:
    changed = [f"{value} " if name == column else value for name, value in CAUSED._asdict().items()]
    with pytest.raises(StreamDamaged, match=r"event 7 .* does not match its checksum"):
        read_event(EventRow(*changed), KINDS)  # type: ignore[arg-type]


def test_an_unknown_tag_is_damage() -> None:
    with pytest.raises(StreamDamaged, match="cannot be read"):
        read_event(row("plan.exploded", "{}"), KINDS)


@pytest.mark.parametrize("data", ["", "{", "[]", "{}", '{"name":5}', '{"name":null}'])
def test_data_that_is_not_of_its_type_is_damage(data: str) -> None:
    with pytest.raises(StreamDamaged, match="cannot be read"):
        read_event(row("plan.renamed", data), KINDS)


def test_a_field_that_a_later_version_added_does_no_harm() -> None:
    assert read_event(row("plan.renamed", '{"name":"Crew","by":"Ada"}'), KINDS) == plan.PlanRenamed("Crew")

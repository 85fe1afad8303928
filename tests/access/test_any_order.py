"""Keys under any sequence of commands: what always holds, whatever came before."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.actors.access.api_key import ApiKey
from seatkeeper.actors.access.commands import CreateKey, RevokeKey, RotateKey
from seatkeeper.actors.access.summaries import summarize
from seatkeeper.actors.aggregates.messages import Command, Event, Refusal
from tests import suite
from tests.access.past import API_KEY, AT, BACKEND, LATER, MUCH_LATER, SCOPES

TIMES = st.sampled_from([AT, LATER, MUCH_LATER])
HASHES = st.sampled_from([f"{number:064x}" for number in range(4)])


def anything() -> st.SearchStrategy[Command]:
    """Any command, at any time."""
    return st.one_of(
        st.builds(
            CreateKey,
            st.just(BACKEND),
            st.just("Backend"),
            st.just(SCOPES),
            st.none(),
            st.none() | TIMES,
            HASHES,
            TIMES,
        ),
        st.builds(RotateKey, HASHES, st.none() | TIMES, TIMES),
        st.builds(RevokeKey, TIMES),
    )


def run(commands: list[Command]) -> tuple[ApiKey | None, list[Event]]:
    """Carry these out; what they led to, and by which events. No revoked key ever works again."""
    state: ApiKey | None = None
    events: list[Event] = []
    for command in commands:
        was_revoked = state is not None and state.revoked
        decision = API_KEY.decide(state, command)
        if isinstance(decision, Refusal):
            continue
        assert not (was_revoked and decision)
        for event in decision:
            state = API_KEY.evolve(state, event)
        events += decision
    return state, events


@settings(max_examples=suite.pick(short=100, middle=300, long=5_000), deadline=None)
@given(st.lists(anything(), max_size=12))
def test_a_replay_leads_to_the_same_key_and_nothing_follows_a_revocation(commands: list[Command]) -> None:
    state, events = run(commands)
    assert msgspec.json.encode(API_KEY.replay(events)) == msgspec.json.encode(state)


@settings(max_examples=suite.pick(short=100, middle=300, long=5_000), deadline=None)
@given(st.lists(anything(), max_size=12))
def test_a_key_has_an_earlier_secret_only_with_its_end_and_never_the_one_of_now(commands: list[Command]) -> None:
    state, _ = run(commands)
    if state is not None:
        assert (state.earlier_hash is None) == (state.earlier_until is None)
        assert state.earlier_hash != state.secret_hash


@settings(max_examples=suite.pick(short=100, middle=300, long=5_000), deadline=None)
@given(st.lists(anything(), max_size=12))
def test_a_summary_never_shows_a_hash(commands: list[Command]) -> None:
    state, events = run(commands)
    if state is not None:
        text = msgspec.json.encode(summarize(state, len(events))).decode()
        assert state.secret_hash not in text
        assert (state.earlier_hash or "no hash") not in text

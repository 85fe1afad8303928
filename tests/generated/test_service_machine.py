"""The real service over HTTP under random calls, restarts and kills, beside a naive model of all it has promised.

Each write is tried before it is made: what the dry run tells must come true.

    SUITE=long python -m pytest tests/generated/test_service_machine.py

runs the long form.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from tests import suite
from tests.contract.given import feed
from tests.generated.foreseeing import ForeseeingService
from tests.generated.holding_calls import HoldingCalls
from tests.generated.plan_rules import PlanRules
from tests.generated.service_model import packages

EXAMPLES = suite.pick(short=12, middle=15, long=2_000)
STEPS = 40
"""Calls in an example."""

OFTEN = {"POST 201", "POST 409", "PUT 200", "PATCH 200", "PATCH 412"}
REACHED = suite.pick(short=OFTEN, middle=OFTEN, long=OFTEN | {"stop", "kill", "DELETE 204"})
"""What must have happened: chance brings the seldom ones in many examples only."""


class ServiceMachine(PlanRules, HoldingCalls):
    """Everything that may be asked of the service, and a restart now and then."""

    @initialize(package=packages)
    def begin(self, package: dict[str, int]) -> None:
        """Begin where the journal ends, with a plan and an account."""
        self.position = self.beginning = len(feed(self.service))
        self.plans, self.customers = [], []
        self.define(package=package)
        self.sign_up(0, None, None)

    @precondition(lambda self: self.position > self.beginning + 5)
    @rule(how=st.sampled_from([*["no"] * 8, "stop", "kill"]))
    def restart(self, how: str) -> None:
        """Stop the service or kill it, now and then, and start it again."""
        if how == "no":
            return
        if how == "stop":
            assert self.service.stop() == 0
        else:
            self.service.kill()
        self.service.start()
        self.steps.append(how)
        self.check_everything()


@suite.thorough
def test_the_service_does_what_the_model_does(tmp_path: Path) -> None:
    with ForeseeingService(tmp_path / "seatkeeper.db") as running:

        class Machine(ServiceMachine):
            service = running
            steps: ClassVar[list[str]] = []

        bounds = settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=suite.FORM != "long",
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        run_state_machine_as_test(Machine, settings=bounds)
    steps = Machine.steps
    print(Counter(steps))
    assert len(steps) >= EXAMPLES * 10
    assert set(steps) >= REACHED
    assert [step for step in steps if step[-3:] in {"500", "501", "502", "503"}] == []

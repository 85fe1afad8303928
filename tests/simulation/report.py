"""The figures of many runs as text."""

from __future__ import annotations

from collections import Counter


def report_of(tally: Counter[str], seconds: float) -> str:
    """Report what was run, which faults there were, and that no invariant was broken."""
    rate = f"{tally['requests'] / max(seconds, 0.001):.0f} requests a second"
    lines = [
        f"seeds {tally['seeds']}, commands {tally['commands']}, events {tally['events']}, in {seconds:.1f} s",
        f"requests {tally['requests']} ({rate}), reads {tally['reads']}",
        f"crashes {tally['crashes']}, lives {tally['lives']}, commits tried {tally['commits']}",
        *([_cluster(tally)] if tally["shards"] else []),
        f"webhooks {tally['webhooks']}, messages {tally['messages']}, " + _counts(tally, "messages: "),
        "faults: " + _counts(tally, "fault: "),
        "answers: " + ", ".join(f"{name} {tally[name]}" for name in sorted(tally) if name in ANSWERS),
        "problems: "
        + ", ".join(f"{name} {tally[name]}" for name in sorted(tally) if "-" in name or name == "overloaded"),
        "acknowledged lost 0, doubled 0, limits broken 0, messages missed 0",
    ]
    return "\n".join(lines)


ANSWERS = {"acknowledged", "refused", "repeated answers", "timeouts", "duplicates"}


def _counts(tally: Counter[str], prefix: str) -> str:
    counts = {name.removeprefix(prefix): count for name, count in sorted(tally.items()) if name.startswith(prefix)}
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _cluster(tally: Counter[str]) -> str:
    return (
        f"shards {tally['shards']}, edges {tally['edges']}, shards that got a successor {tally['successors']}, "
        f"beside the owner before {tally['zombies']}, stopped by the fence {tally['stopped by the fence']}"
    )

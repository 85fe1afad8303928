"""What every process shows of itself: which version it is, and what it takes of the machine."""

from __future__ import annotations

import platform
from importlib.metadata import version

from prometheus_client import ProcessCollector

from seatkeeper.http.observability.metrics import Metrics


def show_process(metrics: Metrics) -> None:
    """Show the version of this process, when it was started, its memory, its time and its files."""
    described = {"version": version("seatkeeper"), "python": platform.python_version()}
    metrics.info("seatkeeper_build_info", "1, with the versions of what runs.", described)
    ProcessCollector(registry=metrics.registry)

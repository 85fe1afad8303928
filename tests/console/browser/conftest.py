"""One service and one browser for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.console.browser.stage import Stage, staged
from tests.console.world import World, furnish


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("console")) as running:
        yield running


@pytest.fixture(scope="module")
def world(stage: Stage) -> World:
    return furnish(stage.service)

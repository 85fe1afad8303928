"""Doors for the tests of access control."""

from __future__ import annotations

import pytest

from tests.access_control.doors import Door


@pytest.fixture
def door() -> Door:
    """The access control of a service that holds no key yet."""
    return Door()

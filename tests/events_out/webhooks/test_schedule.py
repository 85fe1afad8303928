"""When a delivery is tried again."""

from __future__ import annotations

import pytest

from seatkeeper.http.events_out.webhooks.schedule import asked_wait, next_try, read_time, written

DAY = 86_400.0
NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("attempts", "least", "most"),
    [
        (1, 5, 6.25),
        (2, 7.5, 12.5),
        (3, 15, 25),
        (10, 1_920, 3_200),
        (15, 61_440, DAY),
        (16, 64_800, DAY),
        (900, 64_800, DAY),
    ],
)
def test_a_wait_is_longer_each_time_with_jitter(attempts: int, least: float, most: float) -> None:
    assert next_try(attempts, NOW, NOW, random=lambda: 0.0) == NOW + least
    assert next_try(attempts, NOW, NOW, random=lambda: 1.0) == NOW + most


def test_the_last_try_is_at_the_end_of_three_days() -> None:
    assert next_try(16, NOW, NOW + 2.9 * DAY, random=lambda: 0.5) == NOW + 3 * DAY
    assert next_try(17, NOW, NOW + 3 * DAY, random=lambda: 0.5) is None


def test_an_endpoint_may_ask_for_a_longer_wait_and_not_for_a_shorter() -> None:
    assert next_try(1, NOW, NOW, random=lambda: 0.0, asked=300) == NOW + 300
    assert next_try(10, NOW, NOW, random=lambda: 0.0, asked=300) == NOW + 1_920
    assert next_try(1, NOW, NOW, random=lambda: 0.0, asked=1e9) == NOW + DAY


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        *((None, 0.0), ("", 0.0), ("soon", 0.0), ("-5", 0.0), ("1.5", 0.0), ("²", 0.0)),
        *(("120", 120.0), (" 0 ", 0.0), ("9" * 5_000, 999_999_999.0)),
        *(("Tue, 14 Nov 2023 22:14:20 GMT", 60.0), ("Tue, 14 Nov 2023 22:00:00 GMT", 0.0)),
        *(("Tue, 14 Nov 2023 22:14:20", 60.0), ("Tue, 99 Nov 2023 99:99:99 GMT", 0.0)),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float) -> None:
    assert asked_wait(header, NOW) == seconds


def test_moments_are_written_as_in_the_journal() -> None:
    assert written(NOW + 0.25) == "2023-11-14T22:13:20.250Z"
    assert read_time(written(NOW + 0.25)) == NOW + 0.25

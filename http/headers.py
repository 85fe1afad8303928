"""Names of headers that aiohttp has no constants for, or spells otherwise, in the form in which it looks headers up.

As plain texts they would be folded each time: 40 ns for each that is looked for, 240 ns for each that is set.
"""

from __future__ import annotations

from typing import Final

from multidict import istr

ETAG: Final = istr("ETag")
IDEMPOTENCY_KEY: Final = istr("Idempotency-Key")
IDEMPOTENCY_REPLAYED: Final = istr("Idempotency-Replayed")
JOURNAL: Final = istr("Seatkeeper-Journal")
ON_BEHALF_OF: Final = istr("Seatkeeper-On-Behalf-Of")
POSITION: Final = istr("Seatkeeper-Position")
RATE_LIMIT: Final = istr("RateLimit")
RATE_LIMIT_POLICY: Final = istr("RateLimit-Policy")
REQUEST_ID: Final = istr("X-Request-Id")
SEC_FETCH_SITE: Final = istr("Sec-Fetch-Site")
TRACEPARENT: Final = istr("traceparent")

"""What the routes of webhooks work with beside commands and queries: secrets, pings, and addresses."""

from __future__ import annotations

import asyncio
import base64
import logging
import secrets
from collections.abc import Awaitable, Callable

from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.http.api.later import Later
from seatkeeper.storage.deliveries import Attempt, Deliveries

logger = logging.getLogger(__name__)

SECRET_BYTES = 32


def new_secret() -> str:
    """Make a secret as Standard Webhooks writes it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


async def not_sent(_webhook_id: str) -> Attempt | None:
    """Send no ping, where there are no deliveries."""
    return None


class WebhookService:
    """The tables of the deliveries, the sending of a ping, and the rules of addresses."""

    def __init__(
        self,
        deliveries: Deliveries,
        *,
        ping: Callable[[str], Awaitable[Attempt | None]],
        url_problem: Callable[[str], str | None],
    ) -> None:
        """Hold these: `ping` sends a message to a webhook now, `url_problem` says why an address is refused."""
        self.deliveries = deliveries
        self.ping = ping
        self.url_problem = url_problem
        self.later = Later()
        self.creating = asyncio.Lock()
        """Held while a webhook is made, so that two at once are not both the last that there may be."""

    async def forget(self, forgetting: Awaitable[None], webhook_id: str) -> None:
        """Remove what is no longer needed; where that fails, the next start does it."""
        try:
            await forgetting
        except (NotStored, OutcomeUnknown) as error:
            logger.warning("rows of a webhook were left", extra={"webhook_id": webhook_id, "reason": repr(error)})

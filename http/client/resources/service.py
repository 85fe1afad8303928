"""The service itself: receipts, the clock of a sandbox, and what operators ask for."""

from __future__ import annotations

import dataclasses
from typing import Unpack

from msgspec import UNSET, UnsetType

from seatkeeper.http.client.calls import Call, ReadOptions, WriteOptions
from seatkeeper.http.client.methods import C, Resource, read, write
from seatkeeper.http.client.structs.service import Clock, Health, Receipt
from seatkeeper.http.client.verbs import get, path, post


class Receipts(Resource[C]):
    """The stored answers to commands with an idempotency key."""

    @read
    def get(self, key: str, *, of: str | UnsetType = UNSET, **options: Unpack[ReadOptions]) -> Call[Receipt]:
        """Read the stored answer to the command with this idempotency key; `of` is whose, for an admin."""
        return get(path("receipts", key), Receipt, options, {"of": of})


class SandboxClock(Resource[C]):
    """The clock of a sandbox, which stands still until it is moved."""

    @read
    def get(self, **options: Unpack[ReadOptions]) -> Call[Clock]:
        """Read the clock of a sandbox."""
        return get(path("clock"), Clock, options)

    @write
    def move(self, *, advance_seconds: int, **options: Unpack[WriteOptions]) -> Call[Clock]:
        """Move the clock of a sandbox on, and return when all that became due on the way is done."""
        return post(path("clock"), Clock, options, {"advance_seconds": advance_seconds})


class Operations(Resource[C]):
    """What operators ask a service."""

    @read
    def live(self, **options: Unpack[ReadOptions]) -> Call[Health]:
        """Ask whether the process runs."""
        return get("/livez", Health, options)

    @read
    def ready(self, **options: Unpack[ReadOptions]) -> Call[Health]:
        """Ask once whether the service serves writes; raise NotReady, which says why not."""
        return dataclasses.replace(get("/readyz", Health, options), repeated=False)

    @read
    def metrics(self, **options: Unpack[ReadOptions]) -> Call[str]:
        """Read the metrics in the format of Prometheus."""
        return get("/metrics", str, options)

    @read
    def openapi(self, **options: Unpack[ReadOptions]) -> Call[dict[str, object]]:
        """Read the description of the API in OpenAPI 3.1."""
        return get("/openapi.json", dict[str, object], options)

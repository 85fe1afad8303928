"""API keys: who may do what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from msgspec import UNSET, UnsetType

from seatkeeper.http.client.calls import Call, Listing, PageOptions, ReadOptions, WriteOptions
from seatkeeper.http.client.methods import C, Resource, listing, read, write
from seatkeeper.http.client.structs.answers import ApiKey, ApiKeyWithSecret, Page
from seatkeeper.http.client.structs.values import Scope
from seatkeeper.http.client.verbs import get, pages, path, post


class ApiKeys(Resource[C]):
    """Who may do what."""

    @write
    def create(
        self,
        *,
        name: str,
        scopes: Sequence[Scope],
        expires_at: datetime | UnsetType | None = UNSET,
        rate_limit: int | UnsetType | None = UNSET,
        **options: Unpack[WriteOptions],
    ) -> Call[ApiKeyWithSecret]:
        """Make an API key; its secret is in the first answer only. `rate_limit` is in requests a second."""
        body = {"name": name, "scopes": scopes, "expires_at": expires_at, "rate_limit": rate_limit}
        return post(path("api-keys"), ApiKeyWithSecret, options, body)

    @listing
    def list(self, **options: Unpack[PageOptions]) -> Listing[Page[ApiKey], ApiKey]:
        """List API keys, oldest first."""
        return pages(path("api-keys"), Page[ApiKey], options)

    @read
    def get(self, key_id: str, **options: Unpack[ReadOptions]) -> Call[ApiKey]:
        """Read an API key."""
        return get(path("api-keys", key_id), ApiKey, options)

    @write
    def rotate(
        self, key_id: str, *, overlap_seconds: int | UnsetType = UNSET, **options: Unpack[WriteOptions]
    ) -> Call[ApiKeyWithSecret]:
        """Give an API key another secret, which is in the first answer only; the old one works during the overlap."""
        where = path("api-keys", key_id, "rotate")
        return post(where, ApiKeyWithSecret, options, {"overlap_seconds": overlap_seconds})

    @write
    def revoke(self, key_id: str, **options: Unpack[WriteOptions]) -> Call[ApiKey]:
        """End an API key for ever, on every connection at once."""
        return post(path("api-keys", key_id, "revoke"), ApiKey, options)

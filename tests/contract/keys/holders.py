"""Keys that tests make, and requests that come with one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.given import a_word
from tests.contract.shapes import ApiKey, KeyWithSecret, answer

if TYPE_CHECKING:
    import requests

    from tests.service import Service


class Holder:
    """Who holds a key that was just made."""

    def __init__(self, service: Service, *scopes: str, **fields: object) -> None:
        body = {"name": a_word(), "scopes": list(scopes), **fields}
        made = answer(service.post("/v1/api-keys", body), 201, KeyWithSecret)
        assert made.secret is not None
        self.service = service
        self.key = made.api_key
        self.secret = made.secret
        self.path = f"/v1/api-keys/{self.key.key_id}"

    def send(self, method: str, path: str, body: bytes | None = None, secret: str | None = None) -> requests.Response:
        """Send a request with this key."""
        headers = {"Authorization": f"Bearer {secret or self.secret}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self.service.send(method, path, body, headers)

    def status(self, secret: str | None = None) -> int:
        """The status of a read with this key, or with another secret."""
        return self.send("GET", "/v1/accounts", secret=secret).status_code

    def rotate(self, **body: object) -> str:
        """Give the key another secret."""
        made = answer(self.service.post(f"{self.path}/rotate", body or None), 200, KeyWithSecret)
        assert made.secret is not None
        return made.secret

    def revoke(self) -> ApiKey:
        """End the key."""
        return answer(self.service.post(f"{self.path}/revoke"), 200, ApiKey)

    def shown(self) -> ApiKey:
        """The key as it is shown now."""
        return answer(self.service.get(self.path), 200, ApiKey)

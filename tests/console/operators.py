"""An operator at the console: what a browser without JavaScript does, over a real connection."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import requests

from seatkeeper.http.access.credentials import new_credential
from tests.service import REQUEST_DEADLINE, Service

TEAM = "00000000-0000-7000-8000-000000000002"
ROOT_ID = "01900000-0000-7000-8000-00000000000a"
PROXY = ("--trusted-proxies", "127.0.0.1")


@contextmanager
def a_closed_service(folder: Path, *options: str) -> Iterator[Service]:
    """A service that has a root key, which is the key of this Service too, behind a proxy on this machine."""
    key = str(new_credential(ROOT_ID))
    file = folder / "root.key"
    file.write_text(f"{key}\n", encoding="utf-8")
    file.chmod(0o600)
    with Service(folder / "closed.db", "--root-key-file", str(file), *PROXY, *options) as service:
        service.key = key
        yield service


def a_key(service: Service, *scopes: str) -> tuple[str, str]:
    """Make a key; its id and its secret."""
    made = service.post("/v1/api-keys", {"name": "a key", "scopes": list(scopes)}).json()
    return made["api_key"]["key_id"], made["secret"]


class Form(HTMLParser):
    """The fields of the last form on a page that is sent to an address, as they stand there."""

    def __init__(self, page: str, action: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.names: set[str] = set()
        self.buttons: set[str] = set()
        self._action = action
        self._inside = False
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = re.split(r"[?#]", found.get("action", ""))[0] == self._action
        if not self._inside or ("name" not in found and tag != "option"):
            return
        if tag == "button":
            self.buttons.add(found.get("value", ""))
            return
        self.names.add(found.get("name", self._select))
        self._take(tag, found)

    def _take(self, tag: str, found: Mapping[str, str]) -> None:
        if tag == "select":
            self._select = found["name"]
            self.fields[self._select] = [""]
        elif tag == "option" and "selected" in found:
            self.fields[self._select] = [found["value"]]
        elif tag == "textarea":
            self.fields[found["name"]] = [""]
        elif tag == "input" and (found.get("type") != "checkbox" or "checked" in found):
            self.fields.setdefault(found["name"], []).append(found.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


class Operator:
    """A browser, signed in or not."""

    def __init__(self, service: Service, **headers: str) -> None:
        self.service = service
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update(headers)

    def get(self, path: str, **query: str) -> requests.Response:
        """Open a page below /console."""
        return self._send("GET", path, params=query)

    def post(self, path: str, form: Mapping[str, object], **headers: str) -> requests.Response:
        """Send a form to a page below /console."""
        return self._send("POST", path, data=form, headers=headers)

    def _send(self, method: str, path: str, **more: object) -> requests.Response:
        url = f"{self.service.url}/console{path}"
        return self.session.request(method, url, timeout=REQUEST_DEADLINE, allow_redirects=False, **more)  # type: ignore[arg-type]

    def sign_in(self, key: str) -> requests.Response:
        """Sign in with a key, by the form."""
        form = Form(self.get("/sign-in").text, "/console/sign-in")
        return self.post("/sign-in", {**form.fields, "key": key})

    def token(self) -> str:
        """The token of a form of this session."""
        return Form(self.get("/do/define_plan").text, "/console/do/define_plan").fields["csrf"][0]

    def fill_in(self, name: str, values: Mapping[str, object] | None = None, **ids: str) -> Draft:
        """Open the form of a call, and fill it in."""
        return Draft(self, name, self.get(f"/do/{name}", **ids), dict(values or {}))


class Draft:
    """A form that is filled in: tried, and done."""

    def __init__(self, operator: Operator, name: str, response: requests.Response, values: dict[str, object]) -> None:
        self._operator = operator
        self._name = name
        self.response = response
        self.values = values
        self.form = Form(response.text, f"/console/do/{name}")

    def send(self, step: str, **changed: object) -> Draft:
        """Send it, and be what comes back."""
        sent = {**self.form.fields, **self.values, "step": step, **changed}
        return Draft(self._operator, self._name, self._operator.post(f"/do/{self._name}", sent), self.values)

    @property
    def text(self) -> str:
        """What the page says, without its markup."""
        return words(self.response.text)


def words(page: str) -> str:
    """The text of the main part of a page."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", main.partition(">")[2]).split())


def sign_up(service: Service, name: str = "Analytical Engines", plan_id: str = TEAM) -> str:
    """Open an account; its id."""
    body = {"account_name": name, "user_name": "Ada", "plan_id": plan_id}
    account_id = service.post("/v1/signups", body).json()["account"]["account_id"]
    return str(account_id)

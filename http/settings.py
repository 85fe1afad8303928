"""Settings: every option with its default and its bounds, on the command line and in the environment."""

from __future__ import annotations

import argparse
import ipaddress
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from seatkeeper.actors.aggregates.timers import A_SECOND
from seatkeeper.http.access import names
from seatkeeper.http.fields import Currency
from seatkeeper.http.observability.logs import Form, Level
from seatkeeper.http.server.validation import FieldError

Count = Annotated[int, msgspec.Meta(ge=1, le=100_000_000)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=3600)]


_LISTS: Mapping[str, Callable[[str], object]] = {
    "allowed_hosts": names.hosts,
    "cors_origins": names.origins,
    "trusted_proxies": names.networks,
}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The options of `seatkeeper serve`; each can stand in the environment as SEATKEEPER_<NAME>."""

    database: Annotated[
        str,
        msgspec.Meta(
            min_length=1, description="the SQLite file, made if it is not there; or postgresql://user@host/name"
        ),
    ]
    host: Annotated[str, msgspec.Meta(description="the address to listen on; without an API key, loopback only")] = (
        "127.0.0.1"
    )
    port: Annotated[int, msgspec.Meta(ge=0, le=65535, description="the port; 0 picks a free one")] = 8080
    starter_plans: Annotated[
        bool, msgspec.Meta(description="put free, team and business up for sale in an empty database")
    ] = False
    sandbox: Annotated[
        bool, msgspec.Meta(description="a clock that stands still until POST /v1/clock moves it; its own database")
    ] = False
    reuse_port: Annotated[
        bool, msgspec.Meta(description="let other processes listen on the same port (SO_REUSEPORT)")
    ] = False
    standby: Annotated[
        bool, msgspec.Meta(description="wait until no other process has the PostgreSQL database; do not take it over")
    ] = False
    currency: Annotated[Currency, msgspec.Meta(description="of the credit of accounts that name none")] = "EUR"
    root_key_file: Annotated[
        str, msgspec.Meta(description="a file with a key that may do everything; made if it is not there")
    ] = ""
    allowed_hosts: Annotated[
        str, msgspec.Meta(description="with keys, the hosts to answer to, with commas between; any if there are none")
    ] = ""
    cors_origins: Annotated[
        str, msgspec.Meta(description="with keys, the origins whose pages may call, like https://app.example.com")
    ] = ""
    trusted_proxies: Annotated[
        str, msgspec.Meta(description="networks of proxies whose Forwarded or X-Forwarded-For is believed")
    ] = ""
    console: Annotated[bool, msgspec.Meta(description="serve the pages for operators at /console")] = True
    access_log: Annotated[bool, msgspec.Meta(description="log a line for each request")] = False
    log_level: Annotated[Level, msgspec.Meta(description="log what is of this level or above it: debug, info, ...")] = (
        "info"
    )
    log_format: Annotated[
        Form, msgspec.Meta(description="how the log is written: json, or text to be read in a terminal")
    ] = "json"
    traces: Annotated[
        bool, msgspec.Meta(description="send traces to an OpenTelemetry collector, as the OTEL_ variables say")
    ] = False
    webhook_http: Annotated[bool, msgspec.Meta(description="deliver to http:// addresses too")] = False
    webhook_private_addresses: Annotated[
        bool, msgspec.Meta(description="deliver to private and loopback addresses too")
    ] = False
    live_actors: Annotated[Count, msgspec.Meta(description="aggregates kept in memory, at most")] = 100_000
    timers_a_second: Annotated[Count, msgspec.Meta(description="accounts woken a second for what is due, at most")] = (
        A_SECOND
    )
    inbox: Annotated[Count, msgspec.Meta(description="commands that may wait for one aggregate")] = 1_000
    in_flight: Annotated[Count, msgspec.Meta(description="requests under way, at most")] = 2_000
    connections: Annotated[Count, msgspec.Meta(description="connections that may be open, at most")] = 5_000
    header_deadline: Annotated[Seconds, msgspec.Meta(description="seconds for the first request of a connection")] = (
        10.0
    )
    stream_readers: Annotated[Count, msgspec.Meta(description="clients that may follow the journal, at most")] = 2_000
    command_deadline: Annotated[Seconds, msgspec.Meta(description="seconds for a command to be answered")] = 30.0
    body_deadline: Annotated[Seconds, msgspec.Meta(description="seconds for a request body to arrive")] = 10.0
    write_deadline: Annotated[Seconds, msgspec.Meta(description="seconds for a client to take its answers")] = 20.0
    stop_deadline: Annotated[Seconds, msgspec.Meta(description="seconds for what runs to finish at the end")] = 20.0

    def __post_init__(self) -> None:
        for name, read in _LISTS.items():
            try:
                read(getattr(self, name))
            except ValueError as error:
                raise FieldError(name, str(error)) from error

    @property
    def path(self) -> Path:
        """The file of the database."""
        return Path(self.database)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach this host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for every setting."""
    for info in msgspec.inspect.type_info(Settings).fields:  # type: ignore[attr-defined]
        option = "--" + info.name.replace("_", "-")
        description = _description(info.type)
        default = None if info.required else info.default
        if isinstance(default, bool):
            parser.add_argument(option, help=description, default=None, action=argparse.BooleanOptionalAction)
        else:
            parser.add_argument(option, help=f"{description} (default: {default})" if default else description)


def _description(info: msgspec.inspect.Type) -> str:
    schema = info.extra_json_schema if isinstance(info, msgspec.inspect.Metadata) else None
    return str((schema or {}).get("description", ""))


def read(options: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """Read the settings: the command line wins over the environment; raise ValidationError for what is wrong."""
    given: dict[str, object] = {}
    for name in Settings.__struct_fields__:
        variable = environment.get(f"SEATKEEPER_{name.upper()}")
        if options.get(name) is not None:
            given[name] = options[name]
        elif variable is not None:
            given[name] = variable
    return msgspec.convert(given, Settings, strict=False)

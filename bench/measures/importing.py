"""`seatkeeper import`: a file of accounts with their members, into an empty service, and the same once more."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING, Final

import msgspec

from bench import client, servers
from bench.failure import BenchFailure
from bench.stored import connected, verify, verify_accounts

if TYPE_CHECKING:
    from pathlib import Path

    from bench.servers import Server
    from bench.setting import Setting

NAME: Final = "importing"
ACCOUNTS: Final = 10_000
MEMBERS: Final = 5
"""Of each account: an admin, who signs it up, and others, every second one of them with a seat."""

LONGEST: Final = 120.0


class Importing(msgspec.Struct, frozen=True):
    """So many accounts with so many members were imported in so many seconds, and in so many when they were there.

    Beside them, the seconds of CPU time of the service and of the import, when the accounts were new.
    """

    accounts: int
    members: int
    seconds: float
    seconds_again: float
    service_cpu: float
    import_cpu: float

    def rate(self) -> float:
        """Give the accounts a second."""
        return self.accounts / self.seconds


class Told(msgspec.Struct):
    """What `seatkeeper import --json` tells."""

    accounts: int
    repeated: int
    members: int
    failed: int
    seconds: float


def measure(setting: Setting) -> Importing:
    """Write the file, import it twice, and check that everything is there once."""
    path = setting.directory / "customers.jsonl"
    write(path)
    with setting.serving(NAME) as service:
        setting.timeline.show(f"importing {ACCOUNTS:,} accounts")
        service_cpu, import_cpu = service.cpu_seconds(), children_cpu()
        first = run(path, service)
        service_cpu, import_cpu = service.cpu_seconds() - service_cpu, children_cpu() - import_cpu
        again = run(path, service)
    if (first.repeated, again.repeated) != (0, ACCOUNTS):
        raise BenchFailure(f"{first.repeated} and {again.repeated} accounts were there from an import before")
    verify_accounts(setting.file(NAME), ACCOUNTS)
    members = count_members(setting.file(NAME))
    if members != ACCOUNTS * MEMBERS:
        raise BenchFailure(f"{ACCOUNTS * MEMBERS} members were imported, and {members} are there")
    verify(setting.file(NAME))
    return Importing(first.accounts, members, first.seconds, again.seconds, service_cpu, import_cpu)


def write(path: Path) -> None:
    """Write the file that is imported."""
    with path.open("wb") as file:
        for number in range(ACCOUNTS):
            row = {
                "account_name": f"Customer {number}",
                "plan_id": client.BUSINESS_PLAN,
                "external_id": f"customer-{number}",
                "metadata": {"region": "eu"},
                "members": [member(number, place) for place in range(MEMBERS)],
            }
            file.write(msgspec.json.encode(row) + b"\n")


def member(account: int, place: int) -> dict[str, object]:
    """Give a member of an account."""
    return {
        "name": f"Member {place} of {account}",
        "email": f"member{place}@customer{account}.example.com",
        "role": "member" if place else "admin",
        "seated": place % 2 == 1,
        "external_id": f"user-{account}-{place}",
    }


def run(path: Path, service: Server) -> Told:
    """Import the file, on the core of the load; BenchFailure unless it ends well."""
    url = f"http://127.0.0.1:{service.port}"
    command = [*servers.installed(), "import", str(path), "--url", url, "--json"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        raise BenchFailure(f"seatkeeper import did not end within {LONGEST:.0f} s") from None
    if done.returncode != 0:
        raise BenchFailure(f"seatkeeper import: {done.stdout[-2000:].decode()}{done.stderr[-2000:].decode()}")
    return msgspec.json.decode(done.stdout, type=Told)


def children_cpu() -> float:
    """Give the CPU time of all processes that were started here and have ended."""
    times = os.times()
    return times.children_user + times.children_system


def count_members(database: Path) -> int:
    """Count the members in the file of a stopped server."""
    with closing(connected(database)) as connection:
        ((count,),) = connection.execute("SELECT count(*) FROM members")
        return int(count)

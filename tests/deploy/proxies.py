"""nginx and Caddy in front of a service, each with the configuration of deploy/ on ports of this test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import trustme

from tests.torture.rig.machinery import eventually, need

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
NAME = "seatkeeper.example.com"
START_DEADLINE = 20.0


class Proxy(NamedTuple):
    """Where a proxy listens, and what its certificate is checked with."""

    port: int
    authority: Path

    def curl(self, path: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Ask for a path as curl does, by the name of the certificate; what it printed and how it ended."""
        resolved = ["--resolve", f"{NAME}:{self.port}:127.0.0.1", "--cacert", str(self.authority)]
        url = f"https://{NAME}:{self.port}{path}"
        command = ["curl", "--silent", "--noproxy", "*", "--max-time", "20", *resolved, *options, url]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


class Certificate(NamedTuple):
    """The files of a certificate for the name of the examples."""

    authority: Path
    chain: Path
    key: Path

    @classmethod
    def made_in(cls, folder: Path) -> Certificate:
        """Make one that an authority of its own signs."""
        authority = trustme.CA()
        issued = authority.issue_cert(NAME)
        made = cls(folder / "authority.pem", folder / "certificate.pem", folder / "key.pem")
        authority.cert_pem.write_to_path(made.authority)
        made.chain.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(made.key)
        return made


def replaced(path: Path, changes: Mapping[str, str]) -> str:
    """Read a configuration with what a machine has to set; what is replaced must stand there."""
    text = path.read_text("utf-8")
    for stands, here in changes.items():
        assert stands in text, f"{path.name} does not have {stands!r}"
        text = text.replace(stands, here)
    return text


@contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[Proxy]:
    """Run nginx with deploy/nginx/seatkeeper.conf."""
    need("nginx", "curl")
    port, plain = free_ports()
    certificate = Certificate.made_in(folder)
    changes = {
        "127.0.0.1:8080": f"127.0.0.1:{upstream}",
        "listen 443": f"listen 127.0.0.1:{port}",
        "listen 80": f"listen 127.0.0.1:{plain}",
        "/etc/ssl/seatkeeper/certificate.pem": str(certificate.chain),
        "/etc/ssl/seatkeeper/key.pem": str(certificate.key),
    }
    (folder / "seatkeeper.conf").write_text(replaced(DEPLOY / "nginx/seatkeeper.conf", changes))
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root; " if os.geteuid() == 0 else ""  # the folders of a test are closed to other users
    (folder / "nginx.conf").write_text(
        f"{user}daemon off; pid {folder}/nginx.pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {paths} include {folder}/seatkeeper.conf; }}\n"
    )
    with running([program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")], folder, port):
        yield Proxy(port, certificate.authority)


@contextmanager
def caddy(folder: Path, upstream: int) -> Iterator[Proxy]:
    """Run Caddy with deploy/caddy/Caddyfile."""
    need("caddy", "curl")
    port, plain = free_ports()
    certificate = Certificate.made_in(folder)
    ours = (
        f"admin off\n\tauto_https disable_redirects\n\thttp_port {plain}\n\thttps_port {port}\n\tdefault_bind 127.0.0.1"
    )
    changes = {
        "127.0.0.1:8080": f"127.0.0.1:{upstream}",
        "{\n\tservers": f"{{\n\t{ours}\n\tservers",
        f"{NAME} {{": f"{NAME} {{\n\ttls {certificate.chain} {certificate.key}",
    }
    (folder / "Caddyfile").write_text(replaced(DEPLOY / "caddy/Caddyfile", changes))
    with running([program("caddy"), "run", "--config", str(folder / "Caddyfile")], folder, port):
        yield Proxy(port, certificate.authority)


def program(name: str) -> str:
    """The path of a program that was found before."""
    return shutil.which(name) or name


@contextmanager
def running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    """Run a server from the moment on in which it listens, and end it."""
    homes = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, env=homes, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process,
    ):
        try:
            eventually(lambda: listens(port), START_DEADLINE, lambda: (folder / "log").read_text("utf-8"))
            yield
        finally:
            process.terminate()
            process.wait(START_DEADLINE)


def listens(port: int) -> bool:
    """Whether somebody listens on this port of loopback."""
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def free_ports() -> tuple[int, int]:
    """Two ports that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        return first.getsockname()[1], second.getsockname()[1]

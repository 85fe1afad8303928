"""Networks that can be cut: proxies on loopback which stop passing on, or close."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Self

DEADLINE = 30.0

Matches = Callable[[int], bool]
"""Whether the connection of a client, by its port, is meant."""


def any_client(_: int) -> bool:
    """Mean all connections."""
    return True


class Cable:
    """Forwards connections to an address, or as an HTTP proxy to the one that each client asks for (CONNECT)."""

    def __init__(self, target: int | None) -> None:
        """Forward to a port of 127.0.0.1, or to where the client wants."""
        self._target = target
        self._links: dict[asyncio.Task[None], int] = {}
        self._held: Matches | None = None
        self._verdicts: dict[int, bool] = {}
        self._mended = asyncio.Event()
        self.port = 0
        self.opened = 0

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close everything."""
        self._server.close()
        await self.tear()

    async def hold(self, matches: Matches = any_client) -> None:
        """Pass nothing on, in neither direction, also not for who connects now."""
        self._mended.clear()
        self._verdicts.clear()
        self._held = matches

    async def mend(self) -> None:
        """Pass on again, what was held first."""
        self._held = None
        self._mended.set()

    async def tear(self, matches: Matches = any_client) -> None:
        """Close connections, without a word to both ends."""
        torn = [link for link, port in self._links.items() if matches(port)]
        for link in torn:
            link.cancel()
        await asyncio.gather(*torn, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        port = int(writer.get_extra_info("peername")[1])
        self._links[task] = port
        self.opened += 1
        far: asyncio.StreamWriter | None = None
        try:
            await self._passable(port)
            host, to = ("127.0.0.1", self._target) if self._target is not None else await _asked_for(reader)
            answers, far = await asyncio.open_connection(host, to)
            if self._target is None:
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            both = (self._carry(port, reader, far), self._carry(port, answers, writer))
            ways = [asyncio.ensure_future(way) for way in both]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # there is nobody there, or it was torn: the streams would log a task that was cancelled
        finally:
            for end in (writer, far):
                if end is not None:
                    end.transport.abort()
            self._links.pop(task, None)

    async def _carry(self, port: int, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(1 << 16):
            await self._passable(port)
            sink.write(data)
            await sink.drain()

    async def _passable(self, port: int) -> None:
        while self._held is not None:
            if port not in self._verdicts:  # to look is slow, and there are thousands of messages
                self._verdicts[port] = self._held(port)
            if not self._verdicts[port]:
                return
            await self._mended.wait()


async def _asked_for(reader: asyncio.StreamReader) -> tuple[str, int]:
    """Read `CONNECT host:port HTTP/1.1` and its headers."""
    head = await reader.readuntil(b"\r\n\r\n")
    host, _, port = head.split(b" ", 2)[1].decode().rpartition(":")
    return host.strip("[]"), int(port)


class Cables:
    """The cables of a test, on a loop of their own, so that they outlive the tests that share them."""

    def __init__(self, **targets: int | None) -> None:
        """Make one for each name."""
        self._targets = targets

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._cables = {name: Cable(target) for name, target in self._targets.items()}
        for cable in self._cables.values():
            self._do(cable.start())
        return self

    def __exit__(self, *_: object) -> None:
        for cable in self._cables.values():
            self._do(cable.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE)
        self._loop.close()

    def _do(self, what: Coroutine[object, object, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(DEADLINE)

    def port(self, name: str) -> int:
        """Where a cable listens."""
        return self._cables[name].port

    def opened(self, name: str) -> int:
        """How many connections have gone through it."""
        return self._cables[name].opened

    def hold(self, name: str, matches: Matches = any_client) -> None:
        """See Cable."""
        self._do(self._cables[name].hold(matches))

    def mend(self, name: str) -> None:
        """See Cable."""
        self._do(self._cables[name].mend())

    def tear(self, name: str, matches: Matches = any_client) -> None:
        """See Cable."""
        self._do(self._cables[name].tear(matches))


def of_process(pid: int) -> Matches:
    """Mean the connections of a process."""

    def matches(port: int) -> bool:
        wanted = f"0100007F:{port:04X}"
        inodes = {line.split()[9] for line in _connections() if line.split()[1] == wanted}
        return bool(inodes & _sockets(pid))

    return matches


def _connections() -> list[str]:
    return Path("/proc/net/tcp").read_text("utf-8").splitlines()[1:]


def _sockets(pid: int) -> set[str]:
    found = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(str(file.readlink()).removeprefix("socket:[").removesuffix("]"))
        except OSError:  # it was closed meanwhile
            continue
    return found

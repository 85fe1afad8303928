"""The edges of this machine: started, started again when they end, replaced one by one, and ended."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Collection, Mapping

from seatkeeper.http.cluster.placement import edge_name
from seatkeeper.http.settings import Settings
from seatkeeper.storage.errors import DatabaseRefused

logger = logging.getLogger("seatkeeper.cluster")

AGAIN_AFTER = 1.0
"""Seconds before an edge that has ended by itself is started again."""

SOON, MOST_ENDS = 60.0, 3
"""An edge that ends so many times in a row, each within these seconds of its start, never works."""

GRACE = 10.0
"""Seconds beyond the stop deadline of an edge after which it is killed."""

Process = asyncio.subprocess.Process


def port_of_edge(settings: Settings, number: int) -> int:
    """Choose the port of an edge, 0 for any that is free: the same for all that share one, else the next for each."""
    return settings.port + number if settings.port and not settings.reuse_port else settings.port


class EdgeProcesses:
    """So many processes, each the child of this one; one that is to leave makes room for another."""

    def __init__(self, settings: Settings, count: int, environment: Mapping[str, str]) -> None:
        """Run edges with these settings, which they find in the environment."""
        self._settings = settings
        self._count = count
        self._environment = environment
        self._held: socket.socket | None = None
        self._edges: dict[int, Process] = {}
        self._next: dict[int, Process] = {}
        self._leaving: dict[Process, float] = {}
        self._began: dict[int, float] = {}
        self._ends: dict[int, int] = {}

    async def look(self, leaving: Collection[str], serving: Collection[str]) -> None:
        """Start the edges that are not there, and replace those that are to leave, by their names.

        `serving` are the names of those that take requests. Raise DatabaseRefused for one that never works.
        """
        for number in range(self._count):
            edge = self._edges.get(number)
            if edge is None:
                self._edges[number] = await self._start(number)
            elif edge.returncode is not None:
                await self._start_again(number, edge)
            elif edge_name(edge.pid) in leaving and edge not in self._leaving:
                await self._replace(number, edge, serving)
        self._kill_late_ones()

    async def _start(self, number: int) -> Process:
        self._began[number] = asyncio.get_running_loop().time()
        command = [sys.executable, "-m", "seatkeeper.http.cli", "cluster", "edge", "--port", str(self._port(number))]
        return await asyncio.create_subprocess_exec(*command, env=dict(self._environment))

    def _port(self, number: int) -> int:
        """Choose the port of an edge; those that share any that is free share the same one."""
        settings = self._settings
        if settings.port or not settings.reuse_port:
            return port_of_edge(settings, number)
        if self._held is None:  # held until the end, and never listened on
            self._held = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
            self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            self._held.bind((settings.host, 0))
        return int(self._held.getsockname()[1])

    async def _start_again(self, number: int, edge: Process) -> None:
        if self._leaving.pop(edge, None) is None and number not in self._next:
            logger.error("an edge has ended", extra={"edge": number, "status": edge.returncode})
            self._count_end(number)
            await asyncio.sleep(AGAIN_AFTER)
        following = self._next.pop(number, None)
        self._edges[number] = await self._start(number) if following is None else following

    async def _replace(self, number: int, edge: Process, serving: Collection[str]) -> None:
        """Have an edge end; if its port can be shared, only once the one that takes its place serves."""
        if self._settings.reuse_port:
            following = self._next.get(number)
            if following is None:
                self._next[number] = await self._start(number)
                return
            if following.returncode is not None:
                logger.error("the next edge has ended", extra={"edge": number, "status": following.returncode})
                del self._next[number]
                self._count_end(number)
                return
            if edge_name(following.pid) not in serving:
                return
        logger.info("an edge leaves", extra={"edge": number, "edge_pid": edge.pid})
        self._leaving[edge] = asyncio.get_running_loop().time()
        edge.terminate()

    def _kill_late_ones(self) -> None:
        latest = asyncio.get_running_loop().time() - self._settings.stop_deadline - GRACE
        for edge, since in self._leaving.items():
            if since < latest and edge.returncode is None:
                logger.error("an edge did not end in time", extra={"edge_pid": edge.pid})
                edge.kill()

    def _count_end(self, number: int) -> None:
        lived = asyncio.get_running_loop().time() - self._began[number]
        self._ends[number] = 1 if lived > SOON else self._ends.get(number, 0) + 1
        if self._ends[number] >= MOST_ENDS:
            message = f"edge {number} has ended {MOST_ENDS} times in a row: what it has logged says why"
            raise DatabaseRefused(message)

    async def end(self) -> None:
        """Have the edges answer what is under way, and end."""
        running = [edge for edge in (*self._edges.values(), *self._next.values()) if edge.returncode is None]
        for edge in running:
            edge.terminate()
        deadline = self._settings.stop_deadline + GRACE
        for edge in running:
            try:
                async with asyncio.timeout(deadline):
                    await edge.wait()
            except TimeoutError:
                logger.error("an edge did not end in time", extra={"edge_pid": edge.pid})  # noqa: TRY400 - there is no more to say
                edge.kill()
                await edge.wait()
        if self._held is not None:
            self._held.close()

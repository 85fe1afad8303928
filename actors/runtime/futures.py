"""Pykka's future, which can also be awaited without blocking the loop."""

from __future__ import annotations

import asyncio
import logging
import queue
import sys
import threading
from collections.abc import Callable, Generator
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import pykka

T = TypeVar("T")
ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]

logger = logging.getLogger(__name__)

_PENDING: Any = object()
_lock = threading.Lock()


class _Here(threading.local):
    loop: asyncio.AbstractEventLoop | None = None


_here = _Here()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop that runs in this thread, None where there is none.

    Up to Python 3.11, `asyncio.get_running_loop` asks the system for the process id on each call: 1 to 5 us.
    So this caches the loop while it runs. A loop must not move from one thread to another.
    """
    loop = _here.loop
    if loop is None or not loop.is_running():
        loop = _here.loop = _loop_of_this_thread()
    return loop


def _loop_of_this_thread() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class LoopFuture(pykka.Future[T]):
    """A pykka future that can be awaited on any loop without blocking it.

    On the thread of a running loop, `get()` raises RuntimeError if the future is not resolved yet.
    """

    _value: Any = _PENDING
    _exc_info: ExcInfo | None = None
    _get_hook: Callable[[float | None], T] | None = None
    _callbacks: list[Callable[[LoopFuture[T]], object]] | None = None
    _given_up = False
    _on_late_result: Callable[[], object] | None = None

    if not TYPE_CHECKING:
        __init__ = object.__init__  # not pykka's, which makes two more objects

    def done(self) -> bool:
        """Return whether the future has a value or an exception."""
        return self._value is not _PENDING

    def _resolve_with(self, value: Any, exc_info: ExcInfo | None) -> None:
        with _lock:
            if self._value is not _PENDING or self._get_hook is not None:
                if not self._given_up:
                    raise queue.Full
                on_late_result, self._on_late_result = self._on_late_result, None
                if on_late_result is not None:
                    on_late_result()
                return
            self._exc_info = exc_info
            self._value = value
            callbacks, self._callbacks = self._callbacks, None
        for callback in callbacks or ():
            try:
                callback(self)
            except Exception:  # it must affect neither the other callbacks nor the caller
                logger.exception("a callback of a future failed")

    def set(self, value: T | None = None) -> None:
        """Set the value; raise queue.Full if the future is resolved already."""
        self._resolve_with(value, None)

    def set_exception(self, exc_info: ExcInfo | None = None) -> None:
        """Set the exception that `get` and `await` raise: the given one, or the one that is being handled."""
        self._resolve_with(None, exc_info or sys.exc_info())

    def fail(self, error: BaseException) -> None:
        """Set this exception as the result."""
        self._resolve_with(None, (type(error), error, error.__traceback__))

    def give_up(self, error: BaseException, on_late_result: Callable[[], object] | None = None) -> None:
        """Set this exception, and ignore the result that comes later.

        `on_late_result` is called when it comes, in the thread that sets it, and must be short.
        """
        self._given_up = True
        self._on_late_result = on_late_result
        self.fail(error)

    def set_get_hook(self, func: Callable[[float | None], T]) -> None:
        """Make `get` call `func(timeout)` for the value."""
        with _lock:
            if self._value is not _PENDING:
                raise queue.Full
            self._get_hook = func

    def add_done_callback(self, callback: Callable[[LoopFuture[T]], object]) -> None:
        """Call the callback with this future, in the thread that resolves it, or at once if it is resolved."""
        with _lock:
            if self._value is _PENDING:
                if self._callbacks is None:
                    self._callbacks = [callback]
                else:
                    self._callbacks.append(callback)
                return
        callback(self)

    def get(self, *, timeout: float | None = None) -> Any:
        """Return the value or raise the exception; where no loop runs, wait `timeout` seconds at most."""
        if self._value is _PENDING:
            if self._get_hook is not None:
                self._value = self._get_hook(timeout)
            else:
                self._block(timeout)
        return self._result()

    def _block(self, timeout: float | None) -> None:
        if running_loop() is not None and (timeout is None or timeout > 0):
            message = "get() would block the running event loop: await the future instead"
            raise RuntimeError(message)
        resolved = threading.Event()
        self.add_done_callback(lambda _: resolved.set())
        if not resolved.wait(timeout):
            message = f"{timeout} seconds"
            raise pykka.Timeout(message)

    def _result(self) -> Any:
        if self._exc_info is None:
            return self._value
        exc_type, exc_value, traceback = self._exc_info
        if exc_value is None:
            exc_value = exc_type() if exc_type is not None else RuntimeError("set_exception() without an exception")
        if exc_value.__traceback__ is not traceback:
            raise exc_value.with_traceback(traceback)
        raise exc_value

    def __await__(self) -> Generator[Any, None, T]:
        """Wait on the running loop; a get hook runs in a thread, because it may block."""
        if self._value is _PENDING:
            loop = running_loop() or asyncio.get_running_loop()
            if self._get_hook is not None:
                return (yield from loop.run_in_executor(None, self.get))  # type: ignore[no-any-return]
            waiter = loop.create_future()
            self.add_done_callback(partial(_wake, loop, threading.get_ident(), waiter))
            yield from waiter
        return self._result()  # type: ignore[no-any-return]

    __iter__ = __await__


def _wake(loop: asyncio.AbstractEventLoop, thread: int, waiter: asyncio.Future[None], _: object) -> None:
    if threading.get_ident() == thread:
        if not waiter.done():
            waiter.set_result(None)
    else:
        loop.call_soon_threadsafe(_resolve, waiter)


def _resolve(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)

"""A reply that can be awaited: pykka's future without a blocked loop."""

from __future__ import annotations

import asyncio
import logging
import queue
import sys
import threading
from collections.abc import Callable, Generator
from functools import partial
from types import TracebackType, coroutine
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

    Up to Python 3.11, asyncio asks the system for the process id each time that it is asked for the loop, which costs 1
    to 5 us; so the last answer is kept while that loop runs. A loop must not move from one thread to another.
    """
    loop = _here.loop
    if loop is None or not loop.is_running():
        loop = _here.loop = asyncio._get_running_loop()  # noqa: SLF001 - the public one raises where there is none
    return loop


class LoopFuture(pykka.Future[T]):
    """A pykka future that can be awaited on any loop without blocking it.

    On the thread of a running loop, `get()` of a value that is not there yet raises RuntimeError instead of hanging.
    """

    _value: Any = _PENDING
    _exc_info: ExcInfo | None = None
    _get_hook: Callable[[float | None], T] | None = None
    _callbacks: list[Callable[[LoopFuture[T]], object]] | None = None
    _given_up = False
    _over: Callable[[], object] | None = None

    unseen = False
    """Tells that whoever asked for the answer has not got this future yet."""

    if not TYPE_CHECKING:
        __init__ = object.__init__  # not pykka's, which makes two objects more; and no call of a function

    def hooked(self) -> bool:
        """Tell whether a get hook still has to make the value."""
        return self._value is _PENDING and self._get_hook is not None

    def done(self) -> bool:
        """Tell whether the value, or the exception, is there."""
        return self._value is not _PENDING

    def _settle(self, value: Any, exc_info: ExcInfo | None) -> None:
        with _lock:
            if self._value is not _PENDING or self._get_hook is not None:
                if not self._given_up:
                    raise queue.Full
                over, self._over = self._over, None
                if over is not None:
                    over()
                return
            self._exc_info = exc_info
            self._value = value
            callbacks, self._callbacks = self._callbacks, None
        for callback in callbacks or ():
            try:
                callback(self)
            except Exception:  # its own affair: neither the others nor who settles may suffer
                logger.exception("a callback of a future failed")

    def set(self, value: T | None = None) -> None:
        """Set the value; raises queue.Full the second time."""
        self._settle(value, None)

    def set_exception(self, exc_info: ExcInfo | None = None) -> None:
        """Set the exception that is being handled, or the given one, to be raised by `get` and `await`."""
        self._settle(None, exc_info or sys.exc_info())

    def fail(self, error: BaseException) -> None:
        """Set this exception."""
        self._settle(None, (type(error), error, error.__traceback__))

    def give_up(self, error: BaseException, over: Callable[[], object] | None = None) -> None:
        """Set this exception in the place of whoever should have settled; what they say later is not heard.

        `over` is called when they say it, in their thread, and must be short.
        """
        self._given_up = True
        self._over = over
        self.fail(error)

    def follow(self, settled: LoopFuture[T]) -> None:
        """Settle as another future was."""
        self._settle(settled._value, settled._exc_info)

    def set_get_hook(self, func: Callable[[float | None], T]) -> None:
        """Have `func(timeout)` make the value when it is asked for."""
        with _lock:
            if self._value is not _PENDING:
                raise queue.Full
            self._get_hook = func

    def add_done_callback(self, callback: Callable[[LoopFuture[T]], object]) -> None:
        """Call back with this future, in the thread that settles it, or at once if it is settled."""
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
        settled = threading.Event()
        self.add_done_callback(lambda _: settled.set())
        if not settled.wait(timeout):
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
        """Wait on the running loop; a get hook, which may block, runs in a thread."""
        if self._value is _PENDING:
            loop = running_loop() or asyncio.get_running_loop()
            if self._get_hook is not None:
                return (yield from loop.run_in_executor(None, self.get))  # type: ignore[no-any-return]
            waiter = loop.create_future()
            self.add_done_callback(partial(_wake, loop, threading.get_ident(), waiter))
            yield from waiter
        return self._result()  # type: ignore[no-any-return]

    @coroutine
    def without_a_task(self) -> Generator[LoopFuture[T], None, T]:
        """Wait where no task runs: who steps the coroutine gets this future, and goes on in the turn that settles it.

        That is an object, a callback and a turn of the loop less than to await it. It is for what is settled on the
        thread of the loop, and asks no get hook.
        """
        if self._value is _PENDING:
            yield self
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

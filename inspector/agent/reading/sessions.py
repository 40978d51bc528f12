"""Database sessions of the user's, whatever their factory is: opened for one publication, committed or rolled back."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from ...core.errors import InspectorError


def open_session(factory: Any, *, commit: bool) -> AbstractAsyncContextManager[Any]:
    """Open a session; at the end it commits or rolls back, and closes.

    Args:
        factory: Something like ``sessionmaker``: called (with ``commit=``, if it takes that) it gives a session, a
            context manager (synchronous or not), a generator that yields a session, or an awaitable of these.
            None: there is no database, the session is None.
        commit: Commit at the end, if nothing was raised; else roll back.
    """
    if factory is None:
        return contextlib.nullcontext()
    return _opened(factory, commit)


@contextlib.asynccontextmanager
async def _opened(factory: Any, commit: bool) -> AsyncIterator[Any]:
    own_end = _takes_commit(factory)
    session_like = (factory(commit=commit) if own_end else factory()) if callable(factory) else factory
    if inspect.isawaitable(session_like) and not hasattr(session_like, "__aenter__"):
        session_like = await session_like
    async with contextlib.AsyncExitStack() as stack:
        session = await _entered(session_like, stack)
        if own_end:
            yield session
            return
        try:
            yield session
        except BaseException:
            await _call(session, "rollback")
            raise
        await _call(session, "commit" if commit else "rollback")


async def _entered(session_like: Any, stack: contextlib.AsyncExitStack) -> Any:
    if hasattr(type(session_like), "__aenter__"):
        return await stack.enter_async_context(session_like)
    if hasattr(type(session_like), "__enter__"):
        return stack.enter_context(session_like)
    if inspect.isasyncgen(session_like):
        return await stack.enter_async_context(contextlib.asynccontextmanager(lambda: session_like)())
    if inspect.isgenerator(session_like):
        return stack.enter_context(contextlib.contextmanager(lambda: session_like)())
    if session_like is None:
        raise InspectorError("The session factory returned None.", "Return a session or a context manager.")
    stack.push_async_callback(_call, session_like, "close")
    return session_like


async def _call(session: Any, name: str) -> None:
    method: Callable[[], Any] | None = getattr(session, name, None)
    if callable(method):
        result = method()
        if inspect.isawaitable(result):
            await result


def _takes_commit(factory: Any) -> bool:
    try:
        return "commit" in inspect.signature(factory).parameters
    except (TypeError, ValueError):  # no function, or no signature
        return False

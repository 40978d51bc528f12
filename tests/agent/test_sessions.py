"""Database sessions of whatever factory: opened once, committed or rolled back, and closed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from inspector.agent.reading.sessions import open_session
from inspector.core.errors import InspectorError

Calls = list[str]


class Plain:
    """A session with plain methods."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def commit(self) -> None:
        self._calls.append("commit")

    def rollback(self) -> None:
        self._calls.append("rollback")

    def close(self) -> None:
        self._calls.append("close")


class Waiting:
    """A session whose methods are awaited; it closes itself."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def commit(self) -> None:
        self._calls.append("commit")

    async def rollback(self) -> None:
        self._calls.append("rollback")

    async def __aenter__(self) -> Waiting:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._calls.append("close")


def generator(calls: Calls) -> Callable[[], Iterator[Any]]:
    def session() -> Iterator[Any]:
        one = Plain(calls)
        yield one
        one.close()

    return session


def async_generator(calls: Calls) -> Callable[[], AsyncIterator[Any]]:
    async def session() -> AsyncIterator[Any]:
        one = Plain(calls)
        yield one
        one.close()

    return session


def manager(calls: Calls) -> Callable[[], Any]:
    return contextlib.contextmanager(generator(calls))


def awaitable(calls: Calls) -> Callable[[], Any]:
    async def session() -> Any:
        return Plain(calls)

    return session


FACTORIES = [
    lambda calls: lambda: Plain(calls),
    lambda calls: Plain(calls),  # no factory: the session itself
    lambda calls: lambda: Waiting(calls),
    generator,
    async_generator,
    manager,
    awaitable,
]


@pytest.mark.parametrize("factory", FACTORIES)
@pytest.mark.parametrize("commit", [True, False])
async def test_a_session_is_ended_once_and_closed(factory: Callable[[Calls], Any], commit: bool) -> None:
    calls: Calls = []
    async with open_session(factory(calls), commit=commit) as session:
        assert isinstance(session, (Plain, Waiting))
        assert calls == []
    assert calls == ["commit" if commit else "rollback", "close"]


@pytest.mark.parametrize("factory", [FACTORIES[0], FACTORIES[2], awaitable])
async def test_what_is_raised_rolls_back_whatever_was_asked_for(factory: Callable[[Calls], Any]) -> None:
    calls: Calls = []
    with pytest.raises(KeyError):
        async with open_session(factory(calls), commit=True):
            raise KeyError
    assert calls == ["rollback", "close"]


async def test_a_factory_that_takes_commit_ends_its_sessions_itself() -> None:
    asked: list[bool] = []

    @contextlib.contextmanager
    def session(*, commit: bool) -> Iterator[str]:
        asked.append(commit)
        yield "session"

    async with open_session(session, commit=False) as opened:
        assert opened == "session"
    assert asked == [False]


async def test_without_a_factory_there_is_no_session_and_none_from_a_factory_is_refused() -> None:
    async with open_session(None, commit=True) as session:
        assert session is None
    with pytest.raises(InspectorError, match="returned None"):
        async with open_session(lambda: None, commit=True):
            pass

"""Why a handler that was called has run none of its code, as its function says."""

from __future__ import annotations

import functools
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from types import SimpleNamespace
from typing import Any

import pytest

from inspector.agent.handlers import Handler
from inspector.agent.observe.uncalled import Promises, _Why


def stream(event: object) -> Iterator[int]:
    yield 1


async def stream_on(event: object) -> AsyncIterator[int]:
    yield 1


def several(event: object, book: str) -> None: ...


def plain(event: object) -> None: ...


@functools.wraps(stream)
def listed(event: object) -> list[int]:
    return list(stream(event))


HANDLERS = (stream, stream_on, several, plain)


def publication(handlers: Any) -> Any:
    """Return a publication on a bus with these handlers, none of which was called."""
    source = SimpleNamespace(
        maps=[SimpleNamespace(get=lambda: {object: handlers})],
        describe=lambda target: SimpleNamespace(key=getattr(Handler(target).called, "__name__", "")),
    )
    return SimpleNamespace(source=source, event=object(), named="object", loose=False)


@pytest.mark.parametrize(
    ("handler", "reason", "words"),
    [
        (stream, "generator", ""),
        (stream_on, "generator", ""),
        (several, "arguments", "it cannot be called with the event alone: "),
        (plain, "unknown", ""),
    ],
)
def test_the_function_of_a_handler_says_why(handler: Callable[..., Any], reason: str, words: str) -> None:
    code, detail = _Why(publication([*HANDLERS]), 1, [], set())._unable(handler.__name__)
    assert code == reason
    assert detail.startswith(words)


def test_a_wrapper_that_runs_a_generator_is_none_and_who_is_gone_is_unknown() -> None:
    assert _Why(publication([listed]), 1, [], set())._unable("stream") == ("unknown", "")
    assert _Why(publication([plain]), 1, [], set())._unable("other") == ("unknown", "")


def test_what_a_pool_of_processes_runs_is_not_observed_and_what_threads_run_is() -> None:
    with ProcessPoolExecutor(1) as processes, ThreadPoolExecutor(1) as threads, ThreadPool(1) as more:
        for pools, reason in (((more, processes), "other_process"), ((threads, more), "unknown"), ((), "unknown")):
            owner = SimpleNamespace(**{f"pool{number}": pool for number, pool in enumerate(pools)})
            about = publication([plain])
            about.source.publish_points = lambda owner=owner: [SimpleNamespace(owner=owner, function=plain)]
            assert _Why(about, 1, [], set())._unable("plain") == (reason, "")


def publish_by_pool(event: object) -> None:
    with ProcessPoolExecutor(1) as pool:
        pool.submit(plain, event).result()


def test_a_pool_of_processes_that_the_publish_method_makes_is_one() -> None:
    about = publication([plain])
    about.source.publish_points = lambda: [SimpleNamespace(owner=about, function=publish_by_pool)]
    assert _Why(about, 1, [], set())._unable("plain") == ("other_process", "")


def test_arguments_are_no_reason_where_there_may_be_more_than_one_or_it_was_called_before() -> None:
    about = publication([several])
    assert _Why(about, 1, [], {"several"})._unable("several") == ("unknown", "")
    about.loose = True
    assert _Why(about, 1, [], set())._unable("several") == ("unknown", "")


def test_where_nothing_is_watched_a_dead_reference_is_as_much_as_can_be_said() -> None:
    class Keeper:
        def light(self, event: object) -> None: ...

    reference = weakref.WeakMethod(Keeper().light)
    lost = publication([reference])
    lost.tap = SimpleNamespace(lost_handlers=lambda: None)
    promises = Promises(SimpleNamespace(handlers=(), sources=(), events=()))  # type: ignore[arg-type]
    assert promises._gone(lost, "light") == (
        "dead_reference",
        "no longer subscribed, and a weak reference to a handler is dead",
    )
    lost.tap = SimpleNamespace(lost_handlers=lambda: {"light"})
    assert promises._gone(lost, "light") == ("dead_reference", "")
    assert promises._gone(lost, "other") == ("unsubscribed", "")

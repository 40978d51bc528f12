"""Failures as data: everything that helps, nothing of the exception kept, none of its code trusted."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref
from dataclasses import dataclass, field, make_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.bus.bus import InMemoryEventBus
from inspector.core.bus.events import DomainEvent
from inspector.core.records import capture
from inspector.core.records.capture import (
    Failure,
    Frame,
    brief,
    capture_failure,
    failure_from_json,
    plain_failure,
)
from inspector.core.redact.redactor import Redactor


def caught(function: Any, *arguments: Any) -> BaseException:
    try:
        function(*arguments)
    except BaseException as error:
        return error
    raise AssertionError("it did not raise")


def read(error: BaseException) -> Failure:
    return failure_from_json(capture_failure(error))


def redacted(error: BaseException) -> str:
    redactor = Redactor()

    def redact(text: str, name: str | None) -> str:
        return redactor.redact_text(text) if name is None else str(redactor.value(name, text))

    return capture_failure(error, redact)


def raises(error: BaseException) -> None:
    raise error


# What is read


def test_the_frame_that_raised_with_its_lines_and_its_locals() -> None:
    def breaks(number: int) -> None:
        half = number // 2
        raise ValueError(f"bad {half}")

    failure = read(caught(breaks, 8))
    assert (failure.type, failure.module, failure.message) == ("ValueError", "builtins", "bad 4")
    origin = failure.origin
    assert origin is not None
    assert (origin.file, origin.mine) == (__file__, True)
    assert origin.function.endswith("test_the_frame_that_raised_with_its_lines_and_its_locals.breaks")
    assert "<locals>" not in origin.function
    source = dict(origin.source)
    assert source[origin.line].strip() == 'raise ValueError(f"bad {half}")'
    assert source[origin.line - 1].strip() == "half = number // 2"
    assert dict(origin.locals) == {"number": "8", "half": "4"}


async def test_frames_of_ours_are_cut_off() -> None:
    """A traceback begins with the handler, not with the bus that called it."""

    class Happened(DomainEvent):
        pass

    told: list[str] = []

    class Observer:
        def execution_ended(self, execution: Any) -> None:
            told.append(capture_failure(execution.error))

        def __getattr__(self, name: str) -> Any:
            return lambda *_: None

    async def handler(event: Happened) -> None:
        await asyncio.sleep(0)
        raises(ValueError("no"))

    bus = InMemoryEventBus(logger=_silent())
    observer: Any = Observer()
    bus.observe(observer)
    bus.subscribe(Happened, handler)
    await bus.publish(Happened())
    (failure,) = map(failure_from_json, told)
    assert [frame.function.rpartition(".")[2] for frame in failure.frames] == ["handler", "raises"]


def _silent() -> Any:
    import logging

    return logging.Logger("silent", logging.CRITICAL + 1)  # noqa: LOG001 - one that nobody else has


def test_a_failure_inside_of_a_library_belongs_to_the_line_that_called_it() -> None:
    def calls_json() -> None:
        text = "{nonsense"
        json.loads(text)

    failure = read(caught(calls_json))
    assert not failure.frames[-1].mine
    assert failure.frames[-1].locals == failure.frames[-1].source == ()
    assert failure.origin is not None
    assert dict(failure.origin.locals) == {"text": "'{nonsense'"}


def test_a_function_that_hides_itself_from_tracebacks_is_passed_over() -> None:
    """``__tracebackhide__`` is what pytest and IPython know, for helpers and wrappers."""

    def helper(order: str) -> None:
        __tracebackhide__ = True
        raise KeyError(order)

    def says_no() -> None:
        __tracebackhide__ = False
        helper("A-17")

    failure = read(caught(says_no))
    assert [(frame.function.rpartition(".")[2], frame.mine) for frame in failure.frames[-2:]] == [
        ("says_no", True),
        ("helper", False),
    ]
    assert failure.origin == failure.frames[-2]


def test_a_failure_deep_inside_of_a_library_still_shows_the_programs_locals() -> None:
    """Eight frames of a library below the handler must not cost it its locals."""
    namespace: dict[str, Any] = {}
    code = "def dive(depth):\n    if not depth:\n        raise KeyError('deep')\n    dive(depth - 1)\n"
    exec(compile(code, "/venv/lib/python3/site-packages/deep.py", "exec"), namespace)

    def handler() -> None:
        order = "A-17"
        namespace["dive"](capture.FRAMES_WITH_LOCALS + 2)
        raise AssertionError(order)

    failure = read(caught(handler))
    assert [frame.mine for frame in failure.frames[-4:]] == [False] * 4
    assert failure.origin is not None
    assert dict(failure.origin.locals)["order"] == "'A-17'"


def test_the_chain_says_how_each_led_to_the_next() -> None:
    def chained() -> None:
        try:
            try:
                raise KeyError("first")
            except KeyError:
                raise ValueError("second")  # noqa: B904 - its context is what is tested
        except ValueError as error:
            raise RuntimeError("third") from error

    failure = read(caught(chained))
    (second,) = failure.chain
    (first,) = second.chain
    assert [(one.relation, one.type) for one in (failure, second, first)] == [
        ("", "RuntimeError"),
        ("cause", "ValueError"),
        ("context", "KeyError"),
    ]


def test_a_context_that_was_suppressed_is_not_told() -> None:
    def suppressed() -> None:
        try:
            raise KeyError("hidden")
        except KeyError:
            raise ValueError("told") from None

    assert read(caught(suppressed)).chain == ()


def test_a_group_shows_its_members() -> None:
    failure = read(ExceptionGroup("two", [ValueError("a"), ExceptionGroup("inner", [KeyError("b")])]))
    assert [(one.relation, one.type) for one in failure.chain] == [("group", "ValueError"), ("group", "ExceptionGroup")]
    assert failure.chain[1].chain[0].message == "'b'"


def test_notes_are_kept() -> None:
    error = ValueError("no")
    error.add_note("while importing line 3")
    assert read(error).notes == ("while importing line 3",)


def test_an_exception_never_raised_has_no_frames() -> None:
    failure = read(ValueError("not raised"))
    assert failure.frames == ()
    assert failure.origin is None


def test_nothing_of_the_exception_is_kept_alive() -> None:
    class Big:
        pass

    def fails() -> weakref.ref[Big]:
        big = Big()
        reference = weakref.ref(big)
        try:
            raise ValueError(big)
        except ValueError as error:
            capture_failure(error)
        return reference

    reference = fails()
    gc.collect()
    assert reference() is None


# Bounds


def test_a_recursion_is_cut_in_the_middle() -> None:
    def again(depth: int) -> None:
        again(depth + 1)

    failure = read(caught(again, 0))
    assert failure.type == "RecursionError"
    assert len(failure.frames) == capture.MAX_FRAMES
    assert failure.frames[0].function == "caught"
    assert failure.frames[-1].function.endswith("again")
    assert sum(bool(frame.locals) for frame in failure.frames) == capture.FRAMES_WITH_LOCALS


def test_huge_locals_cost_nothing() -> None:
    """50 MB of text, a list of a million, a number of a million bits: a few hundred characters."""

    def fails() -> None:
        text = "x" * 50_000_000
        numbers = list(range(1_000_000))
        number = 1 << 1_000_000
        nested = {"deep": {"deeper": {"deepest": text}}}
        raise ValueError(len(text) + len(numbers) + number.bit_length() + len(nested))

    error = caught(fails)
    written = capture_failure(error)
    assert len(written) < 20_000
    origin = failure_from_json(written).origin
    assert origin is not None
    shown = dict(origin.locals)
    assert shown["number"] == "<int of 1000001 bits>"
    assert shown["numbers"] == "[0, 1, 2, 3, 4, 5, 6, 7, …]"
    assert shown["nested"] == "{'deep': {'deeper': <dict of 1>}}"
    assert shown["text"].endswith("…")


def test_many_locals_and_a_long_message_are_bounded() -> None:
    def fails() -> None:
        exec("\n".join(f"v{number} = {number}" for number in range(100)))
        raise ValueError("x" * 100_000)

    failure = read(caught(fails))
    assert failure.message.endswith("… (100000 characters)")
    assert all(len(frame.locals) <= capture.MAX_LOCALS + 1 for frame in failure.frames)


def test_a_chain_that_bites_its_own_tail_ends() -> None:
    first, second = ValueError("first"), KeyError("second")
    first.__cause__, second.__cause__ = second, first
    failure = read(first)
    assert [failure.type, failure.chain[0].type, len(failure.chain[0].chain)] == ["ValueError", "KeyError", 0]


def test_a_long_chain_is_bounded() -> None:
    error: BaseException = ValueError("0")
    for number in range(1, 50):
        after = ValueError(str(number))
        after.__cause__ = error
        error = after
    failure, length = read(error), 1
    while failure.chain:
        (failure,) = failure.chain
        length += 1
    assert length == capture.MAX_CHAIN + 1


def test_a_tree_of_groups_is_bounded() -> None:
    def grow(depth: int) -> Exception:
        return ExceptionGroup("g", [grow(depth - 1) for _ in range(20)]) if depth else ValueError("leaf")

    assert len(capture_failure(grow(3))) < 100_000


# Traps


class Hostile(Exception):
    def __str__(self) -> str:
        raise SystemExit("code of the user ran")


def test_an_exception_whose_text_raises_is_still_told() -> None:
    assert read(Hostile()).message == "<no text: SystemExit>"


class Trap:
    """Not to be asked for anything."""

    def __repr__(self) -> str:
        raise AssertionError("code of the user ran")

    def __eq__(self, other: object) -> bool:
        raise AssertionError("code of the user ran")

    __hash__ = None  # type: ignore[assignment]


class Said:
    def __repr__(self) -> str:
        raise AssertionError("code of the user ran")

    def __str__(self) -> str:
        return "no room"


_TRAP = f"<{__name__}.Trap>"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError(Trap()), _TRAP),
        (KeyError(Trap()), _TRAP),
        (ValueError("bad", Trap()), f"('bad', {_TRAP})"),
        (RuntimeError([1, {"a": Trap()}]), f"[1, {{'a': {_TRAP}}}]"),
        (RuntimeError(LookupError(Trap())), _TRAP),
        (RuntimeError(LookupError("no berth")), "no berth"),
        (ValueError(Said()), "no room"),
        (ValueError("plain"), "plain"),
        (KeyError("key"), "'key'"),
        (ValueError(3, None), "(3, None)"),
        (ValueError(), ""),
        (FileNotFoundError(2, "No such file", "a.txt"), "[Errno 2] No such file: 'a.txt'"),
    ],
)
def test_the_repr_of_what_an_exception_was_made_with_is_not_called(error: BaseException, message: str) -> None:
    assert read(error).message == message


def test_a_text_of_a_strangers_type_is_an_ordinary_one_afterwards() -> None:
    class Odd(str):
        def __len__(self) -> int:
            raise AssertionError("never called")

        def __getitem__(self, index: Any) -> Any:
            raise AssertionError("never called")

    class Error(Exception):
        def __str__(self) -> str:
            return Odd("words")

    assert read(Error()).message == "words"


def test_exceptions_that_are_no_exceptions_are_left_out() -> None:
    """Libraries keep all sorts of things in an attribute of that name."""

    class Retry(Exception):
        exceptions = (ValueError, "timeout", ValueError("a real one"))

    assert [one.message for one in read(Retry()).chain] == ["a real one"]


@pytest.mark.parametrize("name", ["exceptions", "__notes__"])
def test_attributes_that_raise_cost_the_details_not_the_row(name: str) -> None:
    def trap(self: object) -> None:
        raise RuntimeError("a trap")

    kind = type("Trapped", (Exception,), {name: property(trap)})
    failure = read(kind("no"))
    assert (failure.type, failure.message) == ("Trapped", "<unreadable: RuntimeError>")


def test_notes_of_any_kind_do_no_harm() -> None:
    error = ValueError("no")
    vars(error)["__notes__"] = 5
    assert read(error).notes == ()
    vars(error)["__notes__"] = ["one", 2, "three"]
    assert read(error).notes == ("one", "three")


class Meta(type):
    """Equal to everything and without a hash, as careless metaclasses are."""

    def __eq__(cls, other: object) -> bool:
        raise AssertionError("never asked")

    __hash__ = None  # type: ignore[assignment]


class Odd(metaclass=Meta):
    def __repr__(self) -> str:
        raise AssertionError("never called")


class Liar:
    @property
    def __class__(self) -> Any:
        raise AssertionError("never asked")

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError("never asked")


@dataclass
class Order:
    number: int
    items: list[str] = field(default_factory=list)


@dataclass
class Trapped:
    number: int

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError("never asked")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (3, "3"),
        ("x", "'x'"),
        (b"\x00", "b'\\x00'"),
        ([1, "two"], "[1, 'two']"),
        ((), "()"),
        ((1,), "(1,)"),
        ((1, 2), "(1, 2)"),
        ([(5,)], "[(5,)]"),
        ({"a": 1}, "{'a': 1}"),
        (UUID(int=7), "UUID('00000000-0000-0000-0000-000000000007')"),
        (Decimal("1.50"), "Decimal('1.50')"),
        (
            datetime(2026, 1, 2, tzinfo=UTC),
            "datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)",
        ),
        (Order(3, ["a"]), "Order(number=3, items=['a'])"),
        (object(), "<object>"),
        (Hostile(), f"<{__name__}.Hostile>"),
        ([[[["deep"]]]], "[[<list of 1>]]"),
    ],
)
def test_a_value_in_a_few_words(value: Any, text: str) -> None:
    assert brief(value) == text


def test_what_is_left_out_of_a_value_leaves_a_sign() -> None:
    wide = make_dataclass("Wide", [(f"field_{number}", int) for number in range(12)])(*range(12))
    assert brief(wide) == f"Wide({', '.join(f'field_{number}={number}' for number in range(8))}, …)"
    text = "x" * 50
    long = make_dataclass("Long", [(name, str) for name in "abcdef"])(*(text,) * 6)
    assert brief(long) == f"Long({', '.join(f'{name}={text!r}' for name in 'abcd')}, …)"
    path = PurePosixPath("/" + "deep/" * 90)
    assert brief(path) == repr(path)[:200] + "…"
    assert not brief(make_dataclass("Whole", [("a", int)])(1)).endswith("…)")


def test_the_code_of_a_value_is_not_asked() -> None:
    assert brief([Odd(), Liar(), Trapped(1)], 500) == f"[<{__name__}.Odd>, <{__name__}.Liar>, Trapped(number=1)]"


def test_a_value_made_of_traps_says_so() -> None:
    class Broken(type):
        @property
        def __module__(cls) -> str:  # type: ignore[override]
            raise RuntimeError("a trap")

    class Value(metaclass=Broken):
        pass

    assert brief(Value()) == "<not shown: RuntimeError>"


def test_a_cycle_in_a_value_ends() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    assert brief(cycle) == "[[<list of 1>]]"


# Secrets

CANARY = "canary-7f3a91"


def test_secrets_are_hidden_in_messages_locals_notes_and_the_chain() -> None:
    def fails() -> None:
        password = CANARY
        settings = {"api_key": password, "user": "ada"}
        header = f"Bearer {password}"
        try:
            raise KeyError(f"token={password}")
        except KeyError as error:
            wrapped = ValueError(f"no login with password={password} and {len(settings)}, {len(header)}")
            wrapped.add_note(f"secret={password}")
            raise wrapped from error

    written = redacted(caught(fails))
    failure = failure_from_json(written)
    assert CANARY not in written
    assert "<redacted:password#" in failure.message
    assert failure.origin is not None
    assert "'user': 'ada'" in dict(failure.origin.locals)["settings"]


# There and back


texts = st.text(max_size=12)
frames = st.builds(
    Frame,
    texts,
    st.integers(0, 10**6),
    texts,
    st.booleans(),
    st.lists(st.tuples(st.integers(1, 99), texts), max_size=3).map(tuple),
    st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
)


def failures(chain: Any) -> Any:
    return st.builds(
        Failure,
        texts,
        texts,
        texts,
        st.lists(frames, max_size=3).map(tuple),
        st.sampled_from(["", "cause", "context", "group"]),
        st.lists(chain, max_size=2).map(tuple),
        st.lists(texts, max_size=2).map(tuple),
    )


@given(st.recursive(failures(st.just(Failure("a", "b", "c"))), failures, max_leaves=5))
def test_a_failure_comes_back_from_json_as_it_was(failure: Failure) -> None:
    from dataclasses import asdict

    assert failure_from_json(json.dumps(asdict(failure))) == failure


def test_what_was_captured_comes_back_without_loss() -> None:
    written = capture_failure(caught(raises, ValueError("\udc80 lone, \x00 zero, ünïcode")))
    assert written.encode()  # a lone surrogate is an escape
    assert "ünïcode" in written
    assert failure_from_json(written).message == "\udc80 lone, \x00 zero, ünïcode"


def test_an_end_that_raised_nothing_has_a_failure_all_the_same() -> None:
    failure = failure_from_json(plain_failure("TimeoutError", "given up"))
    assert failure == Failure("TimeoutError", "", "given up")


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '"x"', '{"type": "a"}', "null"])
def test_what_is_no_failure_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a failure|Expecting value"):
        failure_from_json(text)


def test_a_stop_iteration_that_python_turns_into_another_exception_keeps_its_line() -> None:
    async def handler() -> None:
        next(iter(()))

    def generator() -> Any:
        yield from (next(iter(())) for _ in range(1))

    for function, run in ((handler, lambda: handler().send(None)), (generator, lambda: list(generator()))):
        failure = failure_from_json(capture_failure(caught(run)))
        assert failure.type == "RuntimeError"
        assert failure.origin is not None
        assert failure.origin.line == function.__code__.co_firstlineno + 1

    cause = caught(lambda: next(iter(())))
    error = RuntimeError("of its own")
    error.__cause__ = cause
    assert failure_from_json(capture_failure(error)).frames == ()


def test_what_is_left_out_of_a_failure_is_counted() -> None:
    def fail(left: int) -> None:
        if left:
            fail(left - 1)
        else:
            error = ExceptionGroup("all", [ValueError(str(number)) for number in range(10)])
            for number in range(9):
                error.add_note(f"note {number}")
            raise error

    with pytest.raises(ExceptionGroup) as caught:
        fail(99)
    failure = failure_from_json(capture_failure(caught.value))
    assert (len(failure.frames), len(failure.chain), len(failure.notes)) == (40, 7, 7)
    assert failure.notes[-1] == "(61 more calls, 3 more exceptions, 3 more notes not recorded)"


def test_variables_that_are_left_out_are_counted() -> None:
    def fail() -> None:
        a = b = c = d = e = f = g = h = i = j = k = m = n = o = p = q = r = s = 1
        raise ValueError([a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s])

    with pytest.raises(ValueError, match="1") as caught:
        fail()
    shown = failure_from_json(capture_failure(caught.value)).frames[-1].locals
    assert [name for name, _ in shown] == [*"abcdefghijkmnopq", "…"]
    assert shown[-1] == ("…", "2 more, not recorded")

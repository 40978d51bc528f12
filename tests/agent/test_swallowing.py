"""What takes an exception, read from code: clauses, context managers, a ``finally`` that returns. Or what does not."""

from __future__ import annotations

import contextlib
import dis
import sys
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any

import pytest

from inspector.agent.effects.handled import Clause, _leads_to, clauses_at, taker, tried_lines

ERROR = ValueError("no")


class Blind:
    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> bool:
        return True


class Looking(Blind):
    def __exit__(self, *error: object) -> bool:
        return bool(error)


class Choosing(Blind):
    def __exit__(self, *error: object) -> bool:
        if sys.exc_info()[0] is not KeyError:
            return True
        return True


class Passing(Blind):
    def __exit__(self, *error: object) -> bool:
        return False


def bare():
    try:
        raise ERROR
    except:  # noqa: E722  # here
        pass


def all_exceptions():
    try:
        raise ERROR
    except (KeyError, Exception):  # here
        pass


def narrow():
    try:
        raise ERROR
    except ValueError:  # here
        pass


def suppressed():
    with contextlib.suppress(Exception):  # here
        raise ERROR


def suppressed_narrowly():
    with contextlib.suppress(ValueError):  # here
        raise ERROR


def suppressed_other():
    with contextlib.suppress(KeyError):
        raise ERROR


def blinded():
    with Blind():  # here
        raise ERROR


def looked_at():
    with Looking():
        raise ERROR


def chosen():
    with Choosing():
        raise ERROR


def passed():
    with Passing():
        raise ERROR


def of_a_value(manager: Any = None):
    with manager:
        raise ERROR


def returned():
    try:
        raise ERROR
    finally:
        print()
        return 1  # noqa: B012  # here


def returned_sometimes():
    try:
        raise ERROR
    finally:
        if ERROR.args:
            return  # noqa: B012  # here


def returned_at_once():
    try:
        raise ERROR
    finally:
        return  # noqa: B012  # here


def broken_off():
    for _ in range(2):
        try:
            raise ERROR
        finally:
            break  # noqa: B012  # here


def gone_on():
    for number in range(2):
        try:
            raise ERROR
        finally:
            if number:
                continue  # noqa: B012  # here
            print()


def all_of_a_group():
    try:
        raise ERROR
    except* Exception:  # here
        pass


def some_of_a_group():
    try:
        raise ExceptionGroup("", [ERROR])
    except* KeyError:
        pass


def group_of_a_value():
    try:
        raise ERROR
    except* errors():
        pass


def cleaned_up():
    try:
        raise ERROR
    finally:
        print()


def asked_for():
    try:
        raise ERROR
    except errors():
        return 1


def errors() -> type[Exception]:
    return ValueError


def found(function: FunctionType) -> tuple[Clause, bool] | None:
    """Return which clause takes the error where it arrives first in a function."""
    code = function.__code__
    offset = next(step.offset for step in dis.get_instructions(code) if step.opname == "PUSH_EXC_INFO")
    frame: FrameType = sys._getframe()
    return taker(clauses_at(code, offset), ERROR, frame)


@pytest.mark.parametrize(
    ("function", "text", "everything"),
    [
        (bare, "except", True),
        (all_exceptions, "except (KeyError, Exception)", True),
        (narrow, "except ValueError", False),
        (suppressed, "with contextlib.suppress(Exception)", True),
        (suppressed_narrowly, "with contextlib.suppress(ValueError)", False),
        (blinded, "with Blind()", True),
        (returned, "finally", True),
        (returned_sometimes, "finally", True),
        (returned_at_once, "finally", True),
        (broken_off, "finally", True),
        (gone_on, "finally", True),
        (all_of_a_group, "except* Exception", True),
    ],
)
def test_who_takes_it_and_where_that_stands(function: FunctionType, text: str, everything: bool) -> None:
    taken = found(function)
    assert taken is not None
    assert (taken[0].text, taken[1]) == (text, everything)
    assert Path(__file__).read_text("utf-8").splitlines()[taken[0].line - 1].endswith("  # here")


@pytest.mark.parametrize(
    "function",
    [suppressed_other, looked_at, chosen, passed, of_a_value, cleaned_up, asked_for, some_of_a_group, group_of_a_value],
    ids=lambda it: it.__name__,
)
def test_what_takes_nothing_or_may_not(function: FunctionType) -> None:
    assert found(function) is None


def test_the_lines_of_a_try_are_those_out_of_which_exceptions_come() -> None:
    code = bare.__code__
    offset = next(step.offset for step in dis.get_instructions(code) if step.opname == "PUSH_EXC_INFO")
    assert code.co_firstlineno + 2 in tried_lines(code, offset)
    assert code.co_firstlineno + 4 not in tried_lines(code, offset)


def test_what_a_group_was_raised_from_is_known_by_its_members() -> None:
    first, second = ValueError("first"), KeyError("second")
    second.__context__ = first
    group = ExceptionGroup("several", [OSError("other"), ExceptionGroup("deeper", [second])])
    assert _leads_to(first, group)
    assert _leads_to(second, group)
    assert not _leads_to(RuntimeError("none of them"), group)
    first.__context__ = group  # it bites its own tail
    assert not _leads_to(RuntimeError("none of them"), group)

"""Strangers' values are looked at by their type; nothing of them runs."""

from __future__ import annotations

import enum
import functools
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from inspector.core.values.looking import attributes, class_has, is_a, is_routine, pretends, variables_of
from tests.agent.lazy import KINDS, touched


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_a_value_that_is_looked_at_runs(kind: type[Any]) -> None:
    touched.clear()
    value = kind()
    assert not is_a(value, (int, str, Mapping, type, enum.Enum))
    assert is_a(value, kind)
    assert not is_routine(value)
    assert "surely_not" not in attributes(value)
    assert not class_has(type(value), "surely_not")
    pretends(value)
    assert touched == []


def test_what_an_object_holds_is_read_past_its_class() -> None:
    class Slotted:
        __slots__ = ("empty", "full")

    class Both(Slotted):
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError(name)

    value = Both()
    object.__setattr__(value, "full", 1)
    object.__setattr__(value, "own", 2)
    assert attributes(value) == {"full": 1, "own": 2}
    assert attributes(5) == {}


def test_a_module_that_is_loaded_when_it_is_used_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loud_module.py").write_text("raise RuntimeError('it was loaded')\n")
    monkeypatch.syspath_prepend(tmp_path)
    spec = importlib.util.find_spec("loud_module")
    assert spec is not None
    assert spec.loader is not None
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert variables_of(module)["__name__"] == "loud_module"
    assert "surely_not" not in variables_of(module)
    with pytest.raises(RuntimeError, match="it was loaded"):
        _ = module.anything


def test_routines_are_what_inspect_says() -> None:
    import inspect

    class Some:
        def method(self) -> None: ...

        @classmethod
        def of_class(cls) -> None: ...

        @staticmethod
        def static() -> None: ...

        @property
        def property(self) -> None: ...

        partial = functools.partialmethod(method)

    values = [len, "".join, str.join, Some, Some(), Some().method, Some.of_class, Some.static, lambda: None, print]
    values += [*vars(Some).values(), functools.partial(print), functools.lru_cache(print), sys, 5, type, object()]
    assert [is_routine(value) for value in values] == [inspect.isroutine(value) for value in values]

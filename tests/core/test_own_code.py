"""Whose code a file, a module or a class is."""

from __future__ import annotations

import asyncio
import json
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from inspector.agent import engine
from inspector.agent.tap import tap
from inspector.core import own_code
from inspector.core.bus import events
from inspector.demo import container

OWN = ("/home/me/shop/stock.py", "/home/me/lib/stock.py", "/srv/python3/app.py", "stock.py", str(container.__file__))
STRANGE = (
    "",
    "<string>",
    "<frozen os>",
    json.__file__,
    str(Path(sysconfig.get_paths()["purelib"]) / "attr.py"),
    "/usr/lib/python3/dist-packages/yaml/__init__.py",
    "/home/me/shop/.venv/lib/python3.11/site-packages/pydantic/main.py",
    "/opt/other/lib64/python3.13/json/decoder.py",
    events.__file__,
    engine.__file__,
    str(Path(own_code.PACKAGE) / "app" / "text.py"),
)


@pytest.mark.parametrize("file", OWN)
def test_a_file_of_the_program_or_the_demo_is_its_own(file: str) -> None:
    assert own_code.is_own_file(file)
    assert not own_code.is_ours(file)


@pytest.mark.parametrize("file", STRANGE)
def test_a_file_of_python_of_a_library_or_of_ours_is_not(file: str) -> None:
    assert not own_code.is_own_file(file)


def test_what_runs_beside_the_program_is_ours_and_the_agent_may_stand_in_between() -> None:
    assert own_code.is_ours(events.__file__)
    assert own_code.is_ours(tap.__file__)
    assert own_code.is_agent(tap.__file__)
    assert not own_code.is_agent(events.__file__)
    assert not own_code.is_ours(str(Path(own_code.PACKAGE) / "core_of_mine" / "a.py"))


def test_a_module_is_judged_by_its_file_and_without_one_by_its_name() -> None:
    here, prompt = sys.modules[__name__], ModuleType("__main__")
    calendar = ModuleType("calendar")  # the program may call a module of its own so
    calendar.__file__ = "/home/me/shop/calendar.py"
    assert [*map(own_code.is_own_module, (here, prompt, calendar))] == [True] * 3
    assert [*map(own_code.is_own_module, (asyncio, pytest, events, sys, ModuleType("json")))] == [False] * 5


def test_a_class_is_judged_by_its_module_and_one_without_by_the_modules_name() -> None:
    lost: type[Any] = type("Lost", (), {"__module__": "shop.gone"})
    lent: type[Any] = type("Lent", (), {"__module__": "decimal.gone"})
    assert own_code.is_own_class(lost)
    assert not own_code.is_own_class(lent)
    assert not own_code.is_own_class(events.DomainEvent)


def test_own_modules_are_found_without_running_any_code_of_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    class Trap(ModuleType):
        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(name)

    trap = Trap("shop.trap")
    ModuleType.__getattribute__(trap, "__dict__")["__file__"] = "/home/me/shop/trap.py"
    monkeypatch.setitem(sys.modules, "shop.trap", trap)
    monkeypatch.setitem(sys.modules, "shop.nothing", None)
    monkeypatch.setitem(sys.modules, "shop.value", 3)  # type: ignore[arg-type]
    assert any(module is trap for module in own_code.own_modules())
    files = own_code.own_files()
    assert "/home/me/shop/trap.py" in files
    assert __file__ in files
    assert files == sorted(set(files))
    assert not any("/json/" in file for file in files)

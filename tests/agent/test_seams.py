"""Seams in the place of a library's functions, and the modules that are awaited for them."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys
import traceback
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from inspector.agent.run.older import AwaitedModules, Libraries
from inspector.agent.tap.seams import Seam, is_seam, seam_of


class Bus:
    def send(self, *args: Any, factor: int = 1) -> tuple[Any, ...]:
        """Send."""
        if args == (0,):
            raise ZeroDivisionError
        return (type(self).__name__, *args, factor)

    emit = send

    async def asend(self, *args: Any) -> tuple[Any, ...]:
        if not args:
            raise LookupError
        return ("async", *args)


class Loud(Bus):
    def send(self, *args: Any, factor: int = 1) -> tuple[Any, ...]:
        return ("loud", *super().send(*args, factor=factor))


class Deaf(Bus):
    def send(self, *args: Any, factor: int = 1) -> tuple[Any, ...]:
        return (factor,)


def _never(_first: Any) -> bool:
    return False


@pytest.fixture
def put() -> Iterator[Callable[..., Seam]]:
    seams: list[Seam] = []

    def put_seam(name: str, unknown: Callable[[Any], bool] | None = _never) -> Seam:
        seams.append(Seam(Bus, name, unknown))
        return seams[-1]

    before = dict(vars(Bus))
    yield put_seam
    for seam in seams:
        seam.take()
    assert dict(vars(Bus)) == before


def test_a_seam_is_the_function_for_all_who_look_at_it(put: Callable[..., Seam]) -> None:
    original, bus = Bus.send, Bus()
    signature = inspect.signature(Bus.send)
    put("send")
    assert Bus.send is not original
    assert Bus.emit is Bus.send  # another name of the same function
    assert (Bus.send.__name__, Bus.send.__doc__, inspect.signature(Bus.send)) == ("send", "Send.", signature)
    assert bus.send(1, factor=2) == Bus.send(bus, 1, factor=2) == ("Bus", 1, 2)
    assert inspect.iscoroutinefunction(Bus.asend)
    put("asend")
    assert inspect.iscoroutinefunction(Bus.asend)
    assert asyncio.run(bus.asend(3)) == ("async", 3)
    assert (is_seam(Bus.send), is_seam(original)) == (True, False)


def test_what_is_entered_for_one_object_is_called_for_it_alone(put: Callable[..., Seam]) -> None:
    bus, other = Bus(), Bus()
    early = bus.send
    seam = put("send")
    late = bus.send
    leave = seam.enter(bus, lambda *args, **kwargs: ("entered", args, kwargs))
    assert late(1, factor=2) == bus.emit(1, factor=2) == ("entered", (1,), {"factor": 2})
    assert early(1) == other.send(1) == ("Bus", 1, 1)
    leave()
    assert late(1) == ("Bus", 1, 1)
    leave()  # again


def test_an_object_that_nobody_has_entered_is_asked_about_and_this_very_call_is_its_first(
    put: Callable[..., Seam],
) -> None:
    asked: list[Any] = []

    def unknown(first: Any) -> bool:
        asked.append(first)
        if len(asked) == 1:
            return False
        seam.enter(first, lambda *args: ("entered", *args))
        return True

    seam, bus = put("send", unknown), Bus()
    assert [bus.send(1), bus.send(2), bus.send(3)] == [("Bus", 1, 1), ("entered", 2), ("entered", 3)]
    assert asked == [bus, bus]


def test_a_function_that_is_replaced_while_it_is_asked_about_is_called_as_it_is_then(put: Callable[..., Seam]) -> None:
    def unknown(_first: Any) -> bool:
        if Bus.send is stands:
            Bus.send = lambda _self, *args: ("replaced", *args)  # type: ignore[method-assign, assignment]
            return True
        return False

    put("send", unknown)
    stands = Bus.send
    assert stands(Bus(), 1) == ("replaced", 1)
    assert stands(Bus(), 1) == ("Bus", 1, 1)
    Bus.send = stands  # type: ignore[method-assign]


def test_no_frame_of_ours_is_in_a_traceback(put: Callable[..., Seam]) -> None:
    for name in ("send", "asend"):
        put(name)
    with pytest.raises(ZeroDivisionError) as caught:
        Bus().send(0)
    with pytest.raises(LookupError) as awaited:
        asyncio.run(Bus().asend())
    for error in (caught.value, awaited.value):
        assert not [
            frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith("tap/seams.py")
        ]


def test_a_class_below_goes_through_the_seam_if_it_calls_the_method_above(put: Callable[..., Seam]) -> None:
    seam = put("send")
    assert seam_of(Bus, "send") is seam_of(Loud, "send", through=True) is seam
    own = seam_of(Deaf, "send", through=True)
    assert own is not None
    assert own is not seam
    leave = own.enter(deaf := Deaf(), lambda: "heard")
    assert deaf.send() == "heard"
    leave()
    assert not is_seam(vars(Deaf)["send"])  # nobody waits there
    assert seam_of(Bus, "nothing") is None
    assert seam_of(int, "bit_length") is None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("awaited_"):
            del sys.modules[name]


@pytest.fixture
def awaited() -> Iterator[list[tuple[str, int]]]:
    names = ("awaited_one", "awaited_two", "awaited_broken", "awaited_gone", "awaited_zipped")
    arrived: list[tuple[str, int]] = []
    modules = AwaitedModules(names, lambda name, module: arrived.append((name, module.VALUE)))
    modules.begin()
    yield arrived
    modules.end()
    modules.end()
    assert modules not in sys.meta_path


def test_each_module_is_told_once_when_it_has_run(folder: Path, awaited: list[tuple[str, int]]) -> None:
    (folder / "awaited_one.py").write_text("import awaited_two\nVALUE = 1")
    (folder / "awaited_two.py").write_text("VALUE = 2")
    (folder / "awaited_other.py").write_text("VALUE = 3")
    for name in ("awaited_other", "awaited_one", "awaited_two"):
        importlib.import_module(name)
    assert awaited == [("awaited_two", 2), ("awaited_one", 1)]
    spec = sys.modules["awaited_one"].__spec__
    assert spec is not None
    assert "exec_module" not in vars(spec.loader)
    importlib.reload(sys.modules["awaited_one"])
    assert len(awaited) == 2


def test_one_that_cannot_be_run_is_awaited_on(folder: Path, awaited: list[tuple[str, int]]) -> None:
    (folder / "awaited_broken.py").write_text("1 / 0")
    with pytest.raises(ZeroDivisionError) as caught:
        importlib.import_module("awaited_broken")
    files = [Path(frame.filename).name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert "older.py" not in files
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("awaited_gone")
    (folder / "awaited_broken.py").write_text("VALUE = 10_000")  # of another length: what was compiled is not taken
    (folder / "awaited_gone.py").write_text("VALUE = 2")
    importlib.invalidate_caches()
    for name in ("awaited_broken", "awaited_gone"):
        importlib.import_module(name)
    assert awaited == [("awaited_broken", 10_000), ("awaited_gone", 2)]


def test_one_from_an_archive_whose_loader_others_share(folder: Path, awaited: list[tuple[str, int]]) -> None:
    archive = folder / "archive.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("awaited_zipped.py", "import awaited_beside\nVALUE = awaited_beside.VALUE")
        file.writestr("awaited_beside.py", "VALUE = 7")
    sys.path.insert(0, str(archive))
    try:
        importlib.import_module("awaited_zipped")
    finally:
        sys.path.remove(str(archive))
    assert awaited == [("awaited_zipped", 7)]


def test_libraries_that_are_there_and_that_come_get_their_seams_and_lose_them(folder: Path) -> None:
    for name in ("awaited_first", "awaited_second"):
        text = "class Bus:\n    def send(self): return 1\n    name = 'bus'\ndef dispatch(event): return event"
        (folder / f"{name}.py").write_text(text)
    first = importlib.import_module("awaited_first")
    met: list[tuple[str, Any]] = []
    imported: list[tuple[str, ModuleType]] = []
    failed: list[Exception] = []
    points = {
        **dict.fromkeys(("Bus.send", "Bus.name", "Bus.nothing", "Nobody.send"), ("awaited_first", "awaited_second")),
        "dispatch": ("awaited_second",),
        "<module>": ("awaited_first",),
    }

    def meet(name: str, first_argument: Any) -> bool:
        met.append((name, first_argument))
        if first_argument == "fail":
            raise LookupError
        return False

    libraries = Libraries(
        points, ["awaited_second"], met=meet, imported=lambda *facts: imported.append(facts), fail=failed.append
    )
    send = first.Bus.send
    libraries.begin()
    second = importlib.import_module("awaited_second")
    bus = first.Bus()
    assert (bus.send(), second.dispatch("event"), second.dispatch("fail")) == (1, "event", "fail")
    assert met == [("awaited_first", bus), ("awaited_second", "event"), ("awaited_second", "fail")]
    assert imported == [("awaited_first", first), ("awaited_second", second)]
    assert [type(error) for error in failed] == [LookupError]
    libraries.end()
    assert first.Bus.send is send
    assert (bus.send(), second.dispatch("event"), len(met)) == (1, "event", 3)

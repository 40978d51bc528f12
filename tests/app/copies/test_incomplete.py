"""What copies say of what is not whole: payloads that are cut, classes nobody can import, files that say nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.app.copies.pythontext import PythonText
from inspector.app.copies.report import json_text, report_text
from inspector.app.copies.sourcetext import SourceFile
from inspector.core.description import HandlerDescription
from inspector.core.records.capture import Failure, Frame
from inspector.core.records.records import Noted
from inspector.core.values.read import EnumValue, ObjectValue, Truncated
from inspector.hosts.project import Project
from tests.app.copies.test_pytesttext import EVENT, FUNCTION, recorded

SOURCE = """
import contextlib

class Bus:
    def take(self, event, at=None, *, why): ...
    @staticmethod
    async def ship(event): ...

bus: Bus = Bus()
handlers = {}
number = 5
async def make(): ...
def build(): ...

@contextlib.asynccontextmanager
async def scope():
    yield

@contextlib.contextmanager
def plain():
    yield

def generated():
    yield

async def agenerated():
    yield

async def opened(): ...

watch = lambda event: None
"""


@pytest.mark.parametrize(
    ("value", "missing"),
    [
        (Truncated("nodes"), "field (cut: nodes)"),
        ("<redacted:token#1a2b>", "field (redacted)"),
        (EnumValue("shop.make.<locals>.Kind", "ONE", 1), "field (shop.make.<locals>.Kind cannot be imported)"),
        (ObjectValue("__main__.Money", {"value": 1}), "field (__main__.Money cannot be imported)"),
        (ObjectValue("alone", {}), "field (alone is not a class of a module)"),
        (ObjectValue("shop.Money", {"not a name": 1}), "field (fields without valid names)"),
        ({"a": 1, "$more": Truncated("more", "", 5)}, "field (cut: more)"),
        ([1, Truncated("depth")], "field[1] (cut: depth)"),
    ],
    ids=repr,
)
def test_what_is_missing_is_told_with_its_place(value: Any, missing: str) -> None:
    code = PythonText()
    assert "<fill in: " in code.value(value, "field")
    assert code.missing == [missing]


def test_a_member_without_a_name_and_two_classes_of_one_name() -> None:
    code = PythonText()
    assert code.value(EnumValue("shop.Mode", None, 6), "mode") == "Mode(6)"
    assert code.value(EnumValue("store.Mode", "ON", 1), "mode") != "Mode.ON"
    assert len(code.imports()) == 2


def test_a_report_of_what_is_not_recorded_says_so(tmp_path: Path) -> None:
    note = Noted(at=5, execution=1, publication=1, kind="log", level="info", text="one\ntwo", data='{"n": 1}')
    execution = replace(
        recorded(payload="", status="timed_out", duration=1_500_000_000),
        notes=(note,) * 300,
        failure=Failure("TimeoutError", "", "Timed out", (Frame("/srv/desk.py", 4, "ship", True),)),
        project=Project(("shop.wiring:make",), cwd=tmp_path),
        session=True,
    )
    text = report_text(execution, "")
    for part in (
        "# TimeoutError in ship",
        "## Await chain",
        "The payload is not recorded.",
        "- Database session: yes",
        "- App: shop.wiring:make",
        "more\n",
        '{"n": 1}',
    ):
        assert part in text
    assert "## Reproduce" not in text
    assert "- Commit" not in text


def test_a_report_of_an_event_without_a_class_has_its_json() -> None:
    text = report_text(
        replace(recorded(), event=replace(EVENT, key="Placed"), failure=None, status="returned_failure"), ""
    )
    assert text.startswith("# ship: returned failure\n")
    assert '  "note": "a"' in text
    assert "```python" not in text
    assert json_text("{cut off") == "{cut off"


def test_what_a_file_tells_of_its_functions(tmp_path: Path) -> None:
    path = tmp_path / "shop" / "wiring.py"
    path.parent.mkdir()
    path.write_text(SOURCE)
    file = SourceFile(str(path))
    line = {text.strip(): number for number, text in enumerate(SOURCE.splitlines(), 1)}
    take = line["def take(self, event, at=None, *, why): ..."]
    assert (file.required_arguments(take), file.is_async(take, default=True)) == (2, False)
    assert file.is_async(line["@staticmethod"], default=False)
    assert file.required_arguments(line["watch = lambda event: None"]) == 1
    assert [file.kind_of(name) for name in ("make", "build", "Bus", "bus", "handlers", "number", "none")] == [
        *("async", "call", "call", "value", "value", "", ""),
    ]
    names = ("scope", "plain", "generated", "agenerated", "opened", "bus")
    assert [file.session_kind(name) for name in names] == ["async", "sync", "gen", "asyncgen", "async", "async"]
    assert (file.has_function("make"), file.has_function("bus")) == (True, False)
    handler = HandlerDescription("shop.wiring:Bus.take", "Bus.take", "Bus", "take", "shop.wiring", str(path))
    assert SourceFile.of_module("shop.wiring", [FUNCTION, handler]).has_function("build")
    assert SourceFile.of_module("shop", [handler]).kind_of("build") == ""


@pytest.mark.parametrize("content", [b"def broken(:", b"\x00", b"\xff\xfe\xfd"], ids=["syntax", "null", "no text"])
def test_a_file_that_cannot_be_read_says_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "wiring.py"
    path.write_bytes(content)
    for file in (SourceFile(str(path)), SourceFile(""), SourceFile(str(tmp_path / "none.py"))):
        assert (file.kind_of("bus"), file.has_function("bus"), file.required_arguments(1)) == ("", True, 1)
        assert file.is_async(1, default=True)
        assert file.session_kind("scope") == "async"

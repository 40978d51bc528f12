"""A program that replaces builtins which Python itself needs is told as that, and not as stuck or merely ended."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from inspector.core.records.host import ProcessEnded
from inspector.core.request import FireRequest
from tests.hosts.children import project, running

PROGRAM = """
import builtins, os, traceback
from dataclasses import dataclass

@dataclass(frozen=True)
class Patch:
    what: str = ""

def broken(*arguments, **named):
    raise RuntimeError("patched")

async def obey(event):
    if event.what == "exit":
        try:
            broken()
        except RuntimeError:
            traceback.print_exc()
        os._exit(1)
    if event.what == "clear":
        vars(builtins).clear()
    for name in event.what.split():
        setattr(builtins, name, broken)

bus = {Patch: [obey]}
"""
SAYS = (
    "The program broke its interpreter in obey: RuntimeError: patched. "
    "The code may replace functions that Python itself needs."
)

#: What breaks first depends on the Python: a name that is missing or replaced, or ``isinstance`` with what was ``str``.
#: It may be what writes down that the handler has begun: then its name is not known.
BROKEN = re.compile(
    r"The program broke its interpreter(?: in obey)?: "
    r"(?:RuntimeError: patched|NameError: .*|TypeError: isinstance\(\) .*)\. "
    r"The code may replace functions that Python itself needs\."
)


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure no lines in children: what measures them ends processes in Python, with the builtins that are broken."""
    for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("unmeasured")
async def test_the_reason_of_the_end_is_what_was_raised(tmp_path: Path) -> None:
    (tmp_path / "patching.py").write_text(PROGRAM)
    async with running(project("patching:bus", cwd=tmp_path)) as (host, rows):
        for number, (what, says) in enumerate(
            [
                ("isinstance", SAYS),
                ("len", SAYS),
                ("min max str id", BROKEN),
                ("clear", BROKEN),
                ("exit", "The program ended with exit code 1 in obey."),
            ],
            1,
        ):
            host.fire(FireRequest("Patch", [{"what": what}], session=False))
            text = (await rows.wait_for(ProcessEnded, number)).text
            assert says.fullmatch(text) if isinstance(says, re.Pattern) else text == says, (what, text)
            await host.restart()


@pytest.mark.parametrize("what", ["print", "open input", "sorted sum"])
async def test_what_python_can_do_without_may_be_replaced(tmp_path: Path, what: str) -> None:
    (tmp_path / "patching.py").write_text(PROGRAM)
    async with running(project("patching:bus", cwd=tmp_path)) as (host, rows):
        for _ in range(2):
            await rows.settled(host.fire(FireRequest("Patch", [{"what": what}], session=False)))
        assert [end.status for end in rows.ends] == ["ok", "ok"]
        assert rows.host(ProcessEnded) == []

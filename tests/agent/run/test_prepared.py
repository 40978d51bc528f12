"""The agent is whole before a program that may have a bus serves: its loop does not wait for that when it publishes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.agent.run.running import run
from tests.agent.run.test_front import BUS, python

__all__ = ["python"]

_LOOKS: Final = "print('_event_inspector.agent.run.scout' in sys.modules)"
#: What a program declares before it runs a loop, what it imports there, and whether the agent is whole then.
_PROGRAMS: Final = {
    "a bus": ("from shopbus import Bus", "", True),
    "a bus that is imported on the loop": ("", "import shopbus", True),
    "a class within a function": (
        "def make():\n    class Hub:\n        def emit_all(self): pass\n        def on_any(self): pass\nmake()",
        "",
        True,
    ),
    "a library": ("import types\nsys.modules['blinker.base'] = types.ModuleType('blinker.base')", "", True),
    "nothing": ("import json, logging, http.server", "import email.mime.text", False),
    "a class that publishes only": ("class Mail:\n    def send(self): pass\n    def read(self): pass", "", False),
    "functions": ("def publish(event): pass\ndef subscribe(event): pass", "", False),
}
_SERVES: Final = {
    "asyncio.run": "import asyncio\nasync def main():\n    look()\nasyncio.run(main())",
    "run_forever": (
        "import asyncio\nloop = asyncio.new_event_loop()\nloop.call_soon(look)\nloop.call_soon(loop.stop)\n"
        "loop.run_forever()\nloop.close()"
    ),
    "asyncio.Runner": (
        "import asyncio\nasync def main():\n    look()\nwith asyncio.Runner() as runner:\n    runner.run(main())"
    ),
    "trio": (
        "import types\ntrio = types.ModuleType('trio._core._run')\n"
        "exec('def run(main):\\n    main()', vars(trio))\ntrio.run(look)"
    ),
    "a function of its own": "look()",
}


@pytest.mark.parametrize("serves", _SERVES)
@pytest.mark.parametrize("program", _PROGRAMS)
def test_the_agent_is_whole_before_a_loop_runs(python: str, tmp_path: Path, program: str, serves: str) -> None:
    before, on_loop, prepared = _PROGRAMS[program]
    (tmp_path / "shopbus.py").write_text(BUS)
    look = f"def look():\n    {on_loop or 'pass'}\n    {_LOOKS}\n"
    (tmp_path / "app.py").write_text(f"import sys\n{before}\n{look}{_SERVES[serves]}\n")
    ran = run([python, "app.py"], tmp_path, {"app": []})
    assert (ran.code, ran.errors) == (0, "")
    assert ran.output == f"{prepared and serves != 'a function of its own'}\n"


@pytest.mark.parametrize("writes", ["", "1"])
def test_the_agent_keeps_its_bytecode_and_the_program_decides_of_its_own(
    python: str, tmp_path: Path, writes: str
) -> None:
    (tmp_path / "shopbus.py").write_text(BUS)
    (tmp_path / "late.py").write_text("")
    program = (
        "import sys\nfrom shopbus import Bus, light\nbus = Bus()\nbus.subscribe('lit', light)\nbus.emit('lit', {})\n"
        "import late\nprint(sys.dont_write_bytecode, sys.modules['_event_inspector.agent.run.scout'].__cached__)\n"
    )
    (tmp_path / "app.py").write_text(program)
    ran = run([python, "app.py"], tmp_path, {"app": []}, {"PYTHONDONTWRITEBYTECODE": writes})
    avoids, cached = ran.output.split()
    assert (avoids, ran.executions()["light"]) == (str(bool(writes)), 1)
    assert Path(cached).exists()
    assert sorted(file.name.partition(".")[0] for file in tmp_path.glob("__pycache__/*")) == (
        [] if writes else ["late", "shopbus"]
    )

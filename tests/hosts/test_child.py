"""A project in a process of its own: records come, whatever becomes of the process is told, nothing is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inspector.core.errors import InspectorError
from inspector.core.faults import FaultRule
from inspector.core.own_code import is_ours
from inspector.core.records.brake import NOT_STORED
from inspector.core.records.host import (
    FaultsSwitched,
    LoopBlocked,
    LoopUnblocked,
    OutputDropped,
    PartNotLoaded,
    ProbesSwitched,
    ProcessEnded,
    ProcessStuck,
    ProgramPrinted,
    ProgramReloaded,
    ProgramSlowed,
    PublishRaised,
    RestartFailed,
)
from inspector.core.records.records import HANDLER_STARTED, PUBLICATION_ENDED, PUBLISHED, SESSION_STARTED, to_record
from inspector.core.request import FireRequest
from inspector.hosts import child
from inspector.hosts.child import ChildHost
from inspector.hosts.trouble import LoadError
from tests.hosts.children import INTERPRETERS, OLDER, ZOO, Rows, following, gone, old_python, project, running
from tests.patience import until

MOODS = str(ZOO / "moods.py")


def line_of(text: str) -> int:
    """The line of the animal's source that has this text."""
    lines = Path(MOODS).read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


async def do(host: ChildHost, rows: Rows, what: str) -> int:
    """Have the handler do something; gives the fire once its handler has started."""
    before = len(rows.of(HANDLER_STARTED))
    fire = host.fire(FireRequest("Do", [{"what": what}], session=False))
    await rows.until(lambda: len(rows.of(HANDLER_STARTED)) > before)
    return fire


@pytest.mark.parametrize("python", INTERPRETERS.values(), ids=INTERPRETERS.keys())
async def test_a_project_is_loaded_fired_at_and_stopped(python: str) -> None:
    async with running(project("moods:get_bus", python=python)) as (host, rows):
        assert f"{host.python}.".startswith(f"{next(v for v, p in INTERPRETERS.items() if p == python)}.")
        fire = host.fire(
            FireRequest("Do", [{"what": "fail"}, {"what": "log"}], session=False, metadata={"tenant": "a"})
        )
        assert (await rows.settled(fire)).published == 2
        assert rows.all[0][0] == SESSION_STARTED
        assert {event["name"] for event in json.loads(rows.all[0][5])["events"]} >= {"Ping", "Do"}
        assert [row[3] for row in rows.of(PUBLISHED)] == ["Do", "Do"]
        assert [end.status for end in rows.ends] == ["failed", "ok"]
        assert json.loads(rows.ends[0].failure)["message"] == "no stock"
        assert [row[6] for row in rows.of(4)] == ["something odd"]
        assert [record.text for record in rows.host(PublishRaised)] == ["Publishing Do raised ValueError: no stock"]
        assert [row[1] for row in rows.all] == sorted(row[1] for row in rows.all)
        pid = host.pid
        assert pid is not None
    assert host.state == "stopped"
    assert await gone(pid)


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("segfault", "The program crashed in obey: Segmentation fault at {moods}:{line}."),
        ("exit", "The program ended with exit code 3 in obey."),
        ("die", "The program was killed in obey: SIGKILL, possibly out of memory."),
        ("leave", "The program ended with exit code 4. A task called sys.exit(4)."),
        ("close", "The program closed the inspector's connection"),
    ],
)
async def test_a_child_that_ends_in_a_handler_says_in_which(what: str, says: str) -> None:
    async with running(project("moods:get_bus")) as (host, rows):
        fire = host.fire(FireRequest("Ping", [{}], session=False))
        await rows.settled(fire)
        fire = host.fire(FireRequest("Do", [{"what": what}], session=False))
        note = await rows.wait_for(ProcessEnded)
        line = line_of("ctypes.string_at")
        assert note.text.startswith(says.format(moods=MOODS, line=line))
        assert (await rows.settled(fire)).fire == fire
        # What had come before is all there, and what was running has ended.
        assert [row[3] for row in rows.of(PUBLISHED)] == ["Ping", "Do"]
        assert len(rows.of(HANDLER_STARTED)) == len(rows.ends) == 2
        assert rows.ends[1].status == ("ok" if what == "leave" else "interrupted")
        assert len(rows.of(PUBLICATION_ENDED)) == 2
        assert (host.state, host.running, host.pid) == ("ended", False, None)
        with pytest.raises(InspectorError, match="is not running"):
            host.fire(FireRequest("Ping", [{}]))


async def test_a_load_that_took_too_long_is_never_taken_for_a_crash_of_what_was_loaded() -> None:
    # The clock runs out while what the child has sent is on its way: either it is loaded, or it was too slow.
    for _ in range(6):
        host = ChildHost(project("moods:get_bus", load_timeout=0.000001))
        async with following(host) as rows:
            try:
                await host.start()
            except LoadError as error:
                told = (error.kind, error.typed, "took more than 0.000001 s and" in error.text, "<" in error.text)
            else:
                await rows.settled(host.fire(FireRequest("Ping", [{}], session=False)))
                told = None
            assert told in (None, ("timeout", "--load-timeout SECONDS", True, False))
            assert rows.host(ProcessEnded) == []


async def test_one_stream_goes_over_restarts_and_its_numbers_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(project("moods:get_bus")) as (host, rows):
        await rows.settled(host.fire(FireRequest("Ping", [{}, {}], session=False)))
        host.set_fault_rules((FaultRule("*", "Nothing", "fail"),))
        await rows.wait_for(FaultsSwitched)
        await do(host, rows, "exit")
        await rows.wait_for(ProcessEnded)
        monkeypatch.setattr(child, "STOP_TIME", 600.0)
        started = time.monotonic()
        await host.restart()
        assert time.monotonic() - started < 300  # nothing is waited for
        await rows.settled(host.fire(FireRequest("Ping", [{}], session=False)))
        assert (await rows.wait_for(ProgramReloaded)).catalog is None  # the catalog is what it was
        assert (await rows.wait_for(FaultsSwitched, 2)).sentence.startswith("Faults on: ")
    assert [row[2] for row in rows.of(PUBLISHED)] == [1, 2, 3, 4]
    assert [row[2] for row in rows.of(HANDLER_STARTED)] == [1, 2, 3, 4]
    assert len(rows.of(SESSION_STARTED)) == 1
    assert [row[1] for row in rows.all] == sorted(row[1] for row in rows.all)


async def test_a_handler_that_blocks_the_loop_is_named_by_the_child() -> None:
    async with running(project("moods:get_bus")) as (host, rows):
        fire = await do(host, rows, "block")
        note = await rows.wait_for(LoopBlocked)
        assert (note.handler, note.line) == ("obey", line_of("time.sleep"))
        await rows.wait_for(LoopUnblocked)
        await rows.settled(fire)
        assert host.state == "running"


async def test_code_that_holds_the_interpreter_is_named_by_the_parent() -> None:
    async with running(project("moods:get_bus")) as (host, rows):
        await do(host, rows, "hold for ever")
        note = await rows.wait_for(ProcessStuck)
        assert (note.handlers[0], note.file, note.line) == ("obey", MOODS, line_of('"a" * 64'))
        assert host.state == "stuck"
        host.kill()
        assert (await rows.wait_for(ProcessEnded)).text == "The program was killed in obey."
        assert rows.ends[-1].status == "interrupted"


async def test_stopping_does_not_wait_for_a_child_that_holds_its_interpreter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(project("moods:get_bus")) as (host, rows):
        await do(host, rows, "hold for ever")
        await rows.wait_for(ProcessStuck)
        monkeypatch.setattr(child, "STOP_TIME", 600.0)
        started = time.monotonic()
        await host.stop()
        assert time.monotonic() - started < 300
        await rows.until(lambda: rows.ends)
        assert rows.ends[-1].status == "interrupted"


async def test_what_is_printed_comes_line_by_line_and_a_flood_is_counted() -> None:
    async with running(project("moods:get_bus")) as (host, rows):
        await rows.settled(await do(host, rows, "print"))
        notes = [await rows.wait_for(ProgramPrinted, number) for number in (1, 2)]
        told = {note.stream: note.text for note in notes}
        assert told["stdout"] == "Käse"
        assert told["stderr"].startswith("trouble password=<redacted:password#")
        await rows.settled(await do(host, rows, "flood"))
        note = await rows.wait_for(OutputDropped)
        assert note.sentence.endswith("B of output dropped.")  # how much at first depends on how fast it is read


async def test_a_part_that_cannot_be_loaded_is_a_problem_and_the_rest_works() -> None:
    loaded = project("moods:get_bus,moods:broken_bus,absent:bus", catalog="package", db_session="homemade:session")
    async with running(loaded) as (host, rows):
        await rows.settled(host.fire(FireRequest("Ping", [{}], session=False)))
        texts = [problem.text for problem in host.problems]
        assert len(texts) == len(rows.host(PartNotLoaded)) == 5
        assert any("ConnectionError while calling moods:broken_bus" in text for text in texts)
        assert any("No module named absent" in text for text in texts)
        assert any("ValueError while importing package.broken" in text for text in texts)
        assert any("called while importing package.worse" in text for text in texts)
        assert any("No attribute session in module homemade" in text for text in texts)
        broken = next(problem for problem in host.problems if "package.broken" in problem.text)
        assert broken.traceback.splitlines()[-1] == "ValueError: broken on purpose"
        assert rows.host(PartNotLoaded)[0].trouble


async def test_a_project_may_have_files_named_like_modules_of_python_and_a_package_called_inspector() -> None:
    async with running(project("wiring:bus", cwd=ZOO / "shadow")) as (host, rows):
        await rows.settled(host.fire(FireRequest("Ping", [{}], session=False)))
        assert any(file.endswith("shadow/inspector/__init__.py") for file in host.files)
        assert not any(map(is_ours, host.files))


async def test_recording_can_be_paused_and_a_restart_keeps_it_paused() -> None:
    async with running(project("moods:get_bus")) as (host, rows):
        host.set_recording(False)
        await rows.settled(host.fire(FireRequest("Ping", [{}], session=False)))
        await host.restart()
        await rows.settled(host.fire(FireRequest("Ping", [{}], session=False)))
        assert rows.of(PUBLISHED) == []
        host.set_recording(True)
        await rows.settled(host.fire(FireRequest("Ping", [{}], session=False)))
        assert len(rows.of(PUBLISHED)) == 1


async def test_probes_are_switched_and_stay_so_when_the_program_is_loaded_anew() -> None:
    async with running(project("moods:get_bus")) as (host, rows):
        host.set_probes(("sql", "mail"))
        await rows.settled(host.fire(FireRequest("Ping", [{}], session=False)))
        await host.restart()
        await rows.settled(host.fire(FireRequest("Ping", [{}], session=False)))
        switched = [to_record(row) for row in rows.of(ProbesSwitched.KIND)]
        assert [record.off for record in switched] == [("sql", "mail")] * 2


async def test_a_restart_that_fails_is_told_and_can_be_tried_again(tmp_path: Path) -> None:
    source = tmp_path / "wiring.py"
    text = f"import sys\nsys.path.append({str(ZOO)!r})\nfrom homemade import make_bus\nbus = make_bus()\n"
    source.write_text(text)
    async with running(project("wiring:bus", cwd=tmp_path)) as (host, rows):
        source.write_text(text + "def broken(:\n")
        with pytest.raises(LoadError, match=r"SyntaxError in .*wiring\.py:5"):
            await host.restart()
        assert (await rows.wait_for(RestartFailed)).text.startswith(f"SyntaxError in {source}")
        assert str(source) in host.watched()
        source.write_text(text)
        await host.restart()
        await rows.settled(host.fire(FireRequest("Ping", [{}], session=False)))


async def test_an_interpreter_that_is_none_is_refused_in_a_sentence(tmp_path: Path) -> None:
    impostor = tmp_path / "python"
    impostor.write_text("#!/bin/sh\necho no snake >&2; exit 2\n")
    impostor.chmod(0o755)
    host = ChildHost(project("moods:get_bus", python=str(impostor)))
    async with following(host):
        with pytest.raises(LoadError, match=r"does not run as Python 3\.11 or newer: no snake") as caught:
            await host.start()
    assert caught.value.kind == "interpreter"


@pytest.mark.parametrize("version", ["3.10.13", "3.9.0", "3.6.15"])
async def test_a_python_that_is_too_old_is_refused_before_anything_is_loaded(tmp_path: Path, version: str) -> None:
    poser = old_python(tmp_path, version)
    tmp_path.joinpath("loud.py").write_text("import os\nos.write(1, b'imported')\n")
    await _is_too_old(str(poser), tmp_path, version)


@pytest.mark.skipif(not OLDER, reason="there is no Python older than 3.11 to try")
@pytest.mark.parametrize("python", OLDER)
async def test_a_real_python_that_is_too_old_is_refused(tmp_path: Path, python: str) -> None:
    await _is_too_old(python, tmp_path, "")


async def _is_too_old(python: str, folder: Path, version: str) -> None:
    host = ChildHost(project("loud:bus", python=python, cwd=folder))
    async with following(host) as rows:
        with pytest.raises(LoadError) as caught:
            await host.start()
        assert rows.all == []
    assert caught.value.kind == "interpreter"
    assert caught.value.text.endswith(f"is Python {version}; 3.11 or newer is required.") or not version
    assert "3.11 or newer" in caught.value.text
    assert (caught.value.hint, caught.value.typed) == ("Choose another interpreter.", "--python PATH")


_STRICT = "[project]\nrequires-python = '>=3.99'\n"


async def test_a_project_for_another_python_is_loaded_and_that_is_told_first(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(_STRICT)
    text = "import sys\nsys.path.append({!r})\nfrom homemade import make_bus\nbus = make_bus()\n"
    (tmp_path / "wiring.py").write_text(text.format(str(ZOO)))
    async with running(project("wiring:bus", cwd=tmp_path)) as (host, rows):
        part = await rows.wait_for(PartNotLoaded)
        assert (part.where, part.trouble, part.severity) == ("requires-python", "interpreter", "warning")
        assert part.text.startswith("The project requires Python >=3.99 (")
        assert [problem.text for problem in host.problems] == [part.text]
        assert host.problems[0].typed == "--python PATH"
        (tmp_path / "pyproject.toml").write_text("")
        await host.restart()
        assert host.problems == ()


@pytest.mark.parametrize(
    ("source", "text", "hint", "typed"),
    [
        ("x = = 1", "wiring.py:1: ", "Choose another interpreter.", "--python PATH"),
        ("raise SystemExit(3)", "called while importing wiring", "Guard code that runs the program", ""),
        ("while True: pass", "wiring took more than 0.5 s", "Allow more time.", "--load-timeout SECONDS"),
    ],
)
async def test_a_load_that_fails_on_the_wrong_python_says_that_it_is_the_wrong_one(
    tmp_path: Path, source: str, text: str, hint: str, typed: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(_STRICT)
    (tmp_path / "wiring.py").write_text(source)
    host = ChildHost(project("wiring:bus", cwd=tmp_path, load_timeout=0.5))
    async with following(host):
        with pytest.raises(LoadError) as caught:
            await host.start()
    first, _, rest = caught.value.text.partition(f"is Python {host.python}. ")
    assert first.startswith("The project requires Python >=3.99 (")
    assert text in rest
    assert caught.value.hint.startswith(hint)
    assert caught.value.typed == typed


async def test_a_setting_that_is_missing_is_asked_for_on_any_python(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(_STRICT)
    (tmp_path / "wiring.py").write_text("import os\nos.environ['SHOP_URL']")
    host = ChildHost(project("wiring:bus", cwd=tmp_path))
    async with following(host):
        with pytest.raises(LoadError, match=r"^Missing environment variable: SHOP_URL"):
            await host.start()


async def test_settings_come_from_the_form_then_the_file_then_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.env").write_text('export A="file"\nB=file\n')
    for name in "ABC":
        monkeypatch.setenv(name, "environment")
    text = (
        "import os, sys\nsys.path.append({!r})\nfrom homemade import make_bus\nprint(*[os.environ[n] for n in 'ABC'])"
    )
    (tmp_path / "wiring.py").write_text(text.format(str(ZOO)) + "\nbus = make_bus()\n")
    loaded = project("wiring:bus", cwd=tmp_path, env=tmp_path / "settings.env").with_settings({"A": "form"})
    assert "form" not in repr(loaded)
    async with running(loaded) as (_, rows):
        assert (await rows.wait_for(ProgramPrinted)).text == "form file environment"


async def test_a_window_that_does_not_read_holds_the_fires_back_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("inspector.hosts.child.FULL", 500)
    host = ChildHost(project("moods:get_bus"))
    await host.start()
    fire = host.fire(FireRequest("Ping", [{"number": number} for number in range(5_000)], session=False))
    source = host.stream._source
    await until(lambda: source.waiting > 500, "more rows wait than the child may send")  # type: ignore[attr-defined]
    held = 0
    while (waiting := source.waiting) != held:  # type: ignore[attr-defined]
        held = waiting
        await asyncio.sleep(0.2)
    assert held < 10_000  # of some 20,000
    async with following(host) as rows:
        assert (await rows.settled(fire)).published == 5_000
    assert len(rows.of(PUBLISHED)) == 5_000


async def test_a_program_whose_rows_are_not_stored_is_slowed_down_and_says_so() -> None:
    async with running(project("moods:get_bus")) as (host, rows):
        host.set_stored(1, 0)
        fire = host.fire(FireRequest("Ping", [{"number": number} for number in range(5_000)], session=False))
        await rows.wait_for(ProgramSlowed)
        host.set_stored(NOT_STORED, 0)  # storing is in trouble: the program does not wait for that
        assert (await rows.settled(fire)).published == 5_000
        await host.restart()
        fire = host.fire(FireRequest("Ping", [{"number": number} for number in range(3_000)], session=False))
        assert (await rows.settled(fire)).published == 3_000
    assert len(rows.of(PUBLISHED)) == 8_000
    assert len(rows.host(ProgramSlowed)) == 1
    assert rows.host(LoopBlocked) == []


async def test_cancelling_a_start_ends_the_process() -> None:
    host = ChildHost(project("endless_loop:bus"))
    async with following(host):
        starting = asyncio.ensure_future(host.start())
        await until(lambda: host.pid is not None, "the process is there")
        pid = host.pid
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        assert await gone(pid)


PARENT = """
import asyncio, sys
from pathlib import Path
from inspector.core.request import FireRequest
from inspector.hosts.child import ChildHost
from inspector.hosts.project import Project

async def main():
    host = ChildHost(Project.from_options("moods:get_bus", cwd=sys.argv[1], python=sys.executable))
    asyncio.ensure_future(host.stream.pump())
    await host.start()
    host.fire(FireRequest("Do", [{"what": sys.argv[2]}], session=False))
    await asyncio.sleep(0.2)
    print(host.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("what", ["wait", "hold for ever", "start a program"])
async def test_no_process_is_left_when_the_window_was_killed(what: str) -> None:
    root = Path(sys.modules["inspector"].__path__[0]).parent
    with subprocess.Popen(  # noqa: ASYNC220 - a moment
        [sys.executable, "-c", PARENT, str(ZOO), what], stdout=subprocess.PIPE, text=True, cwd=root
    ) as parent:
        assert parent.stdout is not None
        child = int(await asyncio.to_thread(parent.stdout.readline))
        os.kill(child, 0)
        parent.send_signal(signal.SIGKILL)
        assert await gone(child)


async def test_what_other_settings_would_give_is_asked_of_the_running_program() -> None:
    async with running(project("moods:get_bus")) as (host, _):
        pid = host.pid
        as_it_is = await host.read_as(None)
        assert (as_it_is.events, as_it_is.troubles) == (2, ())
        other = await host.read_as({"handlers": "nowhere", "publish": 3})
        assert len(other.troubles) == 2
        assert "3 is not a string" in other.troubles[0].text
        assert "no nowhere found" in other.troubles[1].text
        assert host.pid == pid, "nothing was loaded for it"
        host.message(["reading", 99, {}])  # which nobody asked for
        dump = await host.dump_tasks()
        assert not dump.trouble
        assert not any("agent" in step.file for task in dump.tasks for step in task.steps), "ours are no business of it"
        host.message(["tasks", 99, {}])
        asked = asyncio.ensure_future(host.read_as(None))
        await asyncio.sleep(0)
        host.kill()
        await asyncio.wait((asked,))
        assert asked.cancelled() or not asked.exception()
    for asked_again in (host.read_as(None), host.dump_tasks()):
        with pytest.raises(InspectorError):
            await asked_again

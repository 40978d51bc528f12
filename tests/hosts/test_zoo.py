"""The zoo: modules that do their worst to whoever loads them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

import pytest

from inspector.core.errors import InspectorError
from inspector.core.request import FireRequest
from inspector.hosts.child import ChildHost
from inspector.hosts.trouble import LoadError, MissingSetting
from tests.hosts.children import INTERPRETERS, ZOO, following, gone, project, running
from tests.patience import PATIENCE

# Children at a time: most of them wait for something.
AT_ONCE = 4

#: What does not survive its loading: import string → (kind of the error, what its sentence says).
DEAD: dict[str, tuple[str, str]] = {
    "import_error:bus": ("missing_module", "does_not_exist"),
    "missing_dependency:bus": ("missing_module", "needs not_installed_anywhere, which "),
    "missing_sibling:bus": ("missing_module", "No module named package.absent, imported by missing_sibling"),
    "no_such_animal:bus": ("missing_module", "No module named no_such_animal"),
    "no_bus:absent": ("missing_attribute", "No attribute absent in module no_bus"),
    "tab_error:bus": ("syntax", "TabError in "),
    "syntax_error:bus": ("syntax", "SyntaxError in "),
    "wrong_encoding:bus": ("syntax", "wrong_encoding.py"),
    "null_bytes:bus": ("syntax", "null_bytes.py:"),
    "circular_a:first": ("circular", "Circular import of"),
    "sys_exit:bus": ("exit", "sys.exit(3)"),
    "sys_exit_text:bus": ("exit", "there is no configuration"),
    "os_exit:bus": ("exit", "exit code 5"),
    "segfault:bus": ("crash", "Segmentation fault at "),
    "abort:bus": ("crash", "Aborted at "),
    "kill_self:bus": ("crash", "SIGKILL"),
    "stop_self:bus": ("timeout", "took more than"),
    "endless_loop:bus": ("timeout", "endless_loop.py:"),
    "endless_regex:bus": ("timeout", "endless_regex.py:5"),
    "endless_wait:bus": ("timeout", "endless_wait.py:5"),
    "endless_print:bus": ("timeout", "endless_print.py:4"),
    "endless_subprocess:bus": ("timeout", "endless_subprocess.py:5"),
    "recursion:bus": ("error", "RecursionError"),
    "asks_input:bus": ("error", "standard input is empty"),
    "keyboard_interrupt:bus": ("error", "KeyboardInterrupt"),
    "generator_exit:bus": ("error", "GeneratorExit"),
    "base_exception:bus": ("error", "Odd while importing base_exception"),
    "unprintable:bus": ("error", "Mute"),
    "strange_text:bus": ("error", "ValueError"),
    "missing_variable:bus": ("missing_setting", "ZOO_DATABASE_URL"),
    "missing_told:bus": ("missing_setting", "ZOO_API_TOKEN"),
    "module_getattr:bus": ("exit", "sys.exit('bus')"),
    "impostor:bus": ("error", "KeyboardInterrupt"),
    "huge_memory:bus": ("error", "MemoryError while importing"),
    "closes_everything:bus": ("crash", "closed the inspector's connection"),
    "writes_everywhere:bus": ("protocol", "writes_everywhere sent invalid data: A message part of 1195725856 bytes"),
    "daemonizes:bus": ("exit", "exit code 0"),
    "becomes_another:bus": ("exit", "exit code 7"),
    "wipes_modules:bus": ("", "wipes_modules"),
    "breaks_import:bus": ("", "while importing breaks_import"),
    "patched_isinstance:bus": ("crash", "broke the interpreter: RuntimeError: patched"),
    # On 3.11 no message can be sent any more; on newer ones its own exception is the reason.
    "patched_dict:bus": ("", "TypeError while importing | RuntimeError while | broke the interpreter"),
    "no_bus:bus": ("", ""),
    "factories:needs": ("usage", "missing arguments settings, debug"),
    "factories:ends": ("exit", "sys.exit(6)"),
    "factories:fails": ("error", "KeyError"),
    "factories:hangs": ("timeout", "factories:hangs took more than"),
    "factories:runs_a_loop": ("error", "running event loop"),
}

#: What lives, and must not notice us, nor we what it does: import strings.
ALIVE = (
    *("factories:works", "factories:Container.bus", "factories:container.bus", "patched_json:bus", "patched_time:bus"),
    *("patched_asyncio:bus", "patched_socket:bus", "lively_threads:bus", "hangs_at_exit:bus", "forks:bus"),
    *("fork_comes_back:bus", "ignores_signals:bus", "moves_away:bus", "writes_all_the_time:bus", "prints_a_flood:bus"),
    *("closes_stdout:bus", "closes_some:bus", "forgets_environment:bus", "strict_warnings:bus", "odd_modules:bus"),
    *("no_traceback:bus", "odd_metaclass:bus", "spawns:get_bus"),
)


async def test_whatever_a_module_does_while_it_is_loaded_is_told_in_a_sentence_soon() -> None:
    assert await complaints(DEAD, dies) == []


async def test_a_project_that_changes_the_world_around_it_runs_all_the_same() -> None:
    assert await complaints(ALIVE, lives) == []


def test_the_zoo_has_more_than_forty_hostile_modules() -> None:
    modules = {app.partition(":")[0] for app in (*DEAD, *ALIVE)}
    assert len({name for name in modules if (ZOO / f"{name}.py").exists()}) > 45


async def complaints(apps: Iterable[str], check: Callable[[str, str], Awaitable[None]]) -> list[str]:
    """Check the animals, several at a time, each on one of the interpreters there are; gives what was wrong."""
    free = asyncio.Semaphore(AT_ONCE)
    pythons = list(INTERPRETERS.values())

    async def checked(number: int, app: str) -> str:
        async with free:
            try:
                await check(app, pythons[number % len(pythons)])
            except (AssertionError, pytest.fail.Exception, InspectorError, TimeoutError) as error:
                return f"{app} on {pythons[number % len(pythons)]}: {error!s:.600}"
            return ""

    told = await asyncio.gather(*(checked(number, app) for number, app in enumerate(apps)))
    return [text for text in told if text]


async def dies(app: str, python: str) -> None:
    """It cannot be loaded, which is told in time, as it should be, and leaves nothing behind."""
    kind, fragment = DEAD[app]
    slow = kind == "timeout"
    loaded = replace(project(app, python=python), load_timeout=3.0 if slow else PATIENCE, memory=_memory(app))
    host = ChildHost(loaded)
    async with following(host):
        with pytest.raises(LoadError) as caught:
            await host.start()
    error = caught.value
    assert any(part in error.text for part in fragment.split(" | ")), error.text
    assert kind in ("", error.kind), error.kind
    assert (kind == "missing_setting") == isinstance(error, MissingSetting)
    assert "\n" not in error.text
    assert len(error.text) < 700
    assert "_event_inspector" not in error.traceback
    assert "/inspector/agent/" not in error.traceback
    assert host.pid is None


def _memory(app: str) -> int | None:
    return 600_000_000 if app.startswith("huge_memory") else None


async def lives(app: str, python: str) -> None:
    """It is loaded, its handler runs, and it can be stopped."""
    async with running(project(app, python=python)) as (host, rows):
        pid = host.pid
        assert pid is not None
        fire = host.fire(FireRequest("Ping", [{"number": 3}], session=False))
        assert (await rows.settled(fire)).published == 1, rows.all[-3:]
        assert [end.status for end in rows.ends] == ["ok"]
        assert [row[8] for row in rows.of(1)] == ['{"number":3}']
    assert await gone(pid)

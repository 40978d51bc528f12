"""What is said of a command that is watched."""

from __future__ import annotations

import sys

from inspector.app.runs import limit_notes, missing_bus, process_notes, waiting_text
from inspector.core.description import CatalogDescription
from inspector.core.records.host import LIMIT, HostNoted, ProcessJoined, ProcessSilent, ProgramReloaded
from inspector.hosts.run.host import RunHost
from inspector.hosts.run.launch import RunCommand
from tests.catalog.runs import Run

TOO_OLD = "Python 3.10.13 cannot be watched; 3.12 or newer can."


async def test_a_command_that_cannot_be_watched_is_not_said_to_have_published_nothing() -> None:
    host = RunHost(RunCommand((sys.executable, "serve.py"), sys.executable, "serve"))
    run = Run(CatalogDescription("serve", ()))
    assert waiting_text(host, run.journal) == ("The command has ended", "Nothing was published while it ran.")
    for pid, reason in ((11, TOO_OLD), (12, TOO_OLD), (13, "It was started with -I.")):
        run.host(ProcessSilent, pid=pid, command="python serve.py", reason=reason)
    run.fold()
    title, words = waiting_text(host, run.journal)
    assert title == "The command has ended"
    assert words == (
        f"Not watched: python serve.py and 1 more. {TOO_OLD} Not watched: python serve.py. It was started with -I."
    )


def test_what_processes_cannot_do_is_said_once() -> None:
    run = Run(CatalogDescription("serve", ()))
    for _ in range(2):
        run.host(HostNoted, kind="agent", level="warning", text="serve:bus is not a recognized bus.")
    run.host(HostNoted, kind="engine", level="error", text="A bug of ours.")
    run.fold()
    assert process_notes(run.journal) == ["serve:bus is not a recognized bus."]


async def test_a_command_without_a_bus_is_told_and_one_with_a_bus_that_publishes_nothing_is_not() -> None:
    host = RunHost(RunCommand((sys.executable, "serve.py"), sys.executable, "serve"))
    run = Run(CatalogDescription("serve", ()))
    assert missing_bus(run.journal) == []  # no Python process
    run.host(ProcessJoined, process=1, pid=11, parent=0, role="", command="python serve.py", python="3.12.1")
    run.fold()
    (text,) = missing_bus(run.journal)
    assert waiting_text(host, run.journal) == ("The command has ended", text)
    assert "--app" in text
    run.host(ProgramReloaded, catalog=CatalogDescription("serve", ()))
    run.fold()
    assert missing_bus(run.journal) == []
    assert waiting_text(host, run.journal) == ("The command has ended", "Nothing was published while it ran.")


async def test_what_an_older_python_cannot_show_is_said_once_beside_all_else() -> None:
    host = RunHost(RunCommand((sys.executable, "serve.py"), sys.executable, "serve"))
    run = Run(CatalogDescription("serve", ()))
    limit = "Python 3.11.7 shows only buses of libraries that are known by their class; 3.12 or newer shows all buses."
    for process in (1, 2):
        run.host(ProcessJoined, process=process, pid=process, parent=0, role="", command="serve.py", python="3.11.7")
        run.host(HostNoted, kind=LIMIT, level="info", text=limit)
    run.fold()
    assert limit_notes(run.journal) == [limit]
    assert process_notes(run.journal) == []
    (text,) = missing_bus(run.journal)
    assert "--app" not in text
    assert waiting_text(host, run.journal) == ("The command has ended", f"{text} {limit}")
    run.host(ProgramReloaded, catalog=CatalogDescription("serve", ()))
    run.fold()
    words = f"Nothing was published while it ran. {limit}"
    assert waiting_text(host, run.journal) == ("The command has ended", words)

"""Runs handlers that use sqlite3, alone or with every probe on; on any Python from 3.12 on, without installed packages.

Usage: python -I doing.py FOLDER-OF-THE-PACKAGE
Prints as JSON, for each handler: what it came to without probes, with them, and what was noted.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import importlib
import importlib.util
import inspect
import json
import os
import sqlite3
import sys
import threading

if "COVERAGE_PROCESS_CONFIG" in os.environ:  # the tests are being measured; this interpreter has no .pth file for it
    with contextlib.suppress(ImportError):
        importlib.import_module("coverage").process_startup()

SECRET = "canary-0123456789"


class Person:
    """Its repr must not run."""

    def __repr__(self) -> str:
        raise AssertionError("its repr was run")

    def __conform__(self, _protocol: object) -> str:
        return "adapted"


def cursor(database):
    rows = []
    statement = database.cursor()
    statement.execute("CREATE TABLE people (name TEXT, age INTEGER)")
    statement.execute("INSERT INTO people VALUES (?, ?)", ("ada", 36))
    rows.append(statement.rowcount)
    statement.executemany("INSERT INTO people VALUES (?, ?)", [("grace", 85), ("alan", 41)])
    rows.append(statement.rowcount)
    statement.execute("UPDATE people SET age = age + 1 WHERE age > 40")
    rows += statement.execute("SELECT name, age FROM people WHERE name = 'ada' -- who\n").fetchall()
    return rows


def connection(database):
    database.execute("CREATE TABLE notes (text TEXT)")
    database.execute("INSERT INTO notes VALUES (?)", (SECRET,))
    database.commit()
    database.execute("DELETE FROM notes")
    database.rollback()
    database.rollback()
    database.executescript("CREATE TABLE a (x); CREATE TABLE b (x); INSERT INTO a VALUES (1)")
    return [*database.execute("SELECT count(*) FROM notes")]


def failing(database):
    try:
        database.execute("SELECT some FROM nowhere")
    except sqlite3.OperationalError as error:
        return type(error).__name__, str(error)


def by_arguments(database):
    """Called with arguments that are unpacked, and a value that adapts itself."""
    arguments = ("SELECT ?", (Person(),))
    return [*database.execute(*arguments)]


def closed(_database):
    other = sqlite3.connect(":memory:")
    other.close()
    try:
        other.execute("SELECT 1")
    except sqlite3.ProgrammingError as error:
        return str(error)


def traced(database):
    """Has a callback of its own: it stays."""
    told = []
    database.set_trace_callback(told.append)
    database.execute("SELECT 1")
    database.execute("SELECT 2")
    return told


def subclass(_database):
    class Own(sqlite3.Connection):
        def execute(self, *arguments):
            return super().execute(*arguments)

    with contextlib.closing(sqlite3.connect(":memory:", factory=Own)) as own:
        return type(own).__name__, own.execute("SELECT 'own'").fetchone()


def threaded(_database):
    rows = []

    def work():
        with contextlib.closing(sqlite3.connect(":memory:")) as own:
            rows.extend(own.execute("SELECT 'thread'"))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return rows


HANDLERS = {
    function.__name__: function
    for function in (cursor, connection, failing, by_arguments, closed, traced, subclass, threaded)
}


def module_at(name, file, folder=None):
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=folder)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def perform(agent, function, *, probes):
    """Call a function as a handler; returns what it came to, and what was noted."""
    bus_module = importlib.import_module(f"{agent}.core.bus.bus")
    events = importlib.import_module(f"{agent}.core.bus.events")
    effects = importlib.import_module(f"{agent}.agent.effects.effects")
    program_module = importlib.import_module(f"{agent}.agent.program")
    handover = importlib.import_module(f"{agent}.agent.observe.handover").HANDOVER
    records = importlib.import_module(f"{agent}.core.records.records")
    recorder = importlib.import_module(f"{agent}.core.records.recorder").Recorder()

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Asked(events.DomainEvent):
        """What the handlers handle."""

    bus = bus_module.InMemoryEventBus()
    came_to = []
    with contextlib.closing(sqlite3.connect(":memory:", check_same_thread=False)) as database:

        async def handler(event):
            result = function(database)
            came_to.append(await result if inspect.isawaitable(result) else result)

        bus.subscribe(Asked, handler)
        program = program_module.CoreProgram("test", bus)
        recorder.start(program.catalog())
        undo = [program.attach(recorder, came_to.append)]
        if probes:
            undo += [effects.install_effects(recorder), handover.begin(came_to.append)]
        asyncio.run(bus.publish(Asked()))
        while undo:
            undo.pop()()
        left = [value for value in vars(sqlite3).values() if "_guest" in getattr(type(value), "__module__", "")]
        assert not left
    rows = [records.to_record(row) for row in recorder.drain()]
    notes = [row for row in rows if type(row).__name__ == "Noted"]
    return came_to, [(note.kind, note.level, note.text, json.loads(note.data or "{}")) for note in notes]


def main(package):
    module_at("_guest", package + "/__init__.py", [package])
    told = {}
    for name, function in HANDLERS.items():
        alone, _ = perform("_guest", function, probes=False)
        watched, notes = perform("_guest", function, probes=True)
        told[name] = {"alone": alone, "watched": watched, "notes": notes}
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])

"""Runs the programs while they are observed, and says of each what was recorded; alone on any Python from 3.12 on.

Usage: python -I watching.py FOLDER-OF-THE-PACKAGE
Prints for each program, as JSON: its name, what is wrong (empty: nothing), and what was recorded.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import inspect
import json
import os
import sys
from collections import Counter
from pathlib import Path

if "COVERAGE_PROCESS_CONFIG" in os.environ:  # the tests are being measured; this interpreter has no .pth file for it
    with contextlib.suppress(ImportError):
        importlib.import_module("coverage").process_startup()


def module_at(name, file, folder=None):
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=folder)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def observe(make, agent, programs):
    """Run one program; gives what is wrong, and the executions and causes that were recorded."""
    loaded = importlib.import_module(f"{agent}.agent.reading.loaded")
    records = importlib.import_module(f"{agent}.core.records.records")
    handled = importlib.import_module(f"{agent}.agent.effects.handled")
    recorder_of = importlib.import_module(f"{agent}.core.records.recorder").Recorder
    programs.TALLY.clear()
    removed = []

    async def run():
        made = make()
        program = loaded.make_program("sample", [loaded.Target("sample", made.bus)])
        recorder = recorder_of()
        recorder.start(program.catalog())
        unprobe = handled.install_handled_probe(recorder)
        undo = program.attach(recorder, removed.append)
        result = made.run()
        if inspect.isawaitable(result):
            await result
        for _ in range(20):
            await asyncio.sleep(0)
        undo()
        unprobe()
        made.close()
        return made, [records.to_record(row) for row in recorder.drain()]

    made, rows = asyncio.run(run())
    return _compare(made, rows, removed, programs.TALLY)


def _compare(made, rows, removed, tally):
    def of_kind(name):
        return [row for row in rows if type(row).__name__ == name]

    labels = {row.execution: _last(row.handler) for row in of_kind("HandlerStarted")}
    statuses = {row.execution: row.status for row in of_kind("HandlerEnded")}
    tries = Counter(row.execution for row in of_kind("Noted") if row.kind == "attempt")
    executions = [(labels[at], statuses.get(at, "running"), tries[at] + 1) for at in sorted(labels)]
    causes = [(row.event_type, labels.get(row.cause, "")) for row in of_kind("Published")]
    wrong = []
    if removed:
        wrong.append(f"recording stopped: {removed[0]!r}")
    if executions != made.executions:
        wrong.append(f"executions {executions}, not {made.executions}")
    if causes != made.causes:
        wrong.append(f"causes {causes}, not {made.causes}")
    ran = Counter()
    for label, status, tried in executions:
        if status != "never_awaited" and label in {*tally}:
            ran[label] += tried
    if ran != Counter(tally):
        wrong.append(f"bodies {dict(ran)}, but the tally says {dict(Counter(tally))}")
    return wrong, executions, causes


def _last(key):
    """Return the last name of a handler's key, without the numbers and marks that tell those of one function apart."""
    return "lambda" if ".lambda:" in key else key.rpartition(":")[2].partition(" ")[0].rpartition(".")[2]


if __name__ == "__main__":
    package = sys.argv[1]
    module_at("_guest", package + "/__init__.py", [package])
    here = module_at("programs", str(Path(__file__).with_name("programs.py")))
    results = {name: observe(make, "_guest", here) for name, make in here.PROGRAMS.items()}
    keys = ("wrong", "executions", "causes")
    print(json.dumps({name: dict(zip(keys, result, strict=True)) for name, result in results.items()}))

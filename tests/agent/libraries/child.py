"""Run by the interpreters that have the libraries, alone: each program untapped, tapped, read and fired.

Usage: python -I child.py FOLDER-OF-THE-PACKAGE watched|wrapped PROGRAM…
Prints one JSON object: for each program what it did without us and with us, what was recorded, its catalog, its fires.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import inspect
import json
import logging
import os
import sys
import time
import warnings
from pathlib import Path

if "COVERAGE_PROCESS_CONFIG" in os.environ:  # the tests are being measured; this interpreter has no .pth file for it
    importlib.import_module("coverage").process_startup()

PACKAGE, HOW, *PROGRAMS = sys.argv[1:]
HERE = Path(__file__).parent / "programs"
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


def module_at(name, file, folder=None):
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=folder)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


module_at("_guest", PACKAGE + "/__init__.py", [PACKAGE])
loaded = importlib.import_module("_guest.agent.reading.loaded")
recorder = importlib.import_module("_guest.core.records.recorder")
if HOW == "wrapped":  # as on Python 3.11
    importlib.import_module("_guest.agent.observe.monitor")._MONITORING = None
importlib.import_module("_guest.agent.process.seal").seal("_guest")


class Seen:
    """Observes, keeps names, and lets a recorder have everything, too."""

    def __init__(self, rows):
        self.published, self.executed, self.rows = [], [], rows

    def __getattribute__(self, name):
        value = super().__getattribute__(name)
        if not name.startswith(("publication_", "execution_")):
            return value

        def both(*facts):
            value(*facts)
            getattr(self.rows, name)(*facts)

        return both

    def publication_started(self, publication):
        payload = publication.event if publication.shown is None else publication.shown
        keys = sorted(payload) if isinstance(payload, dict) else type(payload).__name__
        cause = publication.cause.subscription.description.label if publication.cause else ""
        expected = [subscription.description.label for subscription in publication.subscriptions]
        self.published.append([publication.named, keys, expected, cause])

    def publication_ended(self, publication):
        pass

    def publication_refused(self, publication):
        self.published.append(["refused"])

    def execution_started(self, execution):
        pass

    def execution_ended(self, execution):
        self.executed.append([execution.publication.named, execution.subscription.description.label, execution.status])

    def execution_late(self, execution, error):
        self.executed.append(["late"])


def fresh(name):
    """Return the program, made anew, and told apart from how it was made before by nothing."""
    sys.modules.pop(name, None)
    return module_at(name, HERE / f"{name}.py")


def tap(name, module):
    program = loaded.make_program(name, [loaded.Target(f"{name}:{module.WHERE}", module.BUS)])
    rows = recorder.Recorder()
    rows.start(program.catalog())
    seen, removed = Seen(rows), []
    undo = program.attach(seen, removed.append)
    return program, seen, removed, undo


async def used(module):
    """Use the program; return what it gives, and in which order its handlers began."""
    try:
        results = module.use()
        if inspect.isawaitable(results):
            results = await results
    except Exception as error:
        results = [f"{type(error).__name__}: {error}"]
    await asyncio.sleep(0)
    return {"results": results, "tally": list(module.TALLY)}


async def watched(name):
    module = fresh(name)
    program, seen, removed, undo = tap(name, module)
    outcome = await used(module)
    await drained(program)
    undo()
    after = await used(fresh(name))
    left = await used_again(module)
    return {
        **outcome,
        "published": seen.published,
        "executed": seen.executed,
        "removed": [repr(error) for error in removed],
        "after": after,
        "left": left,
        "seen_after": len(seen.executed),
    }


async def used_again(module):
    """Use the very objects that were tapped once more, where the program says that it can be used twice."""
    if not getattr(module, "TWICE", True):
        return None
    module.TALLY.clear()
    return await used(module)


async def drained(program):
    """Let publications end that wait for handlers."""
    for _ in range(2000):
        if not program._tap.open:
            return
        await asyncio.sleep(0.005)


async def read(name):
    module = fresh(name)
    program = loaded.make_program(name, [loaded.Target(f"{name}:{module.WHERE}", module.BUS)])
    catalog = program.catalog()
    labels = {handler.key: handler.label for handler in catalog.handlers}
    return {
        "events": {
            event.name: {
                "fields": {field.name: [field.type.text, field.required] for field in event.fields if not field.base},
                "handlers": [labels[key] for key in event.handlers],
            }
            for event in catalog.events
        },
        "sources": [[source.adapter, source.text] for source in catalog.sources],
        "problems": [[problem.where, problem.text] for problem in catalog.problems],
    }


class Strike:
    """Runs something else in the place of one handler."""

    def __init__(self, label):
        self.label = label

    def strikes(self, label):
        return label == self.label

    def __call__(self, execution):
        description = execution.subscription.description
        if description.label != self.label:
            return None

        def fail(event):
            raise RuntimeError("struck")

        async def fail_later(event):
            raise RuntimeError("struck")

        return fail_later if description.is_async else fail


async def fired(name, event, values, strike=""):
    module = fresh(name)
    program, seen, removed, undo = tap(name, module)
    if strike:
        program.intercept(Strike(strike))
    error = ""
    try:
        await program.publish(program.build(event, values), None, {})
    except Exception as raised:
        error = f"{type(raised).__name__}: {raised}"
    await drained(program)
    undo()
    return {
        "published": seen.published,
        "executed": seen.executed,
        "tally": list(module.TALLY),
        "error": error,
        "removed": [repr(one) for one in removed],
    }


def run(coroutine):
    with asyncio.Runner() as runner:
        return runner.run(coroutine)


def told(name):
    fires = [run(fired(name, *fire)) for fire in fresh(name).FIRES]
    struck = next(label for _, label, status in fires[0]["executed"] if status == "ok")
    return {
        "untapped": run(used(fresh(name))),
        "tapped": run(watched(name)),
        "catalog": run(read(name)),
        "fires": fires,
        "struck": {"label": struck, **run(fired(name, *fresh(name).FIRES[0], struck))},
    }


answer = {}
for program in PROGRAMS:
    started = time.perf_counter()
    with contextlib.redirect_stdout(sys.stderr):
        answer[program] = told(program)
    answer[program]["seconds"] = round(time.perf_counter() - started, 2)
json.dump(answer, sys.stdout, default=repr)
sys.stdout.flush()
os._exit(0)  # threads of the libraries' own are nobody's business

"""Run by other interpreters, alone: the samples' own suites, tapped, by the agent under a private name.

Usage: python -I other_python.py FOLDER-OF-THE-PACKAGE FOLDER-OF-THE-PROJECTS
Prints for each sample its name, how many tests ran, how many went wrong, and how many rows were recorded.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import os
import sys
import unittest

PACKAGE, PROJECTS = sys.argv[1:]
SAMPLES = (("shop", "shop.wiring", ""), ("orders", "orders.wiring", "bus"), ("tasks", "tasks.queue", ""))


def module_at(name, file, folder=None):
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=folder)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


module_at("_guest", PACKAGE + "/__init__.py", [PACKAGE])
loaded = importlib.import_module("_guest.agent.reading.loaded")
recorder = importlib.import_module("_guest.core.records.recorder")
importlib.import_module("_guest.agent.process.seal").seal("_guest")


def tap(value, catalog=None):
    program = loaded.make_program("sample", [loaded.Target("sample", value)], catalog)
    made, removed = recorder.Recorder(), []
    made.start(program.catalog())
    return made, program.attach(made, removed.append), removed


def run(name, module, attribute):
    sys.path.insert(0, f"{PROJECTS}/{name}")
    value, taps = importlib.import_module(module), []
    if name == "shop":
        os.environ["SHOP_DATABASE_URL"] = "memory:"
        make, events = value.get_container, importlib.import_module("shop.registry").EVENTS

        def get_container():
            container = make()
            taps.append(tap(container, events))
            return container

        value.get_container = get_container
    else:
        taps.append(tap(getattr(value, attribute) if attribute else value))
    tests = module_at(f"{name}_tests", f"{PROJECTS}/{name}/tests/test_{name}.py")
    result = unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromModule(tests))
    rows = 0
    for made, undo, removed in taps:
        undo()
        rows += len(made.drain())
        assert not removed, removed
    wrong = [text for _, text in result.failures + result.errors]
    print(name, result.testsRun, len(wrong), rows, *wrong)


for sample in SAMPLES:
    run(*sample)

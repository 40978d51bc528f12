"""Fires at the programs of ``fires`` while they are observed, and says what was told; alone on any Python from 3.12.

Usage: python -I firing.py FOLDER-OF-THE-PACKAGE
Prints for each program, as JSON, what is wrong (empty: nothing).
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import sys
from pathlib import Path

#: How often a program is fired at whose publications have to come soon after one another, on a busy machine.
_TRIES = 5


def module_at(name, file, folder=None):
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=folder)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def fire(make, agent, fires):
    """Fire at one program; gives what is wrong."""
    loaded = importlib.import_module(f"{agent}.agent.reading.loaded")
    records = importlib.import_module(f"{agent}.core.records.records")
    recorder_of = importlib.import_module(f"{agent}.core.records.recorder").Recorder
    engine_of = importlib.import_module(f"{agent}.agent.engine").Engine
    request_of = importlib.import_module(f"{agent}.core.request").FireRequest

    async def run():
        fires.BODIES.clear()
        made = make()
        program = loaded.make_program("sample", [loaded.Target("sample", made.bus)])
        recorder = recorder_of()
        engine = engine_of(program, recorder)
        await engine.start()
        request = request_of(made.event, [{}] * made.times, fire=1, session=False, timeout=made.timeout)
        await asyncio.create_task(engine.fire(request))  # of its own context
        rows = [records.to_record(row) for row in recorder.drain()]
        made.close()
        await engine.close()
        return made, rows

    for _ in range(_TRIES):
        made, rows = asyncio.run(run())
        published = [row.at for row in rows if type(row).__name__ == "Published"]
        if not published or published[-1] - published[0] < made.within * 1e9:
            break
    return _compare(made, rows, fires.BODIES)


def _compare(made, rows, bodies):
    def of_kind(name):
        return [row for row in rows if type(row).__name__ == name]

    published, started = of_kind("Published"), of_kind("HandlerStarted")
    told = [handler for row in of_kind("HandlersNotCalled") for handler in row.handlers]
    uncalled = [(_last(handler.handler), handler.reason) for handler in told]
    pending = [work.kind for row in of_kind("FireUnsettled") for work in row.pending]
    statuses = [row.status for row in of_kind("HandlerEnded")]
    expected = {
        "bodies": (sorted(bodies), sorted(made.bodies)),
        "executions": (len(started), made.executions),
        "publications": (len(published), made.times + made.derived),
        "derived": (sum(row.cause > 0 for row in published), made.derived),
        "fires": ({row.fire for row in published}, {1}),
        "not called": (uncalled, made.uncalled),
        "pending": (pending, made.pending),
        "statuses": (statuses, made.statuses or ["ok"] * made.executions),
        "noted": ([row.text for row in of_kind("HostNoted")], made.noted),
    }
    return [f"{what}: {is_so!r}, not {should!r}" for what, (is_so, should) in expected.items() if is_so != should]


def _last(key):
    return key.rpartition(":")[2].partition(" ")[0].rpartition(".")[2]


if __name__ == "__main__":
    package = sys.argv[1]
    module_at("_guest", package + "/__init__.py", [package])
    here = module_at("fires", str(Path(__file__).with_name("fires.py")))
    chosen = sys.argv[2:] or list(here.FIRES)
    print(json.dumps({name: fire(here.FIRES[name], "_guest", here) for name in chosen}))

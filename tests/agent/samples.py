"""The sample projects of ``tests/projects``, imported afresh, and their own suites run in this process."""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from inspector.agent.reading.loaded import LoadedProgram, Target, make_program
from inspector.core.description import CatalogDescription
from inspector.core.records.recorder import Recorder

PROJECTS = Path(__file__).resolve().parent.parent / "projects"


@contextlib.contextmanager
def project(name: str) -> Iterator[Callable[[str], ModuleType]]:
    """Import modules of a sample; afterwards it is as if it had never been."""
    folder = str(PROJECTS / name)
    before = set(sys.modules)
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        yield importlib.import_module
    finally:
        sys.path.remove(folder)
        for module in set(sys.modules) - before:
            if module.partition(".")[0] in (name, "tests") and str(
                getattr(sys.modules[module], "__file__", "")
            ).startswith(folder):
                del sys.modules[module]


def run_suite(name: str) -> tuple[int, list[str]]:
    """Run the own tests of an imported sample; gives how many ran and what went wrong."""
    spec = importlib.util.spec_from_file_location(f"{name}.own_tests", PROJECTS / name / "tests" / f"test_{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    result = unittest.TextTestRunner(stream=io.StringIO()).run(suite)
    return result.testsRun, [text for _, text in (*result.failures, *result.errors)]


#: Programs that are recorded now.
WATCHED: list[Watched] = []


class Watched:
    """A program under a recorder, outside any host."""

    def __init__(self, program: Any) -> None:
        WATCHED.append(self)
        self.program: LoadedProgram = program
        self.recorder = Recorder()
        self.removed: list[BaseException] = []
        self.catalog: CatalogDescription = program.catalog()
        self.recorder.start(self.catalog)
        self.undo: Callable[[], None] = program.attach(self.recorder, self.removed.append)

    def rows(self, kind: int) -> list[Any]:
        """Take what was recorded and give the rows of one kind."""
        self.taken = [*getattr(self, "taken", []), *self.recorder.drain()]
        return [row for row in self.taken if row[0] == kind]

    def stop(self) -> None:
        self.undo()
        if self in WATCHED:
            WATCHED.remove(self)
        assert self.removed == []


def watch(*values: Any, catalog: Any = None, session: Any = None, **options: Any) -> Watched:
    """Make a program of values and record it."""
    targets = [Target(f"sample:{index}", value) for index, value in enumerate(values)]
    return Watched(make_program("sample", targets, catalog, session, options=options))

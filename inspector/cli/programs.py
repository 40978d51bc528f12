"""Which program is meant, and the demo as one that can be inspected; `source` has the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inspector.app.resources import resource

if TYPE_CHECKING:
    import argparse

    from inspector.agent.program import Program
    from inspector.core.description import CatalogDescription


#: Options that say what is loaded, and the names under which they are parsed.
_OPTIONS: Final = ("app", "catalog", "db_session", "python", "env", "cwd", "load_timeout")


def given_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return options that say what is loaded, by the names under which they are parsed; those left out are not in."""
    return {name: value for name in _OPTIONS if (value := getattr(arguments, name, None)) is not None}


def demo_program(seed: int | None = None) -> Program:
    """Make the demo, ready to be started on the loop that will run its handlers.

    Args:
        seed: Seed of the simulated round trips to its services.
    """
    import inspector.demo
    from inspector.agent.program import CoreProgram

    demo = inspector.demo.build(seed=seed)
    return CoreProgram(
        demo.name,
        demo.bus,
        registry=demo.registry,
        categories=[category.value for category in demo.registry.categories],
        sse=demo.sse_registry,
        session_factory=demo.session_factory,
        faults=demo.faults,
        close=demo.close,
    )


def demo_catalog() -> dict[str, Any]:
    """Return the demo's catalog as ``catalog --json`` prints it, without loading the demo.

    ``resources/demo-catalog.json`` has it. ``tools/demo_rows.py`` writes the file, a test holds it against the demo.
    """
    catalog: dict[str, Any] = json.loads(resource("demo-catalog.json").read_text(encoding="utf-8"))
    return catalog


def demo_rows() -> CatalogDescription:
    """Return what rows of the demo's catalog show, handlers by the names that people read, without loading the demo."""
    from inspector.core.description import CatalogDescription, EventDescription

    catalog = demo_catalog()
    events = tuple(
        EventDescription(
            *(event["name"], event["key"], event["event_type"], event["category"], event["workflow"], event["phase"]),
            handlers=tuple(event["handlers"]),
        )
        for event in catalog["events"]
    )
    return CatalogDescription(catalog["program"], events, categories=tuple(catalog["categories"]))


def may_be_project(arguments: argparse.Namespace) -> bool:
    """Return whether options, or a file around here, may name a project; reading them takes longer than this."""
    if arguments.use_demo or given_options(arguments):
        return True
    here = Path.cwd()
    files = (folder / "pyproject.toml" for folder in (here, *here.parents))
    try:
        texts = [file.read_bytes() for file in files if file.is_file()]
    except OSError:
        return True
    return any(b"inspector" in text or b"\\" in text for text in texts)  # a name may be written with escapes

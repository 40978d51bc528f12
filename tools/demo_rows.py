"""Writes the catalog of the demo for what has no time to load the demo: ``python -m tools.demo_rows``."""

from __future__ import annotations

import json
from pathlib import Path

from inspector.cli.catalog import as_json
from inspector.cli.programs import demo_program

TARGET = Path(__file__).parent.parent / "resources" / "demo-catalog.json"

if __name__ == "__main__":
    catalog = as_json(demo_program().catalog())
    events = ",\n".join(json.dumps(event) for event in catalog["events"])
    parts = (
        f"{json.dumps(key)}: " + (f"[\n{events}\n]" if key == "events" else json.dumps(value))
        for key, value in catalog.items()
    )
    TARGET.write_text(f"{{{', '.join(parts)}}}\n", encoding="utf-8")

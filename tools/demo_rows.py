"""Writes what the window shows of the demo in its first frame: ``python -m tools.demo_rows``."""

from __future__ import annotations

from pathlib import Path

from inspector.cli.programs import demo_program, rows_of

TARGET = Path(__file__).parent.parent / "resources" / "demo-catalog.json"

if __name__ == "__main__":
    TARGET.write_text(rows_of(demo_program().catalog()), encoding="utf-8")

"""``python -m inspector`` and the ``inspector`` command."""

from __future__ import annotations

import sys

import inspector


def main() -> int:
    """Run the command line; return the exit code."""
    if sys.argv[1:] == ["--version"] and _wrote(f"inspector {inspector.__version__}\n"):
        return 0  # the parser would say the same, after ten times as long
    try:
        from inspector.cli.main import main as run

        return run()
    except KeyboardInterrupt:
        # Before there was anything to end properly.
        return 130


def _wrote(text: str) -> bool:
    """Write a text to the standard output; return whether it could be written."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except (AttributeError, OSError, ValueError):  # there is none, it is full, or closed: the command line says so
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())

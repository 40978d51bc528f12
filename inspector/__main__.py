"""``python -m inspector`` and the ``inspector`` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; return the exit code."""
    try:
        from inspector.cli.main import main as run

        return run()
    except KeyboardInterrupt:
        # Before there was anything to end properly.
        return 130


if __name__ == "__main__":
    sys.exit(main())

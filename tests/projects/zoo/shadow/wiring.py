"""Uses a package called inspector."""

import sys
from pathlib import Path

import inspector

sys.path.append(str(Path(__file__).parent.parent))
from homemade import make_bus  # noqa: E402

assert inspector.VERSION == "theirs"
bus = make_bus()

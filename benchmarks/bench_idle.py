"""What a window takes of the processor that is left alone: recording is on, and nothing happens.

The real window with the demo, its bus on its thread, the store and the watchdog; only the screen is missing. CPU time
of the whole process, in percent of a core.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from benchmarks import Figure, figure
from inspector.cli.programs import demo_program
from inspector.ui.opening import open_window

if TYPE_CHECKING:
    from inspector.app.recording import Recording

#: Seconds in which the window comes to rest, and that are measured.
_SETTLING: Final = 8.0
SECONDS: Final = 20.0


def run() -> list[Figure]:
    """Measure."""
    shares: list[float] = []

    async def alone(_recording: Recording) -> int:
        await asyncio.sleep(_SETTLING)
        spent, begun = time.process_time(), time.perf_counter()
        await asyncio.sleep(SECONDS)
        shares.append((time.process_time() - spent) / (time.perf_counter() - begun) * 100)
        return 0

    with tempfile.TemporaryDirectory(prefix="idle-") as folder:
        homes = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), folder)
        with patch.dict(os.environ, homes):
            code = open_window(partial(demo_program, None), db=Path(folder, "idle.db"), run=alone, theme="dark")
    if code or not shares:
        raise RuntimeError(f"the window ended with {code}")
    return [figure("idle.recording_percent_of_a_core", shares[0], "<=", 0.5)]


if __name__ == "__main__":
    for line in run():
        print(line)

"""A screen for one test: a virtual display with a window manager, gone with the test."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from typing import Final

from tests.patience import PATIENCE

#: What a screen is made of; the names of the programs are those of their packages in Debian, but for Xvfb's.
PROGRAMS: Final = ("Xvfb", "openbox", "xdotool")


def missing() -> list[str]:
    """Return what is not installed: the programs, and the library without which Qt opens no window on a display."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    return absent if find_library("xcb-cursor") else [*absent, "libxcb-cursor"]


@contextmanager
def screen(size: str = "1440x900") -> Iterator[str]:
    """Yield the name of a display of this size, with a window manager on it."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            display = f":{told.readline().strip()}"
        environment = {**os.environ, "DISPLAY": display}
        manager = _started(environment)
        try:
            yield display
        finally:
            manager.kill()
            manager.wait()
    finally:
        server.terminate()  # so that it takes its lock away
        server.wait()


def _started(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start the window manager and wait until it answers: only then do windows get a frame and the keyboard."""
    nowhere = subprocess.DEVNULL
    manager = subprocess.Popen(["openbox"], env=environment, stdout=nowhere, stderr=nowhere)
    deadline = time.monotonic() + PATIENCE
    while subprocess.run(["xdotool", "get_num_desktops"], env=environment, capture_output=True, check=False).returncode:
        assert time.monotonic() < deadline, "the window manager did not start"
        if manager.poll() is not None:  # it gives up where the display is not quite ready
            manager = subprocess.Popen(["openbox"], env=environment, stdout=nowhere, stderr=nowhere)
    return manager

"""Removes the folder of a run whose command outlives its window: ``python -I -S tidy.py FOLDER``.

It waits until nothing of the run lives any more, without looking at anything meanwhile, and leaves the folder to an
inspector that reads it by then. It is nobody's child, and imports next to nothing.
"""

import fcntl
import json
import os
import select
import shutil
import sys
import time
from pathlib import Path

#: Seconds between two looks where the system tells nobody of an end.
_PAUSE = 1.0


def main() -> int:
    """Wait and remove; return the exit code."""
    folder = sys.argv[1]
    if os.fork():
        return 0
    try:
        alone = os.open(f"{folder}/tidy.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # another one waits, or the folder is gone
        return 0
    while processes := living(folder):
        wait(processes)
    if not is_read(folder):
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def living(folder: str) -> list[int]:
    """Return the numbers of the processes of a run that live: its command, and those that report."""
    try:
        owners = json.loads(Path(folder, "run.json").read_text())
        names = [path.name for path in Path(folder).iterdir()]
    except (OSError, ValueError):
        return []
    started = {owner[0]: owner[1] for role, owner in owners.items() if role != "reader"}
    rings = {int(pid): 0 for name in names if name.endswith(".ring") and (pid := name.partition(".")[0]).isdigit()}
    return [pid for pid, start in {**rings, **started}.items() if lives(pid, start)]


def lives(pid: int, start: int) -> bool:
    """Return whether a process lives: the one that was started then, where that is known."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return False
    return fields[0] not in (b"Z", b"X") and start in (0, int(fields[19]))


def wait(processes: list[int]) -> None:
    """Wait until one of these processes ends."""
    poll, files = select.poll(), []
    try:
        for pid in processes:
            files.append(os.pidfd_open(pid))
            poll.register(files[-1], select.POLLIN)
        poll.poll()
    except ProcessLookupError:
        return
    except (OSError, AttributeError):
        time.sleep(_PAUSE)
    finally:
        for file in files:
            os.close(file)


def is_read(folder: str) -> bool:
    """Return whether an inspector reads the run, which then removes its folder."""
    try:
        file = os.open(f"{folder}/reader.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


if __name__ == "__main__":
    sys.exit(main())

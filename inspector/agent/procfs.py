"""What Linux says of threads in ``/proc``. Every process of a watched command loads this: it imports nothing else."""

from __future__ import annotations

import os


def read_text(path: str) -> str:
    """Return the text of a file, empty where none can be read; without a file object, which would have to be closed."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        parts = []
        while part := os.read(file, 1 << 16):
            parts.append(part)
        return b"".join(parts).decode("utf-8", "replace")
    except OSError:  # the thread has ended since, or it is a folder
        return ""
    finally:
        os.close(file)


def processor_times(task: str) -> tuple[int, int]:
    """Return for how long a thread has run, and for how long it was ready and had no processor, in nanoseconds.

    Zeros where the system does not say.

    Args:
        task: Its folder in ``/proc``: ``thread-self``, ``self/task/7``; ``7`` is the main thread of process 7.
    """
    try:
        ran, waited = read_text(f"/proc/{task}/schedstat").split()[:2]
        return int(ran), int(waited)
    except ValueError:
        return 0, 0

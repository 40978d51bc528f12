"""Writes into every file descriptor there is."""

import contextlib
import os
import time

for number in range(3, 2_000):
    with contextlib.suppress(OSError):
        os.write(number, b"GET / HTTP/1.1\r\n\r\n")
time.sleep(60)

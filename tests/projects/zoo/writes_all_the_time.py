"""Has a thread that prints all the time."""

import sys
import threading
import time

from homemade import make_bus

bus = make_bus()


def chatter():
    while True:
        sys.stdout.write("chatter " * 200)
        time.sleep(0.001)


threading.Thread(target=chatter, daemon=True).start()

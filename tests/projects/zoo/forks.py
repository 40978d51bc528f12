"""Leaves a copy of itself behind."""

import os
import time

from homemade import make_bus

bus = make_bus()

if not os.fork():
    time.sleep(60)
    os._exit(0)

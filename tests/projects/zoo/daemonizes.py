"""Leaves the foreground, as services once did."""

import os
import time

if os.fork():
    os._exit(0)
time.sleep(60)

"""Replaces the clocks for everybody."""

import time

from homemade import make_bus

bus = make_bus()

time.time = time.time_ns = time.monotonic = lambda: 0
time.perf_counter = time.perf_counter_ns = lambda: -1
time.sleep = lambda seconds: None
